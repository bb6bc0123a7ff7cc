#pragma once

// Makes the broker's records of what stood in a mosquitto.db: sessions that go on, their
// subscriptions, what waits for them or is on its way, packet ids of QoS 2, retained messages. Cold
// path; any thread.

#include "base/result.h"
#include "migrate/mosquitto_db.h"
#include "migrate/record_sink.h"

#include <cstdint>
#include <vector>

namespace martlet::migrate {

struct ConvertOptions {
    std::int64_t now_ms = 0;  // wall time: what is over by then is left out
    // The ports of the listeners, in their order: a session or retained message belongs to the
    // listener with the port by which it came, else to the first.
    std::vector<std::uint16_t> listener_ports;
};

struct Counts {
    std::uint64_t sessions = 0;
    std::uint64_t subscriptions = 0;
    std::uint64_t messages = 0;  // for sessions, waiting or on their way
    std::uint64_t retained = 0;
    std::uint64_t over = 0;  // sessions and messages whose time was over
    // What cannot be taken over: names that MQTT forbids (old mosquitto did not look), things that
    // belong to no session.
    std::uint64_t unsound = 0;
};

Result<Counts> convert(const MosquittoDb& db, const ConvertOptions& options, RecordSink& sink);

}  // namespace martlet::migrate
