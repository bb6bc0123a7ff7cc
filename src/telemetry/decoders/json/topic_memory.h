#pragma once

// What the decoder remembers of a topic: the maps that read it, its last payloads, what was
// declared for it, and whether several devices speak on it. Bounded by the decoder. One thread.

#include "telemetry/decoders/json/declarations.h"
#include "telemetry/decoders/json/payload_shape.h"
#include "telemetry/mapping/map_set.h"
#include "telemetry/mapping/topic_pattern.h"

#include <cstdint>
#include <string>
#include <vector>

namespace martlet::telemetry {

// A map that has all its required keys in payloads of one shape.
struct MapCandidate {
    const MapChoice* choice = nullptr;
    bool has_values = false;  // it requires values as well, which each message must have
    TopicCaptures captures;   // views into TopicMemory::name
};

// Payloads of one shape on one topic.
struct TopicShape {
    PayloadShape* shape = nullptr;
    bool is_bare = false;
    std::vector<MapCandidate> candidates;
};

struct TopicMemory {
    static constexpr std::size_t kShapesMax = 3;

    std::string name;  // the topic
    std::vector<MapChoice> maps;
    // The topic alone says that its messages describe something and measure nothing.
    bool is_metadata = false;
    // Its messages may declare the values of other topics.
    bool may_declare = false;
    // A level of it is "emergency", "sos" or the like: whoever calls for help may do it in any
    // form.
    bool is_of_emergencies = false;
    // For messages without a map. Looked for in the first messages of the topic only, since most
    // are alike.
    std::string hint;
    int hint_tries = 0;
    // A message of this topic named the device that it is of; two different names on one topic
    // show that the topic is shared.
    std::string first_device;
    bool is_shared = false;
    // Hashes of the names that were told by a key that may also count messages ("id", "name").
    std::vector<std::size_t> named_devices;

    // As of these ages of their owners.
    std::vector<TopicShape> shapes;
    std::uint64_t shapes_age = 0;
    const TopicDeclarations* declared = nullptr;
    std::uint64_t declared_age = 0;
};

}  // namespace martlet::telemetry
