#include "net/stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

namespace martlet::net {

namespace {

// Memory follows the bytes that came, not the length that was announced: at most this many times as
// much.
constexpr std::size_t kGrowth = 4;
constexpr std::size_t kSmallest = 256;

std::size_t room_for(std::size_t wanted, std::size_t have) {
    std::size_t grown = std::max(have * kGrowth, kSmallest);
    return wanted == 0 ? grown : std::min(wanted, grown);
}

}  // namespace

Stream::~Stream() {
    close();
}

bool Stream::watch(Watched* watched) {
    watched_ = watched;
    return loop_.add(fd_, EPOLLIN, watched);
}

void Stream::set_interest() {
    if (!is_reading_) return;
    loop_.change(fd_, (has_end_ ? 0u : EPOLLIN) | (waits_for_room_ ? EPOLLOUT : 0u), watched_);
}

// `size` stays 0 when there is nothing to read.
inline Stream::Outcome Stream::receive_plain(std::span<const iovec> pieces, std::size_t& size) {
    ssize_t got = pieces.size() == 1 ? recv(fd_, pieces[0].iov_base, pieces[0].iov_len, 0)
                                     : readv(fd_, pieces.data(), static_cast<int>(pieces.size()));
    if (got > 0) {
        size = static_cast<std::size_t>(got);
        return Outcome::Open;
    }
    if (got == 0) return Outcome::Closed;
    if (errno == EAGAIN || errno == EINTR) return Outcome::Open;
    error_ = errno;
    return Outcome::Failed;
}

Stream::Outcome Stream::receive_tls(std::span<const iovec> pieces, std::size_t& size) {
    TlsSession::Outcome outcome = tls_->read(pieces, size);
    wait_for_room(tls_->wants_room());
    if (outcome == TlsSession::Outcome::Open) return Outcome::Open;
    return outcome == TlsSession::Outcome::Closed ? Outcome::Closed : Outcome::Failed;
}

Stream::Outcome Stream::receive(Scratch& scratch, Receiver& receiver) {
    if (receiver.is_held()) {
        // Told that there is something while nothing can be taken. It leaves the loop until
        // resume(): a peer that hangs up would be reported again and again, whatever is asked for.
        is_reading_ = false;
        loop_.remove(fd_);
        return Outcome::Open;
    }
    if (websocket_) return receive_websocket(scratch, receiver);
    std::array<iovec, 2> pieces;
    std::size_t count = 0, room = 0;
    if (kept_) {
        std::size_t capacity = kept_->size() - kHeadroom;
        std::size_t end = wanted_ != 0 ? std::min<std::size_t>(capacity, wanted_) : capacity;
        room = end - kept_size_;
        if (room > 0) pieces[count++] = {kept_->data() + kHeadroom + kept_size_, room};
    }
    pieces[count++] = {scratch.bytes.get(), Scratch::kSize};
    std::size_t size = 0;
    Outcome outcome = tls_ ? receive_tls({pieces.data(), count}, size)
                           : receive_plain({pieces.data(), count}, size);
    if (outcome != Outcome::Open || size == 0) return outcome;
    ByteView fresh{scratch.bytes.get(), size};
    if (kept_) {
        std::size_t first = std::min(size, room);
        kept_size_ += static_cast<std::uint32_t>(first);
        fresh = fresh.first(size - first);
        hand_kept(receiver);
        if (fresh.empty()) return Outcome::Open;
        if (kept_) return take_fresh(fresh, receiver), Outcome::Open;
    }
    Receiver::Taken taken = receiver.on_bytes(fresh, nullptr);
    if (taken.used < fresh.size()) keep(fresh.subspan(taken.used), taken.wanted);
    return Outcome::Open;
}

// Bytes behind those that are kept.
void Stream::take_fresh(ByteView fresh, Receiver& receiver) {
    // Still part of a packet, or held: what came behind it waits as well.
    while (kept_ && !fresh.empty()) {
        make_room(kept_size_ + (receiver.is_held() || wanted_ == 0
                                    ? fresh.size()
                                    : std::min<std::size_t>(fresh.size(), wanted_ - kept_size_)));
        std::size_t fits = std::min(fresh.size(), kept_->size() - kHeadroom - kept_size_);
        std::memcpy(kept_->data() + kHeadroom + kept_size_, fresh.data(), fits);
        kept_size_ += static_cast<std::uint32_t>(fits);
        fresh = fresh.subspan(fits);
        if (!receiver.is_held()) hand_kept(receiver);
    }
    if (fresh.empty()) return;
    Receiver::Taken taken = receiver.on_bytes(fresh, nullptr);
    if (taken.used < fresh.size()) keep(fresh.subspan(taken.used), taken.wanted);
}

void Stream::end_reading() {
    has_end_ = true;
    set_interest();
}

void Stream::resume(Receiver& receiver) {
    if (fd_ < 0) return;
    if (!is_reading_) {
        is_reading_ = true;
        loop_.add(fd_, EPOLLIN | (waits_for_room_ ? EPOLLOUT : 0u), watched_);
    }
    if (kept_) hand_kept(receiver);
}

// Offers what is kept; afterwards kept_ is empty, or begins with a packet that is not whole, or the
// receiver is held.
void Stream::hand_kept(Receiver& receiver) {
    if (wanted_ != 0 && kept_size_ < wanted_) {
        receiver.on_part(kept_size_);
        return make_room(room_for(wanted_, kept_size_));
    }
    BodyRef body = kept_;
    ByteView bytes{body->data() + kHeadroom, kept_size_};
    Receiver::Taken taken = receiver.on_bytes(bytes, &body);
    if (taken.used == 0) {
        wanted_ = static_cast<std::uint32_t>(taken.wanted);
        if (!receiver.is_held())
            make_room(std::max<std::size_t>(room_for(wanted_, kept_size_), kept_size_ + 1));
        return;
    }
    kept_ = BodyRef();
    kept_size_ = 0;
    wanted_ = 0;
    if (taken.used < bytes.size()) keep(bytes.subspan(taken.used), taken.wanted);
}

void Stream::keep(ByteView rest, std::size_t wanted) {
    std::size_t capacity = std::max(rest.size(), room_for(wanted, rest.size()));
    kept_ = BodyRef::adopt(Body::make(kHeadroom + capacity));
    std::memcpy(kept_->data() + kHeadroom, rest.data(), rest.size());
    kept_size_ = static_cast<std::uint32_t>(rest.size());
    wanted_ = static_cast<std::uint32_t>(wanted);
}

void Stream::make_room(std::size_t capacity) {
    if (kept_->size() - kHeadroom >= capacity) return;
    BodyRef wider = BodyRef::adopt(Body::make(kHeadroom + capacity));
    std::memcpy(wider->data() + kHeadroom, kept_->data() + kHeadroom, kept_size_);
    kept_ = std::move(wider);
}

Stream::Outcome Stream::flush(Outbox& outbox) {
    if (websocket_) return flush_websocket(outbox);
    if (tls_) return flush_tls(outbox);
    while (!outbox.empty()) {
        std::array<iovec, 64> pieces;
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = outbox.gather(pieces.data(), pieces.size());
        ssize_t sent = message.msg_iovlen == 1
                           ? send(fd_, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL)
                           : sendmsg(fd_, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno != EAGAIN) {
            error_ = errno;
            return Outcome::Failed;
        }
        std::size_t offered = 0;
        for (std::size_t i = 0; i < message.msg_iovlen; i++) offered += pieces[i].iov_len;
        if (sent > 0) outbox.consume(static_cast<std::size_t>(sent));
        if (sent < 0 || static_cast<std::size_t>(sent) < offered) break;
    }
    wait_for_room(!outbox.empty());
    return Outcome::Open;
}

Stream::Outcome Stream::flush_tls(Outbox& outbox) {
    if (tls_->write(outbox) == TlsSession::Outcome::Failed) return Outcome::Failed;
    wait_for_room(tls_->wants_room());
    return Outcome::Open;
}

void Stream::wait_for_room(bool waits) {
    if (waits_for_room_ == waits) return;
    waits_for_room_ = waits;
    set_interest();
}

int Stream::release() {
    loop_.remove(fd_);
    return std::exchange(fd_, -1);
}

void Stream::close() {
    if (fd_ < 0) return;
    ::close(fd_);  // leaves the loop by itself
    fd_ = -1;
}

std::string Stream::failure() const {
    if (tls_ && !tls_->failure().empty()) return tls_->failure();
    if (websocket_ && error_ == 0) return websocket_->failure();
    return error_ == 0 ? std::string() : std::strerror(error_);
}

ByteView Stream::unread() const {
    return kept_ ? ByteView{kept_->data() + kHeadroom, kept_size_} : ByteView{};
}

void Stream::give_unread(ByteView bytes) {
    if (!bytes.empty()) keep(bytes, 0);
}

}  // namespace martlet::net
