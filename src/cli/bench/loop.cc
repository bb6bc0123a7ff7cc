#include "cli/bench/loop.h"

#include "base/text.h"
#include "cli/bench/meter.h"
#include "cli/output/progress.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace martlet::cli::bench {

namespace {

constexpr std::size_t kReadSize = 256 * 1024;
constexpr std::size_t kEvents = 256;
constexpr std::size_t kPieces = 64;
constexpr std::uint32_t kFiltersAtOnce = 20;
constexpr std::uint32_t kSubscribesAtOnce = 4;
constexpr std::uint64_t kOpenPatienceNs = 60'000'000'000;
// An address has some 28,000 ports to come from; on the loopback there are many addresses.
constexpr std::uint32_t kSources = 8;

void raise_file_limit() {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

Now house_time(std::uint64_t ns) {
    return {Milliseconds(static_cast<std::int64_t>(ns / 1'000'000)), Milliseconds{0}};
}

}  // namespace

void Peer::on_connack(const mqtt::Connack& connack) {
    if (connack.reason != mqtt::ReasonCode::Success) return;
    asked_ = waiting_ = 0;
    subscribe_more();
}

void Peer::on_suback(const mqtt::Suback&) {
    waiting_--;
    subscribe_more();
}

void Peer::subscribe_more() {
    while (asked_ < filter_count && waiting_ < kSubscribesAtOnce) {
        std::vector<std::string> filters;
        std::vector<mqtt::Subscription> subscriptions;
        std::uint32_t count = std::min(kFiltersAtOnce, filter_count - asked_);
        for (std::uint32_t i = 0; i < count; i++)
            filters.push_back(owner_.filter_of(*this, asked_++));
        for (const auto& filter : filters) {
            subscriptions.push_back({});
            subscriptions.back().filter = filter;
            subscriptions.back().qos = filter_qos;
        }
        protocol.subscribe(subscriptions, {});
        waiting_++;
    }
    if (waiting_ > 0 || is_ready) return;
    is_ready = true;
    loop_.ready_++;
    owner_.on_ready(*this);
}

void Peer::on_closed(const client::End& end) {
    if (std::exchange(is_ready, false)) loop_.ready_--;
    if (end.kind != client::EndKind::Finished) loop_.failures_++;
    owner_.on_gone(*this);
}

Result<std::unique_ptr<Loop>> Loop::make(const Options& options) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    auto port = std::to_string(options.port);
    if (getaddrinfo(options.host.c_str(), port.c_str(), &hints, &list) != 0 || list == nullptr) {
        return Error{fmt::format("Error: There is no host '{}'.", options.host)};
    }
    std::unique_ptr<Loop> loop(new Loop(options));
    std::memcpy(&loop->address_, list->ai_addr, list->ai_addrlen);
    loop->address_size_ = list->ai_addrlen;
    if (list->ai_family == AF_INET) {
        auto* name = reinterpret_cast<const sockaddr_in*>(list->ai_addr);
        loop->is_loopback_ = ntohl(name->sin_addr.s_addr) >> 24 == 127;
    }
    freeaddrinfo(list);
    raise_file_limit();
    prctl(PR_SET_TIMERSLACK, 1);
    loop->epoll_ = epoll_create1(EPOLL_CLOEXEC);
    loop->scratch_.resize(kReadSize);
    loop->now_ = now_ns();
    return loop;
}

Loop::~Loop() {
    for (auto& peer : peers_) {
        if (peer->fd_ >= 0) close(peer->fd_);
    }
    if (epoll_ >= 0) close(epoll_);
}

client::Options Loop::client_options(const std::string& id) const {
    client::Options made;
    made.version = options_.version;
    made.client_id = fmt::format("bench-{}-{}", getpid(), id);
    made.keep_alive = 0;
    made.in_flight_max = static_cast<std::uint16_t>(options_.window);
    if (!options_.user_name.empty()) made.user_name = options_.user_name;
    if (!options_.password.empty()) made.password = options_.password;
    return made;
}

Peer& Loop::add(PeerOwner& owner, client::Options options, std::uint32_t number) {
    peers_.push_back(std::make_unique<Peer>(*this, owner, std::move(options), number));
    return *peers_.back();
}

bool Loop::bind_source(int fd) {
    if (!is_loopback_) return true;
    int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + next_source_++ % kSources);
    return bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) == 0;
}

void Loop::open(Peer& peer) {
    peer.fd_ = socket(address_.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    open_++;
    peer.is_leaving_ = false;
    peer.protocol.open(house_time(now_));
    bool is_sound = peer.fd_ >= 0 && bind_source(peer.fd_);
    int on = 1;
    if (is_sound) setsockopt(peer.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    is_sound = is_sound &&
               (connect(peer.fd_, reinterpret_cast<sockaddr*>(&address_), address_size_) == 0 ||
                errno == EINPROGRESS);
    if (!is_sound) return close_peer(peer);
    peer.is_dialing_ = peer.wants_write_ = true;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT;
    event.data.ptr = &peer;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, peer.fd_, &event);
}

void Loop::leave(Peer& peer) {
    peer.is_leaving_ = true;
    peer.protocol.disconnect(mqtt::ReasonCode::Success, {});
    touch(peer);
}

void Loop::touch(Peer& peer) {
    if (std::exchange(peer.is_touched_, true)) return;
    touched_.push_back(&peer);
}

void Loop::turn(std::uint64_t until) {
    std::array<epoll_event, kEvents> events;
    std::uint64_t now = now_ns();
    std::uint64_t wait = until > now ? until - now : 0;
    timespec timeout{static_cast<time_t>(wait / 1'000'000'000),
                     static_cast<long>(wait % 1'000'000'000)};
    int count = epoll_pwait2(epoll_, events.data(), kEvents, &timeout, nullptr);
    now_ = now_ns();
    for (int i = 0; i < count; i++) {
        auto& event = events[static_cast<std::size_t>(i)];
        handle(*static_cast<Peer*>(event.data.ptr), event.events);
    }
    write_touched();
}

void Loop::write_touched() {
    for (std::size_t i = 0; i < touched_.size(); i++) {
        touched_[i]->is_touched_ = false;
        flush(*touched_[i]);
    }
    touched_.clear();
}

void Loop::handle(Peer& peer, std::uint32_t events) {
    if (peer.fd_ < 0) return;
    if (peer.is_dialing_) {
        int failed = 0;
        socklen_t size = sizeof failed;
        getsockopt(peer.fd_, SOL_SOCKET, SO_ERROR, &failed, &size);
        if (failed != 0) return close_peer(peer);
        if ((events & EPOLLOUT) == 0) return;
        peer.is_dialing_ = false;
    }
    if ((events & EPOLLOUT) != 0) flush(peer);
    if (peer.fd_ >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(peer);
}

void Loop::read(Peer& peer) {
    ssize_t got = recv(peer.fd_, scratch_.data(), scratch_.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return close_peer(peer);
    peer.protocol.receive({scratch_.data(), static_cast<std::size_t>(got)}, house_time(now_));
    // One that leaves by itself lets the broker close first, so that no port stays in TIME_WAIT.
    if (peer.protocol.is_ending() && !peer.is_leaving_) return close_peer(peer);
    if (!peer.protocol.outbox().empty()) touch(peer);
}

void Loop::flush(Peer& peer) {
    if (peer.fd_ < 0 || peer.is_dialing_) return;
    Outbox& outbox = peer.protocol.outbox();
    while (!outbox.empty()) {
        std::array<iovec, kPieces> pieces;
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = outbox.gather(pieces.data(), pieces.size());
        ssize_t sent = sendmsg(peer.fd_, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) return watch(peer, true);
        if (sent < 0) return close_peer(peer);
        outbox.consume(static_cast<std::size_t>(sent));
    }
    watch(peer, false);
}

void Loop::watch(Peer& peer, bool for_writing) {
    if (peer.wants_write_ == for_writing) return;
    peer.wants_write_ = for_writing;
    epoll_event event{};
    event.events = for_writing ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = &peer;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, peer.fd_, &event);
}

void Loop::close_peer(Peer& peer) {
    if (peer.fd_ >= 0) close(std::exchange(peer.fd_, -1));
    peer.is_dialing_ = false;
    open_--;
    peer.protocol.stream_closed();
}

Status Loop::open_all(std::size_t at_once, const char* what) {
    std::uint64_t begun = now_ns();
    std::uint64_t failures_before = failures_;
    std::size_t next = 0;
    Progress progress(what);
    while (ready_ < peers_.size()) {
        for (; next < peers_.size() && open_ - ready_ < at_once; next++) {
            if (peers_[next]->fd_ < 0) open(*peers_[next]);
        }
        turn(now_ns() + 100'000'000);
        progress.show(now_, [&] { return fmt::format("{} of {}", ready_, peers_.size()); });
        if (failures_ > failures_before) {
            return Error{
                fmt::format("Error: {} of {} connections are up, and one was refused or "
                            "lost. Is a broker on {} port {}, does it let us in, and is "
                            "its limit of open files high enough?",
                            ready_, peers_.size(), options_.host, options_.port)};
        }
        if (now_ - begun > kOpenPatienceNs) {
            return Error{fmt::format("Error: Only {} of {} connections are up after a minute.",
                                     ready_, peers_.size())};
        }
    }
    return Done{};
}

}  // namespace martlet::cli::bench
