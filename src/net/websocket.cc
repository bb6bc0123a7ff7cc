#include "net/websocket.h"

#include <algorithm>
#include <array>

namespace martlet::net {

std::size_t Websocket::read(std::span<std::uint8_t> bytes) {
    WebsocketAnswer answer;
    std::size_t size = reader_.read(bytes, answer);
    if (!answer.empty()) take(answer);
    return size;
}

// A later pong replaces one that still waits (RFC 6455, 5.5.3), so that pings cannot fill memory.
void Websocket::take(const WebsocketAnswer& answer) {
    if (is_closed_) return;
    is_closed_ = reader_.state() != WebsocketReader::State::Open;
    if (answer_)
        *answer_ = answer;
    else
        answer_ = std::make_unique<WebsocketAnswer>(answer);
}

std::string Websocket::failure() const {
    if (reader_.state() != WebsocketReader::State::Failed) return {};
    return "WebSocket error: " + std::string(describe(reader_.fault()));
}

std::size_t Websocket::begin_frame(Outbox& outbox) {
    if (frame_left_ > 0) return frame_left_;
    std::size_t payload = std::min(outbox.size(), kFrameMax);
    std::size_t size = 0;
    if (payload > 0) {
        std::array<std::uint8_t, kWebsocketHeadMax> head;
        std::uint8_t* end = write_websocket_head(payload, head.data());
        outbox.prepend({head.data(), static_cast<std::size_t>(end - head.data())});
        size = static_cast<std::size_t>(end - head.data()) + payload;
    }
    // A pong overtakes what waits, a close frame does not.
    if (answer_ && (!is_closed_ || payload == 0)) {
        outbox.prepend(answer_->bytes());
        size += answer_->bytes().size();
        answer_.reset();
    }
    frame_left_ = static_cast<std::uint32_t>(size);
    return size;
}

void Websocket::close(std::uint16_t code, std::string_view reason) {
    if (is_closed_) return;
    is_closed_ = true;
    answer_ = std::make_unique<WebsocketAnswer>();
    answer_->set_close(code, reason);
}

}  // namespace martlet::net
