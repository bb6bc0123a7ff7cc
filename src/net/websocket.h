#pragma once

// One connection's WebSocket between the bytes of its socket (or of its TLS) and its stream: frames
// in, frames out. Owned by a Stream, or by a connection on its way to another shard. Idle, it keeps
// no memory but its own. Loop thread only.

#include "base/outbox.h"
#include "net/websocket_frames.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace martlet::net {

class Websocket {
  public:
    // A browser sees whole messages only: what waits for a slow one comes in parts of this size.
    static constexpr std::size_t kFrameMax = 64 * 1024;

    // `begun`: bytes at the outbox's front that go out as they are, before the first frame.
    explicit Websocket(std::size_t begun = 0) : frame_left_(static_cast<std::uint32_t>(begun)) {}

    // Bytes of the client's frames: what they carry is gathered at the front. Returns its size.
    std::size_t read(std::span<std::uint8_t> bytes);
    WebsocketReader::State state() const { return reader_.state(); }
    // Of a client whose frames are wrong: for the log.
    std::string failure() const;

    // A pong or a close frame waits to be written.
    bool has_answer() const { return answer_ != nullptr; }
    // Puts the head of a frame before what waits, when the frame before it is out; an answer as
    // well. Returns how many bytes at the outbox's front may be written now; 0: there are none.
    std::size_t begin_frame(Outbox& outbox);
    void on_written(std::size_t size) { frame_left_ -= static_cast<std::uint32_t>(size); }
    // Bytes at the outbox's front that belong to a frame whose head is made: they must be written.
    std::size_t begun_bytes() const { return frame_left_; }

    // The last thing that is said, behind all that waits; unless it has been said already.
    void close(std::uint16_t code, std::string_view reason);

  private:
    void take(const WebsocketAnswer& answer);

    WebsocketReader reader_;
    std::unique_ptr<WebsocketAnswer> answer_;
    std::uint32_t frame_left_;
    bool is_closed_ = false;  // the close frame is made: nothing replaces or follows it
};

// Beside the stream's own memory, with what an allocator adds.
static_assert(sizeof(Websocket) <= 48);

}  // namespace martlet::net
