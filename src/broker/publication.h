#pragma once

// A message on its way through one shard in one turn: views, wherever the bytes are, and the
// counted body once somebody needs it. Made by whoever publishes (a connection, a will, $SYS, a
// letter); lives on the stack. Loop thread only.

#include "base/body.h"
#include "broker/message.h"
#include "broker/settlement.h"
#include "journal/group.h"
#include "topics/retained.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace martlet::broker {

class Session;
struct Exact;

class Publication {
  public:
    std::string_view topic;
    ByteView payload;
    // As they stood in the packet (all of them), or only those to pass on when `is_filtered`.
    ByteView properties;
    bool is_filtered = false;
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
    bool retain = false;
    std::int64_t expires_at_ms = 0;  // steady; 0: never
    // Retained ones: their number in topics::Retained. 0: not retained.
    std::uint64_t number = 0;
    // For no-local; null when the publisher is not a session of this shard.
    const Session* publisher = nullptr;
    // Set when `payload` lies in this body behind room for a MessageHead: message() then takes it
    // over instead of copying.
    BodyRef* frame = nullptr;
    // Somebody waits until it is settled: the publisher's acknowledgement, or the shard that handed
    // it over. Then `position` is taken when the first durable receiver turns up.
    bool is_awaited = false;
    // Several sessions of this shard may get it: it is recorded once, under `message_key`.
    bool is_shared = false;
    Position position = 0;
    Exact* exact = nullptr;  // QoS 2 copies are promised, not recorded
    journal::Key message_key = 0;

    static Publication of(const BodyRef& message);

    // The message as a body; made at the first call. `topic`, `payload` and `properties` stay
    // valid.
    const BodyRef& message();
    bool has_message() const { return static_cast<bool>(message_); }
    // The message with further properties before its own, in wire form.
    Publication copy_with_properties(ByteView further) const;
    // The same message with another end of its life.
    BodyRef copy_with_expiry(std::int64_t steady_ms) const;

  private:
    bool adopt_frame();
    void copy();

    BodyRef message_;
};

}  // namespace martlet::broker
