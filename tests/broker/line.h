#pragma once

// A connection with two pipes of bytes where the broker has a socket. It behaves as net::Stream
// does: what a held connection leaves is kept, and a socket takes no more than it has room for.
// Once the broker has closed it, what it wrote can still be read.

#include "broker/connection.h"
#include "broker/message.h"
#include "broker/shard.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace martlet::broker {

class Line final : public Transport {
  public:
    Line(Shard& shard, std::uint16_t listener)
        : shard_(shard), connection_(std::make_unique<Connection>(shard, *this, listener)) {}

    // The client's side.
    std::vector<std::uint8_t> to_broker;    // written, not yet read by the broker
    std::vector<std::uint8_t> from_broker;  // written by the broker, not yet read
    std::size_t room = SIZE_MAX;            // bytes that the socket takes before it blocks
    bool is_cut = false;                    // the client has closed, or the network has
    bool gives_frames = false;              // packets come in a buffer that may be adopted

    // The broker's side.
    bool is_open() const { return connection_ != nullptr; }
    void close() {
        connection_.reset();
        to_broker = {};
        kept_ = {};
        from_broker.shrink_to_fit();
    }
    Connection& connection() { return *connection_; }
    Shard& shard() { return shard_; }
    bool wants_turn() const {
        if (connection_->is_closing()) return false;
        bool has_input = !to_broker.empty() || is_cut;
        return wants_resume_ || (has_input && !connection_->is_held()) || can_write();
    }
    bool can_write() const { return !connection_->outbox.empty() && room > 0; }

    // Reads at most `most` bytes, as a ready socket would be read.
    void read(std::size_t most) {
        if (connection_->is_closing() || connection_->is_held()) return;
        std::size_t size = std::min(most, to_broker.size());
        kept_.insert(kept_.end(), to_broker.begin(),
                     to_broker.begin() + static_cast<std::ptrdiff_t>(size));
        to_broker.erase(to_broker.begin(), to_broker.begin() + static_cast<std::ptrdiff_t>(size));
        bool is_part = wanted_ != 0 && kept_.size() < wanted_;
        if (size > 0 && is_part)
            connection_->on_part(kept_.size());
        else if (size > 0)
            offer();
        bool is_at_end = to_broker.empty() && !connection_->is_held();
        if (is_cut && is_at_end && !connection_->is_closing()) connection_->on_socket_end({});
    }
    // What was left while the connection was held.
    void resume_now() {
        if (!wants_resume_) return;
        wants_resume_ = false;
        if (!connection_->is_closing()) offer();
    }
    void write() {
        Outbox& outbox = connection_->outbox;
        while (!outbox.empty() && room > 0) {
            iovec pieces[16];
            std::size_t count = outbox.gather(pieces, 16);
            std::size_t sent = 0;
            for (std::size_t i = 0; i < count && room > 0; i++) {
                std::size_t size = std::min(pieces[i].iov_len, room);
                const auto* at = static_cast<const std::uint8_t*>(pieces[i].iov_base);
                if (!is_cut) from_broker.insert(from_broker.end(), at, at + size);
                if (room != SIZE_MAX) room -= size;
                sent += size;
                if (size < pieces[i].iov_len) break;
            }
            outbox.consume(sent);
        }
        if (outbox.empty() && !connection_->is_closing()) shard_.on_drained(*connection_);
    }

    // Transport
    void resume() override { wants_resume_ = true; }
    std::string peer() const override { return "memory"; }
    std::string_view network() const override { return "192.0.2.0"; }

  private:
    // The bytes lie in a buffer of exactly their size, so that reading past them is noticed.
    void offer() {
        if (kept_.empty()) return;
        Connection::Consumed consumed;
        if (gives_frames) {
            BodyRef frame = BodyRef::adopt(Body::make(sizeof(MessageHead) + kept_.size()));
            std::memcpy(frame->data() + sizeof(MessageHead), kept_.data(), kept_.size());
            ByteView bytes = frame->view().subspan(sizeof(MessageHead));
            consumed = connection_->on_bytes(bytes, &frame);
        } else {
            std::vector<std::uint8_t> exact(kept_);
            consumed = connection_->on_bytes(exact, nullptr);
        }
        CHECK(consumed.used <= kept_.size());
        kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(consumed.used));
        wanted_ = consumed.wanted;
    }

    Shard& shard_;
    std::vector<std::uint8_t> kept_;
    std::size_t wanted_ = 0;  // size of the packet that begins kept_; 0: not known
    bool wants_resume_ = false;
    std::unique_ptr<Connection> connection_;
};

}  // namespace martlet::broker
