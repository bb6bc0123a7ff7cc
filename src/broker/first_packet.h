#pragma once

// What a connection is subject to before its client is known: how large its first packet may be,
// which shard it goes to, and the log line of its end. Any thread.

#include "broker/shared.h"
#include "mqtt/packets.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace martlet::broker {

// Before a client is known it may not make us hold more than this (facts: "Hard caps").
std::size_t first_packet_size_max(const Options& options);

// The shard that a sound CONNECT belongs to. Without a client id, that of the client's `host` (an
// address without its port): what short-lived clients of one host publish one after the other keeps
// its order.
std::uint32_t home_of(const Shared& shared, const ListenerOptions& listener,
                      const mqtt::Connect& connect, std::string_view host);

// "Client NAME [PEER] disconnected: TEXT.", or mosquitto 2.0's words, which filters written for it
// look for (`log_compat 2.0`). `client_id` is empty when no CONNECT came; `text` is empty after
// DISCONNECT.
void log_connection_end(std::string_view client_id, std::string_view peer, std::string_view text,
                        bool as_2_0);

}  // namespace martlet::broker
