#pragma once

// HTTP/1 on one connection, as a machine without a socket: bytes and time go in, the outbox fills,
// requests go to a Desk and answers come back. One request at a time; those sent ahead wait, within
// a bound. Owned by whoever owns the socket. Loop thread only.

#include "base/bytes.h"
#include "base/clock.h"
#include "base/outbox.h"
#include "http/parser.h"
#include "http/response.h"
#include "http/target.h"
#include "http/websocket_upgrade.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace martlet::http {

// Where requests are answered, away from the loop. It never answers from within these calls.
class Desk {
  public:
    virtual ~Desk() = default;
    // on_answer() follows. False: too much waits already.
    virtual bool answer(std::unique_ptr<Request> request) = 0;
    // on_piece() follows. False: the same, and the source is gone.
    virtual bool fetch(std::unique_ptr<BodySource> source) = 0;
    // Whether these headers are of somebody who has an account, so that a large body is worth
    // taking. Answered at once.
    virtual bool is_known(const Fields& headers) const = 0;
    // Who may turn a connection into a WebSocket at kWebsocketPath; null: nobody, and there is
    // nothing at that path.
    virtual const UpgradeRules* upgrade_rules() const { return nullptr; }
    // It was asked for by this request, whose answer fills the outbox.
    virtual void on_upgrade(const Request&) {}
    virtual void on_refused_upgrade(const Upgrade&) {}
};

// The other end, and how the connection came.
struct Peer {
    std::string address;          // "ADDRESS:PORT"
    bool is_local = false;        // a loopback address or a unix socket
    bool is_secure = false;       // over TLS
    bool is_unix_socket = false;  // no browser gets there
};

class Connection {
  public:
    Connection(Desk& desk, const ParserLimits& limits, Peer peer, const Now& now);

    void on_bytes(ByteView bytes, const Now& now);
    // The peer says no more; it may still listen for the answer that is on its way.
    void on_end();
    void on_answer(Response response, const Now& now);
    void on_piece(std::unique_ptr<BodySource> source, std::string_view piece, bool is_last,
                  const Now& now);
    // The rest of a streamed body cannot be had: the peer must not take what came for the whole.
    void on_broken();
    // Some of the outbox was written.
    void on_written(const Now& now);
    void on_time(const Now& now);
    // The socket failed, or the place is needed.
    void abort();

    // When on_time() is wanted; Milliseconds::max(): not at all.
    Milliseconds deadline() const;
    // Between two requests or before the first: it may be closed to make room.
    bool is_idle() const;
    // A request is coming and is not whole.
    bool is_receiving() const { return state_ == State::Reading && !is_idle(); }
    // When that began.
    Milliseconds since() const { return since_; }
    // Nothing more comes and nothing more is read: to be closed once the outbox is written.
    bool is_over() const { return state_ == State::Over; }
    // It is a WebSocket: to be taken over once the outbox is written, with the bytes that came
    // behind the request.
    bool is_upgraded() const { return state_ == State::Upgraded; }
    ByteView early_bytes() const { return as_bytes(input_); }
    // Nothing more comes, but what the peer still sends is read and thrown away for a moment:
    // closing on it would take back the answer. Its sending half is to be shut down when the outbox
    // is written.
    bool is_lingering() const { return state_ == State::Lingering; }

    Outbox outbox;

  private:
    enum class State : std::uint8_t { Reading, Answering, Streaming, Upgraded, Lingering, Over };

    void read_on(const Now& now);
    bool is_too_large_for_strangers();
    std::unique_ptr<Request> take_request(Target target);
    void hand_over(const Now& now);
    void upgrade(Target target, const UpgradeRules& rules, const Now& now);
    // Answers for itself: the request is not understood or not allowed, and what follows it cannot
    // be trusted.
    void refuse(int status, std::string_view problem, const Now& now);
    void refuse_with(Response response, const Now& now);
    void send(Response response, const Now& now);
    void end_exchange(const Now& now);
    void fetch_more();

    Desk& desk_;
    const Peer peer_;
    RequestParser parser_;
    std::string input_;  // came and not read yet
    State state_ = State::Reading;
    bool has_ended_ = false;  // the peer says no more
    bool has_begun_ = true;   // a request; the first is awaited as if it had
    bool said_continue_ = false;
    bool is_known_ = false;  // whose request is read
    bool is_fetching_ = false;
    // Of the request that is being answered.
    Method method_ = Method::Get;
    int version_ = 11;
    bool keep_alive_ = true;
    bool wants_line_end_ = false;         // after the last piece
    std::unique_ptr<BodySource> source_;  // while it waits for room
    Milliseconds since_;                  // the state began; the request's first byte
    Milliseconds written_;                // the outbox last shrank, or was empty
    std::size_t received_ = 0;            // of the request; thrown away while lingering
};

}  // namespace martlet::http
