#pragma once

// Where every message that clients publish goes besides their subscribers: telemetry. The tap is
// no subscriber. With the journal on it is a durable receiver: messages of QoS 1 and 2 are copied
// for a session of the shard's own (kTapPrefix) and leave the journal when the tap gives them back.
// Implemented by telemetry; take() is called by every shard.

#include "base/body.h"
#include "base/clock.h"
#include "base/inbox.h"
#include "base/slots.h"
#include "journal/group.h"
#include "mqtt/types.h"

#include <charconv>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::broker {

// Client ids of the shards' sessions for the tap: this, the number of the shard, '/' and a random
// text. No client may have such a one.
inline constexpr std::string_view kTapPrefix = "$telemetry/";

// The number of the shard in it. `client_id` begins with kTapPrefix.
inline std::uint32_t tap_number(std::string_view client_id) {
    std::uint32_t number = 0;
    client_id.remove_prefix(kTapPrefix.size());
    std::from_chars(client_id.data(), client_id.data() + client_id.size(), number);
    return number;
}

struct TapMessage {
    BodyRef message;           // broker/message.h
    Milliseconds received{0};  // wall time
    // Its copy in the journal; keys of one tap grow. 0: none, it is lost with the process.
    journal::Key key = 0;
    SlotHandle session;
    std::uint16_t packet_id = 0;
    bool retain = false;
};

// What one shard has for the tap in one turn. It goes back as it is, by a TapLetter to its shard,
// when what it says is stored (or is nothing to store).
struct TapBatch : InboxNode {
    std::uint32_t shard = 0;
    std::uint64_t bytes = 0;
    // Client id of the tap's session for those that have a key: all of one batch are of the same.
    std::shared_ptr<const std::string> name;
    std::vector<TapMessage> messages;
};

class Tap {
  public:
    virtual ~Tap() = default;
    // Before anything is taken: what of this name is stored up to which key. New messages must have
    // greater ones. 0: nothing.
    virtual journal::Key stored_up_to(std::string_view name) const = 0;
    // In the order of publishing.
    virtual void take(std::unique_ptr<TapBatch> batch) = 0;
};

}  // namespace martlet::broker
