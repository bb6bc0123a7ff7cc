#pragma once

// What devices declared of their values in messages of their own: Home Assistant's discovery, the
// device list of zigbee2mqtt, Homie's attributes. Bounded: past the bound the topic that was silent
// longest is forgotten. Owned by one decoder; one thread.

#include "base/hash_map.h"
#include "telemetry/decoders/recent.h"
#include "telemetry/payload_json.h"
#include "telemetry/words.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::telemetry {

struct Declared {
    std::string unit;  // empty: none
    std::optional<SeriesKind> kind;
};
// By the path in the payload; "" is a bare payload.
using TopicDeclarations = TextMap<Declared>;

class Declarations {
  public:
    // Null: nothing was declared for this topic.
    const TopicDeclarations* find(std::string_view topic) const {
        return topics_.size() == 0 ? nullptr : topics_.find(topic);
    }
    void set(std::string_view topic, std::string_view path, Declared declared);

    std::size_t size() const { return topics_.size(); }
    // Another number: what find() gave before may be gone, and there may be more.
    std::uint64_t age() const { return age_; }

  private:
    static constexpr std::size_t kTopicsMax = 50'000;
    static constexpr std::size_t kPathsMax = 500;  // of one topic
    static constexpr std::size_t kNameBytesMax = 512;

    Recent<TopicDeclarations> topics_{kTopicsMax};
    std::uint64_t age_ = 0;
};

// False: none of the readers below takes a message of this topic.
bool may_declare(std::string_view topic);

// The readers of metadata. True: the message is metadata, and was read; it holds no measurement.

// "homeassistant/sensor/bath/temperature/config": one value or, with `components`, many.
bool read_ha_discovery(std::string_view topic, const PayloadJson& json, Declarations& declarations);
// "zigbee2mqtt/bridge/devices" and what else is below "bridge/" but its state.
bool read_zigbee_bridge(std::string_view topic, const PayloadJson& json,
                        Declarations& declarations);
// "homie/device/node/property/$unit": `payload` is bare.
bool read_attribute(std::string_view topic, std::string_view payload, Declarations& declarations);
// "homie/5/device/$description", "tasmota/discovery/MAC/sensors" and their like.
bool read_description(std::string_view topic, const PayloadJson& json, Declarations& declarations);

}  // namespace martlet::telemetry
