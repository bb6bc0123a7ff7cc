#pragma once

// One bridge: the relay between a connection of the local broker and a socket to the far end, and
// when that socket is opened and closed. Owned by Bridges of the shard that is home to its local
// client id; loop thread only. Spread over bridge.cc (life), bridge_state.cc (what others learn of
// it), bridge_dial.cc (name, socket, TLS) and bridge_flow.cc (bytes).

#include "bridge/backoff.h"
#include "bridge/relay.h"
#include "broker/connection.h"
#include "net/loop.h"
#include "net/stream.h"
#include "server/bridge_board.h"
#include "server/bridge_plan.h"
#include "server/bridge_probe.h"
#include "server/lookup.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::server {

class Bridges;

class Bridge final : public net::Watched,
                     public net::Receiver,
                     public broker::Transport,
                     public bridge::Local {
  public:
    Bridge(Bridges& bridges, std::shared_ptr<const BridgePlan> plan);
    ~Bridge() override;
    Bridge(const Bridge&) = delete;
    Bridge& operator=(const Bridge&) = delete;

    const bridge::Options& options() const { return plan_->options; }
    const std::string& name() const { return plan_->options.name; }

    // What is due, once in a turn; outside of it nothing is published, and no connection made.
    void run();
    Milliseconds next_wake() const;

    // The plan of a reload: at once, or when the connection ends (`bridge_reload_type`).
    void replace(std::shared_ptr<const BridgePlan> plan);
    void pause();
    void resume_running();
    void reconnect();
    // It is gone from the configuration, or the broker stops. is_over() when it may be destroyed.
    void stop(bool ends_session);
    bool is_over() const {
        return is_stopped_ && !ends_session_ && !connection_ && !stream_ && fd_ < 0;
    }

    // The Turn, at its end: the local connection has something to say, or is over.
    void flush_local();
    void remove_local();

    // net::Watched
    void on_ready(std::uint32_t events) override;
    // net::Receiver
    Taken on_bytes(ByteView bytes, BodyRef* frame) override;
    void on_part(std::size_t) override {}
    bool is_held() const override;
    // broker::Transport
    void resume() override;
    std::string peer() const override;
    std::optional<std::string_view> proved_user() const override;
    // bridge::Local
    std::size_t give(ByteView packets) override;
    bool attach() override;
    void forget_received() override;
    std::vector<std::string> stale_filters() const override;
    std::size_t packet_size_max() const override;

  private:
    enum class Step : std::uint8_t {
        Resting,    // phase_ says for what
        Preparing,  // the local session is made
        LookingUp,
        Connecting,
        Talking,  // TLS, CONNECT, and all that follows
    };

    // bridge.cc
    void begin();
    void take_plan(std::shared_ptr<const BridgePlan> plan);
    void rest(BridgePhase phase, Milliseconds due);
    void prepare();
    bool must_prepare() const;
    void settle();
    void end_connection();
    void go_on_after(bridge::Relay::End end, bool was_up);
    Milliseconds next_address(bool was_up);
    void detach();
    void take_step();
    void fail(const std::string& text);
    void note_up();
    void set_phase(BridgePhase phase);
    void watch_load();
    void watch_first_address();
    std::uint16_t window() const;
    const bridge::Address& address() const;
    std::string address_text() const;

    // bridge_state.cc
    void report();
    void publish(std::string_view topic, std::string_view value);
    void publish_state(bool is_up);
    void publish_values();

    // bridge_dial.cc
    void look_up();
    void connect_next();
    Status set_up_socket(int fd, int family) const;
    void on_connected();
    void close_socket(bool is_farewell);

    // bridge_flow.cc
    void receive();
    void exchange();
    void pump_local();
    void flush_remote();

    Bridges& bridges_;
    std::shared_ptr<const BridgePlan> plan_;
    std::shared_ptr<const BridgePlan> next_plan_;  // taken when the connection ends
    std::shared_ptr<const net::TlsContext> tls_;   // for the next connection; null: plain
    bridge::TopicMap map_;
    std::unique_ptr<bridge::Relay> relay_;
    bridge::Backoff backoff_;

    Step step_ = Step::Resting;
    BridgePhase phase_ = BridgePhase::Waiting;
    Milliseconds due_{0};  // of the step
    std::size_t address_at_ = 0;
    std::shared_ptr<Lookup> lookup_;
    std::vector<FoundAddress> found_;
    std::size_t found_at_ = 0;
    int fd_ = -1;  // while it connects
    BridgeProbe probe_;
    std::unique_ptr<net::Stream> stream_;
    std::unique_ptr<broker::Connection> connection_;

    bool has_bit_;
    bool is_bit_known_ = false;  // the far end answered a CONNECT with or without it
    bool is_up_ = false;
    bool is_paused_ = false;
    bool is_stopped_ = false;
    bool ends_session_ = false;
    bool has_begun_ = false;
    bool connects_now_ = false;  // after its connection has ended
    bool is_idle_ = false;       // lazy, and too long without a message
    bool wants_resume_ = false;
    bool is_flushing_ = false;  // letters have left in this turn
    Milliseconds up_since_{0};
    Milliseconds next_report_{0};
    std::uint64_t last_traffic_ = 0;  // messages so far, at last_busy_
    Milliseconds last_busy_{0};
    std::optional<bool> published_state_;
    Milliseconds next_values_{0};
    std::vector<std::string> published_;  // under $SYS
    BridgeRow row_;
};

}  // namespace martlet::server
