#pragma once

// Whose message a Busroot topic is about. Views and pure functions; any thread.

#include "telemetry/payload_json.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry::busroot {

struct Address {
    enum class Kind : std::uint8_t { None, Station, Device, RawData };
    Kind kind = Kind::None;
    std::string_view account;  // empty: a device without an account, of raw data only
    std::string_view name;     // of the station or the device
};

// Below any prefix:
//     busroot/v2/ACCOUNT/signals/STATION    a station's signals
//     busroot/v1/ACCOUNT/DEVICE             a device's signals
//     busroot/v1/dau/..., busroot/v2/dau/...
//                                           raw data of ACCOUNT/DEVICE or DEVICE, with whatever
//                                           follows, for a second stage
Address address_of(std::string_view topic);

// The topic of signals that a topic of a near spelling was meant to be: "busroot/v2/acme/signals/P"
// of "Busroot/v2/acme/signal/P", "busroot/v3/acme/signals/P" and "busroot/v2/acme/P". Empty: none.
std::string meant_topic(std::string_view topic);

// For a message on a topic that is none of Busroot's but nearly is, and that holds a signal: "did
// you mean busroot/v2/acme/signals/P?". Empty: no such message.
std::string hint_of(std::string_view topic, const std::vector<JsonLeaf>& leaves);

}  // namespace martlet::telemetry::busroot
