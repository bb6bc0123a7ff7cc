#pragma once

// The specification's small words: packet types, protocol versions, QoS. Any thread.

#include <cstdint>

namespace martlet::mqtt {

enum class PacketType : std::uint8_t {
    Connect = 1,
    Connack,
    Publish,
    Puback,
    Pubrec,
    Pubrel,
    Pubcomp,
    Subscribe,
    Suback,
    Unsubscribe,
    Unsuback,
    Pingreq,
    Pingresp,
    Disconnect,
    Auth,
};

// The numbers of the protocol level byte.
enum class Version : std::uint8_t { V31 = 3, V311 = 4, V5 = 5 };

enum class Qos : std::uint8_t { AtMostOnce = 0, AtLeastOnce = 1, ExactlyOnce = 2 };

// The longest remaining length that four bytes can say (MQTT 5, 1.5.5).
inline constexpr std::uint32_t kRemainingLengthMax = 268'435'455;
// Levels of a topic name or filter that we take: mosquitto counts separators, and takes 200.
inline constexpr std::uint32_t kTopicLevelsMax = 201;

}  // namespace martlet::mqtt
