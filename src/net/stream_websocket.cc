// Streams whose bytes are in WebSocket frames.

#include "net/stream.h"

#include <algorithm>
#include <array>
#include <errno.h>
#include <sys/socket.h>
#include <vector>

namespace martlet::net {

namespace {

Stream::Outcome outcome_of(WebsocketReader::State state) {
    switch (state) {
        case WebsocketReader::State::Open:
            return Stream::Outcome::Open;
        case WebsocketReader::State::Closed:
            return Stream::Outcome::Closed;
        case WebsocketReader::State::Failed:
            break;
    }
    return Stream::Outcome::Failed;
}

}  // namespace

// Heads of frames lie between the packets, so nothing is read into kept_ directly.
Stream::Outcome Stream::receive_websocket(Scratch& scratch, Receiver& receiver) {
    if (websocket_->state() != WebsocketReader::State::Open) return outcome_of(websocket_->state());
    std::size_t size = 0;
    Outcome outcome = receive_frames({scratch.bytes.get(), Scratch::kSize}, size);
    if (outcome != Outcome::Open || size == 0) return outcome;
    size = websocket_->read({scratch.bytes.get(), size});
    outcome = outcome_of(websocket_->state());
    if (size == 0) return outcome;
    // The packets come first, and may be held for a while. The next call tells the end; epoll must
    // report the socket again for it.
    if (outcome != Outcome::Open) shutdown(fd_, SHUT_RD);
    take_fresh({scratch.bytes.get(), size}, receiver);
    return Outcome::Open;
}

Stream::Outcome Stream::receive_frames(std::span<std::uint8_t> room, std::size_t& size) {
    const iovec piece{room.data(), room.size()};
    if (tls_) return receive_tls({&piece, 1}, size);
    ssize_t got = recv(fd_, room.data(), room.size(), 0);
    if (got == 0) return Outcome::Closed;
    if (got < 0 && errno != EAGAIN && errno != EINTR) {
        error_ = errno;
        return Outcome::Failed;
    }
    if (got > 0) size = static_cast<std::size_t>(got);
    return Outcome::Open;
}

Stream::Outcome Stream::flush_websocket(Outbox& outbox) {
    while (std::size_t left = websocket_->begin_frame(outbox)) {
        std::size_t before = outbox.size();
        bool has_failed = tls_ ? tls_->write(outbox, left) == TlsSession::Outcome::Failed
                               : send_some(outbox, left) == Outcome::Failed;
        if (has_failed) return Outcome::Failed;
        websocket_->on_written(before - outbox.size());
        if (before - outbox.size() < left) break;
    }
    wait_for_room(tls_ ? tls_->wants_room() : !outbox.empty());
    return Outcome::Open;
}

// Until the socket is full, or `limit` bytes are written.
Stream::Outcome Stream::send_some(Outbox& outbox, std::size_t limit) {
    while (limit > 0 && !outbox.empty()) {
        std::array<iovec, 64> pieces;
        std::size_t count = outbox.gather(pieces.data(), pieces.size()), offered = 0;
        msghdr message{};
        message.msg_iov = pieces.data();
        for (; message.msg_iovlen < count && offered < limit; message.msg_iovlen++) {
            iovec& piece = pieces[message.msg_iovlen];
            piece.iov_len = std::min(piece.iov_len, limit - offered);
            offered += piece.iov_len;
        }
        ssize_t result = sendmsg(fd_, &message, MSG_NOSIGNAL);
        if (result < 0 && errno == EINTR) continue;
        if (result < 0 && errno == EAGAIN) break;
        if (result < 0) {
            error_ = errno;
            return Outcome::Failed;
        }
        auto sent = static_cast<std::size_t>(result);
        outbox.consume(sent);
        limit -= sent;
        if (sent < offered) break;
    }
    return Outcome::Open;
}

void Stream::become_websocket(ByteView bytes, const Outbox& outbox) {
    websocket_ = std::make_unique<Websocket>(outbox.size());
    std::vector<std::uint8_t> frames(bytes.begin(), bytes.end());
    give_unread(ByteView{frames.data(), websocket_->read(frames)});
    if (websocket_->state() != WebsocketReader::State::Open) shutdown(fd_, SHUT_RD);
}

void Stream::end_websocket(Outbox& outbox, std::uint16_t code) {
    if (!websocket_) return;
    websocket_->close(code, {});
    flush_websocket(outbox);
}

}  // namespace martlet::net
