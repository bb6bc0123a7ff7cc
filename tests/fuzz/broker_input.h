#pragma once

// What the broker's targets share: a table for one input, and what must hold of whatever the broker
// writes and of what is left when everybody has gone.

#include "base/log.h"
#include "tests/broker/client.h"

#include <cstdint>
#include <vector>

namespace martlet::broker {

// Stays on whatever the build says.
inline void require(bool truth) {
    if (!truth) __builtin_trap();
}

inline void be_quiet() {
    static const bool is_quiet = [] {
        log::Options quiet;
        quiet.levels = 0;
        return log::configure(quiet).ok();
    }();
    require(is_quiet);
}

// Hands out an input from its front; zeros when it is used up.
class Taker {
  public:
    Taker(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}
    bool is_empty() const { return rest_.empty(); }
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        std::uint8_t first = rest_.front();
        rest_ = rest_.subspan(1);
        return first;
    }
    std::vector<std::uint8_t> bytes(std::size_t size) {
        ByteView front = rest_.first(std::min(size, rest_.size()));
        rest_ = rest_.subspan(front.size());
        return {front.begin(), front.end()};
    }
    std::vector<std::uint8_t> all() { return bytes(rest_.size()); }

  private:
    ByteView rest_;
};

// What one line was sent must be sound packets, in the version of its CONNECT, and nothing behind a
// DISCONNECT.
class Reader {
  public:
    explicit Reader(Version version) : version_(version) {}
    void read(std::vector<std::uint8_t>& bytes) {
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
        bytes.clear();
        std::size_t at = 0;
        mqtt::FrameHead head;
        while (true) {
            ByteView rest = ByteView(buffer_).subspan(at);
            mqtt::FrameState state = mqtt::read_frame_head(rest, head);
            require(state != mqtt::FrameState::Malformed);
            if (state == mqtt::FrameState::NeedMore || rest.size() < head.packet_size()) break;
            require(!has_ended_);
            mqtt::AnyPacket any;
            ByteView body = rest.subspan(head.size, head.remaining_length);
            require(mqtt::decode_any(head.first, body, version_, any) == ReasonCode::Success);
            has_ended_ = head.type() == PacketType::Disconnect;
            at += head.packet_size();
        }
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at));
    }

  private:
    Version version_;
    std::vector<std::uint8_t> buffer_;
    bool has_ended_ = false;
};

// Everybody goes, time passes, and nothing may be left.
inline void require_nothing_left(Table& table) {
    for (Line* line : table.lines) {
        line->room = SIZE_MAX;
        line->is_cut = true;
    }
    require(table.settle());
    require(table.lines.empty());
    // Far beyond every expiry that the options allow.
    for (int i = 0; i < 4; i++) table.jump(std::chrono::seconds(60));
    require(table.shared.sessions.load() == 0);
    require(table.sum([](const auto& c) -> const auto& { return c.queued_messages; }) == 0);
    require(table.sum([](const auto& c) -> const auto& { return c.queued_bytes; }) == 0);
    require(table.sum([](const auto& c) -> const auto& { return c.subscriptions; }) == 0);
    require(table.sum([](const auto& c) -> const auto& { return c.connections; }) == 0);
    for (const char* topic : {"t/1", "a", "$x"}) require(table.shared.interest.match(topic) == 0);
}

}  // namespace martlet::broker
