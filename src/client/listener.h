#pragma once

// What a Protocol tells its owner. All calls come from inside Protocol::receive(), tick() and
// stream_closed(); views are good during the call. The listener may publish, subscribe and
// disconnect in them, and must not destroy the Protocol.

#include "mqtt/packets.h"

#include <cstdint>

namespace martlet::client {

enum class EndKind : std::uint8_t {
    Finished,       // we said DISCONNECT
    Refused,        // CONNACK with an error
    ByServer,       // DISCONNECT from the server
    ProtocolError,  // the server sent what it must not
    KeepAlive,      // no answer in time
    StreamLost,
};

struct End {
    EndKind kind = EndKind::Finished;
    // Of the CONNACK, the server's DISCONNECT, or ours. CONNACKs of 3.x give their raw number.
    mqtt::ReasonCode reason = mqtt::ReasonCode::Success;
};

class Listener {
  public:
    virtual ~Listener() = default;
    // Also a refusal; on_closed() follows then.
    virtual void on_connack(const mqtt::Connack&) {}
    // Topic aliases are resolved; its acknowledgement is in the outbox already.
    virtual void on_message(const mqtt::Publish&) {}
    // A QoS 1 or 2 message that we published is done with; `tag` is what publish() was given.
    virtual void on_settled(std::uint16_t, std::uint64_t, mqtt::ReasonCode) {}
    virtual void on_suback(const mqtt::Suback&) {}
    virtual void on_unsuback(const mqtt::Suback&) {}
    // Once for each open().
    virtual void on_closed(const End&) {}
};

// Sees each packet in wire form as it comes and goes: for debug output.
class Tap {
  public:
    virtual ~Tap() = default;
    virtual void on_sent(ByteView packet) = 0;
    virtual void on_received(ByteView packet) = 0;
};

}  // namespace martlet::client
