#pragma once

// The HTTP connections of one loop. Owned by its Turn. Bounded: the one that has been idle longest
// makes room, else the one whose request has been coming longest. Loop thread only.

#include "base/slots.h"
#include "broker/counters.h"
#include "http/parser.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/websocket_options.h"
#include "server/http_port.h"
#include "server/http_workers.h"
#include "server/mail.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace martlet::server {

class HttpPorts {
  public:
    // `now` is the turn's, as it moves on. All of them outlive it.
    HttpPorts(std::uint32_t shard, net::Loop& loop, net::Scratch& scratch, const Now& now,
              HttpWorkers& workers);
    HttpPorts(const HttpPorts&) = delete;
    HttpPorts& operator=(const HttpPorts&) = delete;

    // Before the first socket: by listener, and outlives it. Null: there is no WebSocket.
    void serve_websockets(const std::vector<net::WebsocketOptions>* options);
    // A socket from the front, with the bytes that were read already. Where there is no room for
    // it, it is closed and counted as closed.
    void add(Socket socket, ByteView unread = {});
    // What came by mail.
    void take(Inbox& answers);
    void run_timers();
    Milliseconds next_wake() const { return next_wake_; }
    // At the end of the turn.
    void write_and_close();
    // The listeners of those that were closed since the last call, each as often as it was.
    std::vector<std::uint16_t> take_closed() { return std::exchange(closed_, {}); }
    // What was refused since the last call, for the counters.
    std::vector<broker::Refusal> take_refusals() { return std::exchange(refusals_, {}); }
    // Those that became WebSockets, with the payload that came already. They are no longer here.
    std::vector<std::unique_ptr<MovedConnection>> take_upgraded() {
        return std::exchange(upgraded_, {});
    }
    std::size_t size() const { return ports_.size(); }

    // For the ports.
    void touch(HttpPort& port);
    net::Loop& loop() { return loop_; }
    net::Scratch& scratch() { return scratch_; }
    const Now& now() const { return now_; }
    const http::ParserLimits& limits() const { return limits_; }
    HttpWorkers& workers() { return workers_; }
    std::uint32_t shard() const { return shard_; }
    const http::UpgradeRules* upgrade_rules(std::uint16_t listener) const {
        return upgrade_rules_.empty() ? nullptr : &upgrade_rules_[listener];
    }
    const net::WebsocketOptions& websocket_options(std::uint16_t listener) const {
        return (*websockets_)[listener];
    }
    void refuse(broker::Refusal refusal) { refusals_.push_back(refusal); }

  private:
    bool make_room();
    HttpPort* oldest_that(bool (http::Connection::*is_it)() const);
    void remove(HttpPort& port);
    void forget(HttpPort& port);

    const std::uint32_t shard_;
    net::Loop& loop_;
    net::Scratch& scratch_;
    const Now& now_;
    HttpWorkers& workers_;
    http::ParserLimits limits_;
    Slots<HttpPort> slots_;
    std::vector<std::unique_ptr<HttpPort>> ports_;
    std::vector<HttpPort*> touched_;
    std::vector<std::uint16_t> closed_;
    std::vector<broker::Refusal> refusals_;
    std::vector<std::unique_ptr<MovedConnection>> upgraded_;
    const std::vector<net::WebsocketOptions>* websockets_ = nullptr;
    std::vector<http::UpgradeRules> upgrade_rules_;  // by listener
    Milliseconds next_wake_ = Milliseconds::max();
};

}  // namespace martlet::server
