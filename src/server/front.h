#pragma once

// One thread of the front, which takes in connections before they belong to a shard: it accepts,
// shakes hands (TLS), upgrades (WebSocket) and reads CONNECT, all within connect_timeout, and then
// moves the socket to its home shard (broker/first_packet.h). So handshakes, which strangers can
// ask for, take no time of the shards. Owned by Server; run() is the thread's function. Other
// threads may call replace(), wake() and stop(), and nothing else once it runs.

#include "base/clock.h"
#include "base/timer_wheel.h"
#include "broker/shared.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/stream.h"
#include "server/acceptor.h"
#include "server/arrival.h"
#include "server/connection_rates.h"
#include "server/lingering.h"
#include "server/mail.h"
#include "server/reload_gate.h"
#include "server/tls_contexts.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace martlet::server {

class Front {
  public:
    // All of them outlive it. `speaks_http`: by listener.
    struct Parts {
        broker::Shared& shared;
        Mailboxes& mailboxes;
        const ReloadGate& gate;
        const TlsContexts& tls;
        ConnectionRates& rates;
        std::vector<bool> speaks_http;
        const std::vector<net::WebsocketOptions>& websockets;  // by listener
    };
    // `number`: from 0 on, among the threads of the front.
    Front(std::uint32_t number, Parts parts);
    ~Front();
    Front(const Front&) = delete;
    Front& operator=(const Front&) = delete;

    // Before run(): opens the loop and takes part in the listeners, which outlive it.
    Status open(const std::vector<net::Listener>& listeners);
    // Returns after stop(); connections that have not moved by then are closed.
    void run();

    // Any thread: settings for connections that come from now on.
    void replace(std::shared_ptr<const broker::Snapshot> snapshot);
    void wake() { loop_.wake(); }
    void stop();

    // For its acceptors and arrivals.
    void accept(int fd, const net::Endpoint& peer, std::uint16_t listener);
    // False: it has been refused, with a line in the log.
    bool may_accept(std::uint16_t listener, const net::Endpoint& peer);
    // Counts it, and keeps it for the API.
    void refuse(broker::Refusal refusal, const net::Endpoint& peer, std::string_view why);
    std::uint32_t accept_events() const;
    // An acceptor that has left the loop and is to go on after a while.
    void pause(Acceptor& acceptor);
    void send(std::uint32_t shard, std::unique_ptr<MovedConnection> moved);
    void note_over(Arrival& arrival) { over_.push_back(&arrival); }
    void count_closed(std::uint16_t listener);
    // In turn, for connections without a client id that could tell.
    std::uint32_t next_shard();
    bool speaks_http(std::uint16_t listener) const { return parts_.speaks_http[listener]; }
    // Null: clients of that listener speak MQTT, or HTTP, at once.
    const net::WebsocketOptions* websocket_at(std::uint16_t listener) const {
        const net::WebsocketOptions& options = parts_.websockets[listener];
        return options.is_on ? &options : nullptr;
    }
    broker::Shared& shared() { return parts_.shared; }
    broker::Counters& counters() { return counters_; }
    const broker::Snapshot& snapshot() const { return *snapshot_; }
    const broker::Options& options() const { return snapshot_->options; }
    net::Loop& loop() { return loop_; }
    net::Scratch& scratch() { return scratch_; }
    TimerWheel& wheel() { return wheel_; }

  private:
    void turn();
    void wait_for_reload();
    void take_settings();
    void accept_again();
    void take_upgraded();
    void add(Socket socket, ByteView unread);
    void end_turn();
    Milliseconds next_wake() const;

    const Parts parts_;
    const std::vector<net::Listener>* listeners_ = nullptr;
    broker::Counters& counters_;
    net::Loop loop_;
    net::Scratch scratch_;
    Now now_;
    TimerWheel wheel_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    std::vector<std::unique_ptr<Arrival>> arrivals_;
    std::vector<Arrival*> over_;  // in this turn
    Lingering lingering_;
    std::vector<bool> to_wake_;  // shards that connections were sent to in this turn
    std::vector<Acceptor*> paused_;
    Milliseconds resume_accepting_{0};
    std::uint32_t next_shard_ = 0;
    bool takes_upgraded_ = false;
    bool has_waited_ = false;  // long enough for the reload that is under way
    std::shared_ptr<const broker::Snapshot> snapshot_;

    std::mutex mutex_;
    std::shared_ptr<const broker::Snapshot> fresh_;  // guarded; null: nothing new
    std::atomic<bool> is_stopping_{false};
};

}  // namespace martlet::server
