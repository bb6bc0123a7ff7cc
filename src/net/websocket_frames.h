#pragma once

// The frames of WebSocket (RFC 6455) at a server: a client's frames become the bytes of MQTT
// packets, and packets get the head of a frame. A machine without a socket and a clock: owned by
// the connection, and moved to another shard along with it. One thread.

#include "base/bytes.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace martlet::net {

// RFC 6455, 7.4.1. kNoStatus is never sent: the close frame had no code.
namespace close_code {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kUnsupportedData = 1003;
inline constexpr std::uint16_t kNoStatus = 1005;
inline constexpr std::uint16_t kInvalidPayload = 1007;
inline constexpr std::uint16_t kPolicyViolation = 1008;
inline constexpr std::uint16_t kTooLarge = 1009;
}  // namespace close_code

// Why a client's frames are not read any further.
enum class WebsocketFault : std::uint8_t {
    None,
    ReservedBits,
    UnknownOpcode,
    Text,
    Interrupted,
    NoMessage,
    FragmentedControl,
    LongControl,
    Unmasked,
    NotMinimal,
    TooLong,
    CloseSize,
    CloseCode,
    CloseReason,
};

// For the log and the reason in the close frame; at most 123 bytes.
std::string_view describe(WebsocketFault fault);
std::uint16_t close_code_of(WebsocketFault fault);

// One control frame to the client, ready to be sent: nothing yet, a pong or a close frame.
class WebsocketAnswer {
  public:
    static constexpr std::size_t kPayloadMax = 125;  // RFC 6455, 5.5

    // A longer payload is cut off.
    void set_pong(ByteView payload);
    // The payload of the client's own close frame: its code and reason, or nothing.
    void set_close(ByteView payload);
    void set_close(std::uint16_t code, std::string_view reason);

    bool empty() const { return size_ == 0; }
    ByteView bytes() const { return {bytes_.data(), size_}; }

  private:
    void set(std::uint8_t first, ByteView payload);

    std::array<std::uint8_t, 2 + kPayloadMax> bytes_;
    std::uint8_t size_ = 0;
};

class WebsocketReader {
  public:
    // A frame may hold several packets of the largest size (256 MiB). Nothing is stored for a
    // frame, so this bounds the arithmetic, not the memory.
    static constexpr std::uint32_t kFrameBytesMax = 0x7FFF'FFFF;

    enum class State : std::uint8_t {
        Open,
        Closed,  // by the client's close frame
        Failed,  // by a fault of the client
    };

    // Reads all of `bytes`: the payload of data frames is unmasked and gathered at the front.
    // Returns its size. When the connection ends within `bytes`, the payload before the end still
    // counts and everything behind it is thrown away; so the outcome does not depend on how the
    // bytes were cut [MQTT-6.0.0-2].
    // `answer` becomes a pong for the last ping (RFC 6455, 5.5.3), or the close frame that must be
    // the last thing sent.
    std::size_t read(std::span<std::uint8_t> bytes, WebsocketAnswer& answer);

    State state() const {
        if (fault_ != WebsocketFault::None) return State::Failed;
        return close_code_ != 0 ? State::Closed : State::Open;
    }
    WebsocketFault fault() const { return fault_; }
    // Closed: the client's code, or close_code::kNoStatus.
    std::uint16_t close_code() const { return close_code_; }

  private:
    using ControlPayload = std::array<std::uint8_t, WebsocketAnswer::kPayloadMax>;

    bool is_control() const { return (first_ & 8) != 0; }
    std::size_t read_head(ByteView bytes);
    void take_head_byte(std::uint8_t byte);
    void take_first(std::uint8_t byte);
    void take_second(std::uint8_t byte);
    void take_length_byte(std::uint8_t byte, bool is_last);
    void take_control(ByteView part, WebsocketAnswer& answer);
    void end_control(ByteView payload, WebsocketAnswer& answer);
    void take_close(ByteView payload, WebsocketAnswer& answer);

    std::unique_ptr<ControlPayload> control_;  // only while a control frame came in part
    std::uint32_t left_ = 0;                   // of the payload
    std::array<std::uint8_t, 4> mask_{};       // begins with the key of the next payload byte
    std::uint16_t close_code_ = 0;
    std::uint8_t first_ = 0;
    std::uint8_t second_ = 0;
    std::uint8_t head_size_ = 0;  // bytes of the head that came
    WebsocketFault fault_ = WebsocketFault::None;
    bool is_in_payload_ = false;
    bool is_in_message_ = false;  // fragments follow
};

// An idle connection keeps no more than this.
static_assert(sizeof(WebsocketReader) <= 24);

// The head of a server's frame: one binary message, not masked.
inline constexpr std::size_t kWebsocketHeadMax = 10;

constexpr std::size_t websocket_head_size(std::uint64_t payload_size) {
    return payload_size < 126 ? 2 : payload_size < 65536 ? 4 : 10;
}

// Writes websocket_head_size() bytes, and returns the end.
inline std::uint8_t* write_websocket_head(std::uint64_t payload_size, std::uint8_t* out) {
    std::size_t length_size = websocket_head_size(payload_size) - 2;
    *out++ = 0x82;
    if (length_size == 0) {
        *out++ = static_cast<std::uint8_t>(payload_size);
        return out;
    }
    *out++ = length_size == 2 ? 126 : 127;
    for (std::size_t i = length_size; i-- > 0;)
        *out++ = static_cast<std::uint8_t>(payload_size >> (8 * i));
    return out;
}

}  // namespace martlet::net
