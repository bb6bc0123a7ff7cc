#pragma once

// The receiver of the tests of streams: a protocol of its own, which takes whole packets only and
// can be held. One thread.

#include "net/stream.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace martlet::net {

// A protocol of its own: four bytes of length, then that many bytes. Takes whole packets only, and
// can be held.
class Packets final : public Receiver, public Watched {
  public:
    explicit Packets(Stream& stream, Scratch& scratch) : stream_(stream), scratch_(scratch) {}

    Taken on_bytes(ByteView bytes, BodyRef* frame) override {
        Taken taken;
        while (!is_held_) {
            ByteView rest = bytes.subspan(taken.used);
            if (rest.size() < 4) return taken;
            std::uint32_t size;
            std::memcpy(&size, rest.data(), 4);
            if (rest.size() < 4 + std::size_t{size}) {
                taken.wanted = 4 + std::size_t{size};
                return taken;
            }
            packets.emplace_back(as_text(rest.subspan(4, size)));
            if (taken.used == 0 && frame != nullptr) note_frame(rest, *frame);
            taken.used += 4 + std::size_t{size};
            if (packets.size() == hold_after) is_held_ = true;
        }
        return taken;
    }
    void on_part(std::size_t size) override { parts.push_back(size); }
    bool is_held() const override { return is_held_; }
    void on_ready(std::uint32_t events) override {
        last_events = events;
        turns++;
        if (events & EPOLLOUT) stream_.flush(outbox);
        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) outcome = stream_.receive(scratch_, *this);
    }
    void release() {
        is_held_ = false;
        hold_after = SIZE_MAX;
        stream_.resume(*this);
    }

    std::vector<std::string> packets;
    std::vector<std::size_t> parts;
    std::size_t hold_after = SIZE_MAX;
    std::size_t frames = 0;
    Stream::Outcome outcome = Stream::Outcome::Open;
    std::uint32_t last_events = 0;
    int turns = 0;
    Outbox outbox;

  private:
    void note_frame(ByteView rest, BodyRef& frame) {
        frames++;
        // There is room for a head before it, which may be written.
        EXPECT_EQ(rest.data(), frame->data() + Stream::kHeadroom);
        std::memset(frame->data(), 0xEE, Stream::kHeadroom);
        kept_.push_back(frame);
    }
    Stream& stream_;
    Scratch& scratch_;
    bool is_held_ = false;
    std::vector<BodyRef> kept_;
};

inline std::string packet_of(const std::string& payload) {
    auto size = static_cast<std::uint32_t>(payload.size());
    std::string packet(4, 0);
    std::memcpy(packet.data(), &size, 4);
    return packet + payload;
}

}  // namespace martlet::net
