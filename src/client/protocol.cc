#include "client/protocol.h"

#include "base/check.h"

#include <algorithm>
#include <utility>

namespace martlet::client {

using mqtt::ReasonCode;

namespace {

// What the memory for half a packet may stay at between packets.
constexpr std::size_t kPartialKept = 4096;

// How many bytes at least are missing to a whole packet; 0 also when it is malformed.
std::size_t missing_of(ByteView bytes) {
    mqtt::FrameHead head;
    auto state = mqtt::read_frame_head(bytes, head);
    if (state == mqtt::FrameState::NeedMore) return 1;
    if (state == mqtt::FrameState::Malformed) return 0;
    return head.packet_size() - std::min(head.packet_size(), bytes.size());
}

}  // namespace

Protocol::Protocol(Options options, Listener& listener)
    : options_(std::move(options)), listener_(listener) {}

void Protocol::open(Now now) {
    CHECK(state_ == State::Closed);
    now_ = opened_ = last_sent_ = now.steady;
    outbox_.clear();
    partial_.clear();
    aliases_.clear();
    awaits_pong_ = false;
    end_ = {EndKind::StreamLost, ReasonCode::Success};
    state_ = State::Connecting;
    send_connect();
}

void Protocol::receive(ByteView bytes, Now now) {
    now_ = now.steady;
    while (!partial_.empty() && !bytes.empty()) {
        std::size_t missing = missing_of(partial_);
        std::size_t taken = std::min(missing, bytes.size());
        partial_.insert(partial_.end(), bytes.begin(),
                        bytes.begin() + static_cast<std::ptrdiff_t>(taken));
        bytes = bytes.subspan(taken);
        if (missing_of(partial_) > 0) continue;
        // A listener's calls never touch partial_: what take_packets() looks at stays in place.
        take_packets(partial_);
        partial_.clear();
        if (partial_.capacity() > kPartialKept) partial_ = {};
    }
    std::size_t used = take_packets(bytes);
    partial_.insert(partial_.end(), bytes.begin() + static_cast<std::ptrdiff_t>(used), bytes.end());
}

// Answers how many bytes are done with: all of them once the connection ends.
std::size_t Protocol::take_packets(ByteView bytes) {
    std::size_t at = 0;
    while (state_ == State::Connecting || state_ == State::Connected) {
        mqtt::FrameHead head;
        auto rest = bytes.subspan(at);
        auto frame = mqtt::read_frame_head(rest, head);
        if (frame == mqtt::FrameState::NeedMore) return at;
        if (frame == mqtt::FrameState::Malformed) {
            end_by_us(EndKind::ProtocolError, ReasonCode::MalformedPacket);
            break;
        }
        if (head.packet_size() > options_.packet_size_max) {
            end_by_us(EndKind::ProtocolError, ReasonCode::PacketTooLarge);
            break;
        }
        if (rest.size() < head.packet_size()) return at;
        if (tap_ != nullptr) tap_->on_received(rest.first(head.packet_size()));
        auto reason = handle(head, rest.subspan(head.size, head.remaining_length));
        if (reason != ReasonCode::Success) end_by_us(EndKind::ProtocolError, reason);
        at += head.packet_size();
    }
    return bytes.size();
}

void Protocol::stream_closed() {
    if (state_ == State::Closed) return;
    tell_end();
}

void Protocol::tick(Now now) {
    now_ = now.steady;
    if (std::exchange(has_sent_, false)) last_sent_ = now_;
    if (state_ == State::Connecting && options_.connack_timeout.count() > 0 &&
        now_ - opened_ >= options_.connack_timeout) {
        return end(EndKind::KeepAlive, ReasonCode::KeepAliveTimeout);
    }
    if (state_ != State::Connected || keep_alive_.count() == 0) return;
    if (awaits_pong_) {
        if (now_ - ping_sent_ >= keep_alive_) {
            end_by_us(EndKind::KeepAlive, ReasonCode::KeepAliveTimeout);
        }
    } else if (now_ - last_sent_ >= keep_alive_) {  // [MQTT-3.1.2-20]
        send_ping();
    }
}

Milliseconds Protocol::next_wake() const {
    if (state_ == State::Connecting && options_.connack_timeout.count() > 0) {
        return opened_ + options_.connack_timeout;
    }
    if (state_ != State::Connected || keep_alive_.count() == 0) return Milliseconds::max();
    // What was sent since the last tick counts from then: a wake-up may come early, never late.
    return (awaits_pong_ ? ping_sent_ : last_sent_) + keep_alive_;
}

// The owner still writes what is in the outbox, and closes the stream.
void Protocol::end(EndKind kind, ReasonCode reason) {
    end_ = {kind, reason};
    state_ = State::Ending;
}

void Protocol::end_by_us(EndKind kind, ReasonCode reason) {
    if (state_ == State::Ending) return;
    if (options_.version == mqtt::Version::V5) disconnect(reason, {});
    end(kind, reason);
}

void Protocol::tell_end() {
    state_ = State::Closed;
    outbox_.clear();
    partial_ = {};
    listener_.on_closed(end_);
}

}  // namespace martlet::client
