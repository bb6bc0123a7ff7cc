#pragma once

// One connection's TLS between a socket and its stream: handshake, records in, records out. Owned
// by a Stream, or by a connection on its way to another shard. Loop thread only.

#include "base/bytes.h"
#include "base/outbox.h"
#include "net/tls_context.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <sys/uio.h>

struct ssl_st;

namespace martlet::net {

class TlsSession {
  public:
    // The plaintext of the largest record. read() with at least so much room leaves nothing in
    // OpenSSL, of which epoll would know nothing.
    static constexpr std::size_t kRecord = 16 * 1024;

    // The server's side over a connected socket, which stays the caller's. Null: no memory.
    static std::unique_ptr<TlsSession> accept(std::shared_ptr<const TlsContext> context, int fd);
    // The client's side. `host` must be the certificate's, unless the options say otherwise.
    static std::unique_ptr<TlsSession> connect(std::shared_ptr<const TlsContext> context, int fd,
                                               const std::string& host);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    enum class Outcome : std::uint8_t { Open, Closed, Failed };
    // Goes on with the handshake; is_established() tells whether it is complete.
    Outcome shake_hands();
    // The same, then fills the pieces in order. `size`: the bytes that came, perhaps 0. The last
    // piece must have room for kRecord bytes.
    Outcome read(std::span<const iovec> pieces, std::size_t& size);
    // Writes the outbox, small pieces in one record, until it is empty, the socket is full, or
    // `limit` bytes are written.
    Outcome write(Outbox& outbox, std::size_t limit = SIZE_MAX);

    bool is_established() const { return is_established_; }
    // The socket is full: it must be asked again when it has room, by write() and, when
    // reads_on_room(), by read().
    bool wants_room() const { return begun_ > 0 || reads_on_room_; }
    // Bytes at the outbox's front that OpenSSL has made a record of, which the socket did not take:
    // write() must find them there again.
    std::size_t begun_bytes() const { return begun_; }
    bool reads_on_room() const { return reads_on_room_; }
    // Tells the peer that nothing more comes (close_notify), once and if the socket takes it.
    void end();

    // Why it failed, in OpenSSL's words.
    const std::string& failure() const { return failure_; }
    // The listener takes the user name from the certificate or the pre-shared key.
    bool names_user() const;
    // That name once the handshake is complete; empty: there is none that can be believed.
    const std::string& user() const { return user_; }
    // "TLSv1.3 cipher TLS_AES_256_GCM_SHA384".
    std::string negotiated() const;

    // For the callback that looks up pre-shared keys.
    void note_psk(std::string_view identity, bool is_known);
    const TlsContext& context() const { return *context_; }

  private:
    explicit TlsSession(std::shared_ptr<const TlsContext> context);
    static std::unique_ptr<TlsSession> make(std::shared_ptr<const TlsContext> context, int fd);
    Outcome judge(int result);
    Outcome fail();
    Outcome put(ByteView record, std::size_t& sent);
    void take_user();

    std::shared_ptr<const TlsContext> context_;
    ssl_st* ssl_ = nullptr;
    std::size_t begun_ = 0;
    std::string user_;
    std::string failure_;
    int fd_ = -1;
    Outcome end_ = Outcome::Open;
    bool is_established_ = false;
    bool reads_on_room_ = false;
    bool is_psk_known_ = true;
};

}  // namespace martlet::net
