#pragma once

// A connected stream socket: reads into the shard's one large buffer and keeps memory of its own
// only while it holds part of a packet; writes an outbox with one call. Knows no protocol: a
// Receiver says how much of the bytes it took. With a TlsSession all of it goes through TLS, with a
// Websocket all of it is in frames. Owned by whoever owns the connection. Loop thread only.

#include "base/body.h"
#include "base/bytes.h"
#include "base/outbox.h"
#include "net/endpoint.h"
#include "net/loop.h"
#include "net/tls_session.h"
#include "net/websocket.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace martlet::net {

// The read buffer that all streams of a loop share.
struct Scratch {
    static constexpr std::size_t kSize = 256 * 1024;
    std::unique_ptr<std::uint8_t[]> bytes = std::make_unique<std::uint8_t[]>(kSize);
};

class Receiver {
  public:
    virtual ~Receiver() = default;
    struct Taken {
        std::size_t used = 0;
        std::size_t wanted = 0;  // bytes that the packet behind them needs in all; 0: not known yet
    };
    // Takes what it can from the front. With `frame`, the bytes lie in that body behind
    // Stream::kHeadroom spare bytes.
    virtual Taken on_bytes(ByteView bytes, BodyRef* frame) = 0;
    // More has come of the packet that it waits for (`wanted`), though not all: `size` bytes by
    // now.
    virtual void on_part(std::size_t size) = 0;
    // Whether it takes nothing for now: then nothing is read.
    virtual bool is_held() const = 0;
};

class Stream {
  public:
    // Spare bytes before a packet that was gathered in a buffer of its own.
    static constexpr std::size_t kHeadroom = 32;

    // `tls`: null for plain bytes. `websocket`: null for bytes without frames.
    Stream(Loop& loop, int fd, const Endpoint& peer, std::unique_ptr<TlsSession> tls = nullptr,
           std::unique_ptr<Websocket> websocket = nullptr)
        : loop_(loop),
          fd_(fd),
          tls_(std::move(tls)),
          websocket_(std::move(websocket)),
          peer_(peer) {}
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    // Enters the loop. False: the system says no.
    bool watch(Watched* watched);

    enum class Outcome : std::uint8_t { Open, Closed, Failed };
    // Reads what is there, once, and gives it to the receiver.
    Outcome receive(Scratch& scratch, Receiver& receiver);
    // After Outcome::Closed, for what is still to be written: the end, which would be reported
    // again and again, is not asked for any more.
    void end_reading();
    // Gives it what it left while it was held.
    void resume(Receiver& receiver);

    // Writes as much of the outbox as the socket takes, and asks to be told when there is room if
    // that was not all.
    Outcome flush(Outbox& outbox);
    bool is_blocked() const { return waits_for_room_; }

    // Takes the socket out, for another loop: leaves this loop and forgets it. What was not
    // consumed stays with the caller.
    int release();
    // Its TLS goes along with the socket.
    std::unique_ptr<TlsSession> release_tls() { return std::move(tls_); }
    // From now on all is in frames. `bytes` came behind the request that asked for it; the payload
    // in them waits for resume(). What is in the outbox goes out as it is.
    void become_websocket(ByteView bytes, const Outbox& outbox);
    std::unique_ptr<Websocket> release_websocket() { return std::move(websocket_); }
    const Websocket* websocket() const { return websocket_.get(); }
    // A pong or a close frame waits for flush().
    bool has_answer() const { return websocket_ && websocket_->has_answer(); }
    // Before the end of the socket: a close frame, behind what the outbox holds, as far as the
    // socket takes it. Bytes without frames end without one.
    void end_websocket(Outbox& outbox, std::uint16_t code);
    // Before the end of the socket: tells the peer's TLS that nothing more comes.
    void end_tls() {
        if (tls_) tls_->end();
    }
    const TlsSession* tls() const { return tls_.get(); }
    bool is_in_handshake() const { return tls_ && !tls_->is_established(); }
    // At the outbox's front: they are on their way as part of a record or of a frame.
    std::size_t begun_bytes() const {
        if (websocket_) return websocket_->begun_bytes();
        return tls_ ? tls_->begun_bytes() : 0;
    }
    // EPOLLOUT must lead to receive() too.
    bool reads_on_room() const { return tls_ && tls_->reads_on_room(); }
    void close();
    int fd() const { return fd_; }
    bool is_open() const { return fd_ >= 0; }
    const Endpoint& peer() const { return peer_; }
    // The socket's peer is a proxy that told who its own is.
    void set_peer(const Endpoint& peer) { peer_ = peer; }
    // errno of the last failure, in words.
    std::string failure() const;

    // Memory that bytes which were not taken yet keep.
    std::size_t kept_bytes() const { return kept_ ? kept_->size() : 0; }
    // Bytes that came before and were not taken, for release().
    ByteView unread() const;
    void give_unread(ByteView bytes);

  private:
    Outcome receive_plain(std::span<const iovec> pieces, std::size_t& size);
    Outcome receive_tls(std::span<const iovec> pieces, std::size_t& size);
    Outcome receive_websocket(Scratch& scratch, Receiver& receiver);
    void take_fresh(ByteView fresh, Receiver& receiver);
    Outcome receive_frames(std::span<std::uint8_t> room, std::size_t& size);
    Outcome send_some(Outbox& outbox, std::size_t limit);
    Outcome flush_tls(Outbox& outbox);
    Outcome flush_websocket(Outbox& outbox);
    void wait_for_room(bool waits);
    void keep(ByteView rest, std::size_t wanted);
    void make_room(std::size_t wanted);
    void hand_kept(Receiver& receiver);
    void set_interest();

    Loop& loop_;
    int fd_;
    int error_ = 0;
    std::unique_ptr<TlsSession> tls_;
    std::unique_ptr<Websocket> websocket_;
    Watched* watched_ = nullptr;
    BodyRef kept_;  // a packet that is not whole; or all that came while the receiver was held
    std::uint32_t kept_size_ = 0;
    std::uint32_t wanted_ = 0;  // size of the packet that begins kept_; 0: not known
    Endpoint peer_;
    bool waits_for_room_ = false;
    bool is_reading_ = true;
    bool has_end_ = false;  // the peer's was seen
};

}  // namespace martlet::net
