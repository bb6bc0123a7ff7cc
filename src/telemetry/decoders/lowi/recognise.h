#pragma once

// By which a message is known to be a LOWI's: the shape of its topic, or its keys on any topic.
// Views and pure functions; any thread.

#include "telemetry/decoders/lowi/fields.h"
#include "telemetry/payload_json.h"

#include <string>
#include <string_view>

namespace martlet::telemetry {

// An object with "ident" and "device_CH" and at least one reading: a LOWI's message, whatever its
// topic. For decoders of topics that anybody may use.
bool looks_like_lowi(const PayloadJson& json);

}  // namespace martlet::telemetry

namespace martlet::telemetry::lowi {

// A topic taken apart. Views into it.
struct Place {
    std::string_view root;      // before the channel; the whole topic when it names none
    std::string_view channel;   // "CH0"; empty: the payload tells it
    bool is_published = false;  // ".../PUB/CH0": a LOWI's, unless it is an object without its keys
};

// `SERIAL/PUB/CH0`, `SERIAL/CH0`, `SERIAL/ANYTHING/CH0`, each below any prefix, or anything else.
Place place_of(std::string_view topic);

// `SERIAL/SET/REL/CH4`: somebody switches a relay.
bool is_order(std::string_view topic);

// Whether the payload, with the topic, is a LOWI's message.
bool is_own(const Place& place, const PayloadJson& json, const Leaves& leaves);

// The value of a tariff or a relay: 0 or 1, as a number, a boolean or "ON" and "OFF". False: none.
bool as_state(const JsonLeaf& leaf, std::int64_t& state);

// "CH0", of the topic or else of the payload's "device_CH"; empty: neither tells it.
std::string channel_of(const Place& place, const Leaves& leaves);

// The beginning of a text that is told, fit for people, of at most 64 bytes.
std::string short_text(std::string_view told);

// The payload's "ident" as such a text; empty: none.
std::string ident_of(const Leaves& leaves);

// Twelve hex digits or at least seven decimal ones, as LOWIs are born with.
bool looks_like_serial(std::string_view level);

}  // namespace martlet::telemetry::lowi
