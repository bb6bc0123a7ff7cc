#pragma once

// Thousands of clients on one thread: an epoll loop, and a Peer for each connection. What a turn
// says to a peer is written once, at its end.

#include "base/result.h"
#include "cli/bench/options.h"
#include "client/protocol.h"

#include <cstdint>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <vector>

namespace martlet::cli::bench {

class Loop;
class Peer;

// The scenario. Called from inside Loop::turn().
class PeerOwner {
  public:
    virtual ~PeerOwner() = default;
    // Connected, and all its filters are subscribed.
    virtual void on_ready(Peer&) {}
    virtual void on_message(Peer&, const mqtt::Publish&) {}
    virtual void on_settled(Peer&) {}
    virtual void on_gone(Peer&) {}
    // The k-th filter of the peer.
    virtual std::string filter_of(const Peer&, std::uint32_t) { return {}; }
};

class Peer : public client::Listener {
  public:
    Peer(Loop& loop, PeerOwner& owner, client::Options options, std::uint32_t its_number)
        : protocol(std::move(options), *this), number(its_number), loop_(loop), owner_(owner) {}

    client::Protocol protocol;
    std::uint32_t number;            // the owner's own
    std::uint32_t filter_count = 0;  // to subscribe to before it is ready
    mqtt::Qos filter_qos = mqtt::Qos::AtMostOnce;
    bool is_ready = false;

    void on_connack(const mqtt::Connack& connack) override;
    void on_suback(const mqtt::Suback& suback) override;
    void on_message(const mqtt::Publish& packet) override { owner_.on_message(*this, packet); }
    void on_settled(std::uint16_t, std::uint64_t, mqtt::ReasonCode) override {
        owner_.on_settled(*this);
    }
    void on_closed(const client::End& end) override;

  private:
    friend class Loop;
    void subscribe_more();

    Loop& loop_;
    PeerOwner& owner_;
    int fd_ = -1;
    std::uint32_t asked_ = 0;    // filters
    std::uint32_t waiting_ = 0;  // SUBACKs
    bool is_dialing_ = false;
    bool wants_write_ = false;
    bool is_touched_ = false;
    bool is_leaving_ = false;
};

class Loop {
  public:
    static Result<std::unique_ptr<Loop>> make(const Options& options);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // The address of a peer never changes.
    Peer& add(PeerOwner& owner, client::Options options, std::uint32_t number);
    void open(Peer& peer);
    // Says goodbye; it is gone when the broker has closed.
    void leave(Peer& peer);
    // To be called after the peer's protocol was asked to send something.
    void touch(Peer& peer);

    // Waits for something to happen, until `until` (of now_ns) at the longest; then writes.
    void turn(std::uint64_t until);
    // The time at the beginning of the events that are handled now.
    std::uint64_t now() const { return now_; }

    // Opens peers that are not open, so many at once, and waits until all are ready.
    Status open_all(std::size_t at_once, const char* what);
    // What a client of this run says in CONNECT.
    client::Options client_options(const std::string& id) const;

    std::size_t ready_count() const { return ready_; }
    // Connections that were refused, broken or ended by the broker.
    std::uint64_t failures() const { return failures_; }

  private:
    explicit Loop(const Options& options) : options_(options) {}
    friend class Peer;
    void handle(Peer& peer, std::uint32_t events);
    void read(Peer& peer);
    void flush(Peer& peer);
    void write_touched();
    void close_peer(Peer& peer);
    void watch(Peer& peer, bool for_writing);
    bool bind_source(int fd);

    const Options& options_;
    sockaddr_storage address_{};
    socklen_t address_size_ = 0;
    int epoll_ = -1;
    std::vector<std::unique_ptr<Peer>> peers_;
    std::vector<Peer*> touched_;
    std::vector<std::uint8_t> scratch_;
    std::uint64_t now_ = 0;
    std::size_t ready_ = 0;
    std::size_t open_ = 0;
    std::uint64_t failures_ = 0;
    std::uint32_t next_source_ = 0;
    bool is_loopback_ = false;
};

}  // namespace martlet::cli::bench
