#pragma once

// An HTTP connection without a socket, and the other side of its desk: what the tests of the engine
// speak through. One thread.

#include "base/check.h"
#include "http/connection.h"

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::http {

// Keeps what is asked until the test answers.
class HeldDesk final : public Desk {
  public:
    bool answer(std::unique_ptr<Request> request) override {
        if (is_full) return false;
        requests.push_back(std::move(request));
        return true;
    }
    bool fetch(std::unique_ptr<BodySource> source) override {
        sources.push_back(std::move(source));
        return true;
    }

    bool is_known(const Fields&) const override { return knows_all; }
    const UpgradeRules* upgrade_rules() const override { return has_websocket ? &rules : nullptr; }
    void on_upgrade(const Request& request) override {
        forwarded_for = std::string(request.header("x-forwarded-for").value_or(""));
    }
    void on_refused_upgrade(const Upgrade& upgrade) override { refused.push_back(upgrade.status); }

    bool is_full = false;
    bool knows_all = true;
    bool has_websocket = true;
    UpgradeRules rules;
    std::string forwarded_for;
    std::vector<int> refused;
    std::deque<std::unique_ptr<Request>> requests;
    std::deque<std::unique_ptr<BodySource>> sources;
};

class Talk {
  public:
    explicit Talk(ParserLimits limits = {}, Peer peer = {"192.0.2.1:5000"})
        : connection(desk, limits, std::move(peer), now) {}

    void say(std::string_view text) { connection.on_bytes(as_bytes(text), now); }
    void wait(std::int64_t ms) {
        now.steady += Milliseconds(ms);
        now.wall += Milliseconds(ms);
        connection.on_time(now);
    }
    // What the peer was sent since the last call, or the first `size` bytes of it.
    std::string hear(std::size_t size = SIZE_MAX) {
        std::string heard;
        while (!connection.outbox.empty() && heard.size() < size) {
            std::array<iovec, 1> piece;
            CHECK(connection.outbox.gather(piece.data(), 1) == 1);
            std::size_t taken = std::min(piece[0].iov_len, size - heard.size());
            heard.append(static_cast<const char*>(piece[0].iov_base), taken);
            connection.outbox.consume(taken);
        }
        if (!heard.empty()) connection.on_written(now);
        return heard;
    }
    // The status of the answer that was heard; 0: none.
    int status() {
        std::string heard = hear();
        return heard.starts_with("HTTP/1.1 ") ? std::stoi(heard.substr(9, 3)) : 0;
    }
    std::unique_ptr<Request> asked() {
        if (desk.requests.empty()) return nullptr;
        auto request = std::move(desk.requests.front());
        desk.requests.pop_front();
        return request;
    }
    void answer(Response response) { connection.on_answer(std::move(response), now); }
    // Does for the oldest source what a worker would.
    void feed_piece() {
        CHECK(!desk.sources.empty());
        auto source = std::move(desk.sources.front());
        desk.sources.pop_front();
        std::string piece;
        bool is_last = !source->next(piece);
        connection.on_piece(std::move(source), piece, is_last, now);
    }

    Now now{Milliseconds(1'000'000), Milliseconds(1'700'000'000'000)};
    HeldDesk desk;
    Connection connection;
};

}  // namespace martlet::http
