#pragma once

// PUBLISH packets of the message that is being routed, encoded once for each shape (version, QoS,
// retain) and copied for each receiver. Holds one message at a time. Owned by a shard. Loop thread
// only.

#include "base/bytes.h"
#include "broker/publication.h"
#include "mqtt/packets.h"

#include <array>
#include <cstdint>
#include <vector>

namespace martlet::broker {

struct EncodedFrame {
    ByteView head;                 // whole packet, or all but the payload when `payload` is set
    ByteView payload;              // to be referenced; empty: it is part of head
    std::size_t packet_id_at = 0;  // in head, with QoS 1 and 2
    std::size_t size() const { return head.size() + payload.size(); }
};

class FrameCache {
  public:
    // A new message: what was encoded before is forgotten.
    void begin() {
        is_encoded_.fill(false);
        used_ = 0;
    }

    // Payloads from this size on are referenced, not copied.
    static constexpr std::size_t kShareFrom = 2048;

    // The frame without alias and subscription identifier; valid until begin() or a further get().
    EncodedFrame get(const Publication& publication, mqtt::Version version, mqtt::Qos qos,
                     bool retain, Milliseconds steady);

  private:
    static constexpr std::size_t kShapes = 12;
    struct Shape {
        std::size_t at = 0, size = 0, packet_id_at = 0;
    };
    std::array<bool, kShapes> is_encoded_{};
    std::array<Shape, kShapes> shapes_{};
    std::vector<std::uint8_t> bytes_;
    std::size_t used_ = 0;
};

// Properties that a PUBLISH to a subscriber carries: what is passed on, the expiry that is left,
// identifiers, an alias.
struct FrameExtras {
    std::string_view topic;             // as this client knows it
    std::uint16_t topic_alias = 0;      // 0: none
    bool is_topic_left_out = false;     // the alias is known to the client
    ByteView subscription_identifiers;  // in wire form
};

// The packet but for its payload; `packet_id` 0 with QoS 0. Returns the size; call with out ==
// nullptr for the size only.
std::size_t encode_publish_head(const Publication& publication, mqtt::Version version,
                                mqtt::Qos qos, bool retain, bool dup, std::uint16_t packet_id,
                                const FrameExtras& extras, Milliseconds steady, std::uint8_t* out);

}  // namespace martlet::broker
