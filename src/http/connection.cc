#include "http/connection.h"

#include "base/text.h"
#include "http/head.h"
#include "http/target.h"

#include <algorithm>
#include <utility>

namespace martlet::http {

namespace {

constexpr Milliseconds kHeadTime{10'000};
constexpr Milliseconds kIdleTime{60'000};
constexpr Milliseconds kWriteTime{30'000};
constexpr Milliseconds kLingerTime{2'000};
// A body must come at least this fast, after the time that its head had.
constexpr std::size_t kBodyBytesASecond = 4096;
// Requests sent ahead of their turn.
constexpr std::size_t kAheadBytesMax = 64 * 1024;
// Of a request's body by somebody whom we do not know: enough for logging in.
constexpr std::size_t kStrangerBodyBytesMax = 16 * 1024;
constexpr std::size_t kLingerBytesMax = 4 * 1024 * 1024;
// With less than this on its way, the next piece of a streamed body is asked for.
constexpr std::size_t kStreamBytesWaiting = 64 * 1024;

}  // namespace

Connection::Connection(Desk& desk, const ParserLimits& limits, Peer peer, const Now& now)
    : desk_(desk),
      peer_(std::move(peer)),
      parser_(limits),
      since_(now.steady),
      written_(now.steady) {}

void Connection::on_bytes(ByteView bytes, const Now& now) {
    if (state_ == State::Over) return;
    received_ += bytes.size();
    if (state_ == State::Lingering) {
        if (received_ > kLingerBytesMax) abort();
        return;
    }
    if (state_ == State::Reading && !has_begun_) {
        has_begun_ = true;
        since_ = now.steady;
        received_ = bytes.size();
    }
    input_ += as_text(bytes);
    if (state_ == State::Reading) return read_on(now);
    if (input_.size() > kAheadBytesMax) abort();
}

void Connection::on_end() {
    has_ended_ = true;
    // What was sent ahead is answered still.
    if (input_.empty()) keep_alive_ = false;
    if (state_ != State::Answering && state_ != State::Streaming) state_ = State::Over;
}

void Connection::read_on(const Now& now) {
    std::size_t used = parser_.feed(as_bytes(input_));
    input_.erase(0, used);
    if (parser_.state() == RequestParser::State::Body && is_too_large_for_strangers())
        return refuse(401, "log in first, or send a token, for a body as large as this", now);
    switch (parser_.state()) {
        case RequestParser::State::Failed:
            return refuse(parser_.failed_status(), parser_.problem(), now);
        case RequestParser::State::Complete:
            return hand_over(now);
        case RequestParser::State::Head:
        case RequestParser::State::Body:
            break;
    }
    if (!parser_.expects_continue() || said_continue_) return;
    said_continue_ = true;
    if (outbox.empty()) written_ = now.steady;
    outbox.append(as_bytes("HTTP/1.1 100 Continue\r\n\r\n"));
}

// All that strangers send at once would otherwise fill the memory.
bool Connection::is_too_large_for_strangers() {
    const RawRequest& raw = parser_.request();
    if (is_known_ || raw.body.size() <= kStrangerBodyBytesMax) return false;
    is_known_ = desk_.is_known(raw.headers);
    return !is_known_;
}

std::unique_ptr<Request> Connection::take_request(Target target) {
    RawRequest& raw = parser_.request();
    auto request = std::make_unique<Request>();
    request->method = raw.method;
    request->path = std::move(target.path);
    request->segments = std::move(target.segments);
    request->query = std::move(target.query);
    request->headers = std::move(raw.headers);
    if (!target.authority.empty()) {
        std::erase_if(request->headers, [](const auto& field) { return field.first == "host"; });
        request->headers.emplace_back("host", std::move(target.authority));
    }
    request->body = std::move(raw.body);
    request->peer = peer_.address;
    request->is_local = peer_.is_local;
    request->is_secure = peer_.is_secure;
    request->is_unix_socket = peer_.is_unix_socket;
    return request;
}

void Connection::hand_over(const Now& now) {
    RawRequest& raw = parser_.request();
    auto target = read_target(raw.target);
    if (!target) return refuse(400, "the request's target is malformed", now);
    const UpgradeRules* rules = desk_.upgrade_rules();
    if (rules != nullptr && target->path == kWebsocketPath)
        return upgrade(std::move(*target), *rules, now);
    auto request = take_request(std::move(*target));
    method_ = raw.method;
    version_ = raw.version;
    keep_alive_ = raw.keep_alive && !(has_ended_ && input_.empty());
    state_ = State::Answering;
    since_ = now.steady;
    if (!desk_.answer(std::move(request))) {
        keep_alive_ = false;
        send(Response::error(503, "too many requests wait: try again later"), now);
        end_exchange(now);
    }
}

void Connection::upgrade(Target target, const UpgradeRules& rules, const Now& now) {
    Upgrade upgrade = judge_upgrade(parser_, {});
    auto request = take_request(std::move(target));
    if (upgrade.is_accepted()) judge_page(*request, rules, upgrade);
    if (!upgrade.is_accepted()) {
        desk_.on_refused_upgrade(upgrade);
        return refuse_with(refuse_upgrade(upgrade), now);
    }
    if (outbox.empty()) written_ = now.steady;
    std::string answer;
    write_upgrade(upgrade, answer);
    outbox.append(as_bytes(answer));
    state_ = State::Upgraded;
    since_ = now.steady;
    desk_.on_upgrade(*request);
}

void Connection::refuse(int status, std::string_view problem, const Now& now) {
    refuse_with(Response::error(status, problem), now);
}

void Connection::refuse_with(Response response, const Now& now) {
    keep_alive_ = false;
    method_ = Method::Get;
    send(std::move(response), now);
    state_ = State::Lingering;
    since_ = now.steady;
    received_ = 0;
    input_ = std::string();
    parser_.reset();
}

void Connection::send(Response response, const Now& now) {
    if (outbox.empty()) written_ = now.steady;
    // A terminal shows its prompt on a line of its own.
    bool wants_line_end = response.is_json();
    if (wants_line_end && !response.stream && !response.body.empty()) response.body += '\n';
    HeadFacts facts;
    facts.length = response.body.size();
    if (response.stream) facts.framing = version_ >= 11 ? Framing::Chunks : Framing::UntilClose;
    if (facts.framing == Framing::UntilClose) keep_alive_ = false;
    facts.keep_alive = keep_alive_;
    facts.wall = now.wall;
    std::string text;
    write_head(response, facts, text);
    bool has_body = method_ != Method::Head && response.status != 204 && response.status != 304;
    if (has_body && !response.stream) text += response.body;
    outbox.append(as_bytes(text));
    if (has_body && response.stream) {
        source_ = std::move(response.stream);
        wants_line_end_ = wants_line_end;
        state_ = State::Streaming;
    }
}

void Connection::on_answer(Response response, const Now& now) {
    if (state_ != State::Answering) return;
    send(std::move(response), now);
    if (state_ == State::Streaming) return fetch_more();
    end_exchange(now);
}

void Connection::end_exchange(const Now& now) {
    since_ = now.steady;
    if (!keep_alive_) {
        state_ = State::Over;
        return;
    }
    state_ = State::Reading;
    parser_.reset();
    said_continue_ = false;
    is_known_ = false;
    received_ = input_.size();
    has_begun_ = !input_.empty();
    if (has_begun_) read_on(now);
    // The rest of a request that nobody will send.
    if (has_ended_ && state_ == State::Reading) state_ = State::Over;
}

void Connection::fetch_more() {
    if (is_fetching_ || source_ == nullptr || outbox.size() >= kStreamBytesWaiting) return;
    is_fetching_ = true;
    if (!desk_.fetch(std::move(source_))) abort();
}

void Connection::on_piece(std::unique_ptr<BodySource> source, std::string_view piece, bool is_last,
                          const Now& now) {
    if (state_ != State::Streaming) return;
    is_fetching_ = false;
    source_ = std::move(source);
    if (outbox.empty()) written_ = now.steady;
    std::string text, ended;
    if (is_last && wants_line_end_) {
        ended = fmt::format("{}\n", piece);
        piece = ended;
    }
    if (version_ < 11) text = piece;
    // An empty chunk would end the body.
    if (version_ >= 11 && !piece.empty()) write_chunk(piece, text);
    if (version_ >= 11 && is_last) write_chunk("", text);
    outbox.append(as_bytes(text));
    if (!is_last) return fetch_more();
    source_.reset();
    end_exchange(now);
}

void Connection::on_broken() {
    if (state_ == State::Streaming) state_ = State::Over;
}

void Connection::on_written(const Now& now) {
    written_ = now.steady;
    if (state_ == State::Streaming) fetch_more();
}

void Connection::abort() {
    state_ = State::Over;
    outbox.clear();
    source_.reset();
    input_ = std::string();
}

bool Connection::is_idle() const {
    bool is_waiting = !has_begun_ || received_ == 0;
    return state_ == State::Reading && is_waiting && outbox.empty();
}

Milliseconds Connection::deadline() const {
    Milliseconds deadline = Milliseconds::max();
    if (state_ == State::Lingering) deadline = since_ + kLingerTime;
    if (state_ == State::Reading && !has_begun_) deadline = since_ + kIdleTime;
    if (state_ == State::Reading && has_begun_) {
        deadline = since_ + kHeadTime;
        if (parser_.state() == RequestParser::State::Body)
            deadline += Milliseconds(received_ * 1000 / kBodyBytesASecond);
    }
    if (!outbox.empty()) deadline = std::min(deadline, written_ + kWriteTime);
    return deadline;
}

void Connection::on_time(const Now& now) {
    if (now.steady < deadline()) return;
    bool is_stuck = !outbox.empty() && now.steady >= written_ + kWriteTime;
    bool is_slow = state_ == State::Reading && has_begun_ && received_ != 0;
    if (is_stuck || !is_slow) return abort();
    refuse(408, "the request did not come in time", now);
}

}  // namespace martlet::http
