#pragma once

// A client with a real socket for tests of the whole process: blocking, with a limit on waiting.

#include "base/bytes.h"
#include "base/check.h"
#include "mqtt/frame.h"

#include <cstdint>
#include <cstring>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace martlet::server {

class SocketClient {
  public:
    explicit SocketClient(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        CHECK(path.size() < sizeof address.sun_path);
        std::memcpy(address.sun_path, path.c_str(), path.size());
        CHECK(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    explicit SocketClient(int fd) : fd_(fd) {}
    SocketClient(SocketClient&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}
    ~SocketClient() { close(); }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    int fd() const { return fd_; }

    bool say(ByteView bytes) {
        while (!bytes.empty()) {
            ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes = bytes.subspan(static_cast<std::size_t>(sent));
        }
        return true;
    }
    // The next whole packet; empty when the peer closed or `timeout_ms` passed.
    std::vector<std::uint8_t> hear(int timeout_ms = 5000) {
        while (true) {
            mqtt::FrameHead head;
            bool is_whole = mqtt::read_frame_head(buffer_, head) == mqtt::FrameState::Complete &&
                            buffer_.size() >= head.packet_size();
            if (is_whole) {
                auto end = buffer_.begin() + static_cast<std::ptrdiff_t>(head.packet_size());
                std::vector<std::uint8_t> packet(buffer_.begin(), end);
                buffer_.erase(buffer_.begin(), end);
                return packet;
            }
            if (!fill(timeout_ms)) return {};
        }
    }
    // Whether the peer closes within the time; what comes before is thrown away.
    bool is_closed_within(int timeout_ms) {
        while (fill(timeout_ms)) buffer_.clear();
        return is_at_end_;
    }

  private:
    bool fill(int timeout_ms) {
        pollfd waiting{fd_, POLLIN, 0};
        if (poll(&waiting, 1, timeout_ms) <= 0) return false;
        std::uint8_t bytes[65536];
        ssize_t got = recv(fd_, bytes, sizeof bytes, 0);
        is_at_end_ = got <= 0;
        if (got <= 0) return false;
        buffer_.insert(buffer_.end(), bytes, bytes + got);
        return true;
    }

    int fd_;
    std::vector<std::uint8_t> buffer_;
    bool is_at_end_ = false;
};

}  // namespace martlet::server
