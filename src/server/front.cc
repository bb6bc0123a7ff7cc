#include "server/front.h"

#include "base/log.h"
#include "server/connection_limit.h"
#include "server/log_topics.h"

#include <algorithm>
#include <unistd.h>

namespace martlet::server {

namespace {

constexpr Milliseconds kAcceptPause{500};
constexpr Milliseconds kLastLook{50};
// A reload that takes longer does not keep new connections waiting.
constexpr Milliseconds kReloadWait{2000};

}  // namespace

Front::Front(std::uint32_t number, Parts parts)
    : parts_(std::move(parts)),
      counters_(parts_.shared.counters[parts_.shared.shards + number]),
      now_(read_clocks()),
      wheel_(now_.steady),
      lingering_(loop_, scratch_),
      to_wake_(parts_.shared.shards, false),
      next_shard_(number),
      snapshot_(parts_.shared.snapshot) {
    // One thread takes what HTTP connections give away.
    if (number == 0) parts_.mailboxes.set_front_loop(&loop_);
    takes_upgraded_ = number == 0;
}

Front::~Front() = default;

Status Front::open(const std::vector<net::Listener>& listeners) {
    listeners_ = &listeners;
    Status status = loop_.open();
    if (!status) return status;
    if (!loop_.watch_signal(parts_.gate.fd()))
        return Error{"Error: Unable to watch for signals.", 1};
    for (std::size_t i = 0; i < listeners.size(); i++) {
        for (int socket : listeners[i].sockets()) {
            acceptors_.push_back(std::make_unique<Acceptor>(
                *this, socket, static_cast<std::uint16_t>(i), listeners[i].options().port));
            if (!loop_.add(socket, accept_events(), acceptors_.back().get()))
                return Error{"Error: Unable to watch a listening socket.", 1};
        }
    }
    return Done{};
}

std::uint32_t Front::accept_events() const {
    return EPOLLIN | (options().front_threads > 1 ? std::uint32_t{EPOLLEXCLUSIVE} : 0u);
}

void Front::run() {
    take_part_in_log_topics();
    while (!is_stopping_.load(std::memory_order_acquire)) turn();
    for (auto& arrival : arrivals_) arrival->on_stop();
    end_turn();
    lingering_.finish();
    log::flush();
}

void Front::stop() {
    is_stopping_.store(true, std::memory_order_release);
    loop_.wake();
}

void Front::turn() {
    std::span<epoll_event> ready = loop_.wait(std::max(next_wake() - now_.steady, Milliseconds(0)));
    now_ = read_clocks();
    if (loop_.has_signal() || parts_.gate.is_shut())
        wait_for_reload();
    else
        has_waited_ = false;
    take_settings();
    for (const epoll_event& event : ready)
        static_cast<net::Watched*>(event.data.ptr)->on_ready(event.events);
    if (takes_upgraded_) take_upgraded();
    accept_again();
    wheel_.advance(now_.steady, [](Timer& timer) { Arrival::of(timer).on_timeout(); });
    end_turn();
}

Milliseconds Front::next_wake() const {
    Milliseconds next = std::min(wheel_.next_wake(), lingering_.next_wake());
    return paused_.empty() ? next : std::min(next, resume_accepting_);
}

// Connections that come after SIGHUP are let in by the new settings and certificates.
void Front::wait_for_reload() {
    Milliseconds deadline = now_.steady + kReloadWait;
    while (!has_waited_ && parts_.gate.must_wait()) {
        loop_.wait_for_wake(kLastLook);
        now_ = read_clocks();
        has_waited_ = now_.steady >= deadline;
    }
}

void Front::replace(std::shared_ptr<const broker::Snapshot> snapshot) {
    std::lock_guard lock(mutex_);
    fresh_ = std::move(snapshot);
}

void Front::take_settings() {
    std::lock_guard lock(mutex_);
    if (fresh_) snapshot_ = std::move(fresh_);
    fresh_ = nullptr;
}

// Sockets have moved, and what the thread has logged goes to a shard, before the thread sleeps.
void Front::end_turn() {
    for (Arrival* arrival : std::exchange(over_, {})) {
        if (arrival->lingers()) lingering_.add(arrival->release(), now_.steady);
        std::uint32_t place = arrival->place;
        std::swap(arrivals_[place], arrivals_.back());
        arrivals_[place]->place = place;
        arrivals_.pop_back();
    }
    if (!log_lines().empty()) {
        parts_.mailboxes.publish(std::exchange(log_lines(), {}));
        to_wake_[0] = true;
    }
    for (std::uint32_t shard = 0; shard < to_wake_.size(); shard++) {
        if (to_wake_[shard]) parts_.mailboxes.wake(shard);
        to_wake_[shard] = false;
    }
    lingering_.end_turn(now_.steady);
    log::flush();
}

void Front::accept(int fd, const net::Endpoint& peer, std::uint16_t listener) {
    Socket socket;
    socket.fd = fd;
    socket.peer = peer;
    socket.listener = listener;
    if (auto context = parts_.tls.of(listener)) {
        socket.tls = net::TlsSession::accept(std::move(context), fd);
        if (!socket.tls) {
            log::error("Error: No memory for the TLS of {}: it is refused.", peer.text());
            refuse(broker::Refusal::TlsHandshake, peer, "no memory");
            close(fd);
            return count_closed(listener);
        }
    }
    add(std::move(socket), {});
}

void Front::add(Socket socket, ByteView unread) {
    const net::ListenOptions& listener = (*listeners_)[socket.listener].options();
    arrivals_.push_back(std::make_unique<Arrival>(*this, std::move(socket), listener));
    Arrival& arrival = *arrivals_.back();
    arrival.place = static_cast<std::uint32_t>(arrivals_.size() - 1);
    arrival.start(now_.steady + std::chrono::seconds(options().connect_timeout_s), unread);
}

// They have become WebSockets at /mqtt, and come back to say CONNECT.
void Front::take_upgraded() {
    for (InboxNode* node = parts_.mailboxes.to_front().take_all(); node != nullptr;) {
        std::unique_ptr<MovedConnection> moved(
            static_cast<MovedConnection*>(std::exchange(node, node->next)));
        add(std::move(moved->socket), moved->unread);
    }
}

bool Front::may_accept(std::uint16_t listener, const net::Endpoint& peer) {
    counters_.connections_opened.add();
    if (std::uint32_t rate = options().connection_rate; rate != 0) {
        ConnectionRates::Verdict verdict = parts_.rates.take(peer.network(), rate, now_.steady);
        if (!verdict.is_accepted) {
            if (verdict.is_news)
                log::notice(
                    "Connection from {} refused: more than {} connections a second come from its "
                    "network (connection_rate). Further ones are not logged for {} s.",
                    peer.text(), rate, ConnectionRates::kPace.count() / 1000);
            return refuse(broker::Refusal::ConnectionRate, peer, "connection_rate"), false;
        }
    }
    if (count_accepted(parts_.shared, *snapshot_, listener)) return true;
    log::notice("Connection from {} refused: the limit of connections is reached.", peer.text());
    return refuse(broker::Refusal::MaxConnections, peer, "the limit of connections is reached"),
           false;
}

void Front::refuse(broker::Refusal refusal, const net::Endpoint& peer, std::string_view why) {
    counters_.refuse(refusal);
    parts_.shared.refusals.note(
        {now_.wall.count(), refusal, peer.text(), {}, {}, std::string(why)});
}

void Front::count_closed(std::uint16_t listener) {
    server::count_closed(parts_.shared, listener);
}

void Front::send(std::uint32_t shard, std::unique_ptr<MovedConnection> moved) {
    parts_.mailboxes.move(shard, std::move(moved));
    to_wake_[shard] = true;
}

std::uint32_t Front::next_shard() {
    return next_shard_++ % parts_.shared.shards;
}

void Front::pause(Acceptor& acceptor) {
    paused_.push_back(&acceptor);
    resume_accepting_ = now_.steady + kAcceptPause;
}

void Front::accept_again() {
    if (paused_.empty() || now_.steady < resume_accepting_) return;
    for (Acceptor* acceptor : std::exchange(paused_, {})) acceptor->go_on();
}

}  // namespace martlet::server
