#include "http/parser.h"

#include "base/ascii.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>

namespace martlet::http {

namespace {

namespace beast = boost::beast;

// A chunk's head with its extensions, or the trailer: nobody needs more.
constexpr std::size_t kChunkHeadBytesMax = 4096;
// The shortest rest of a chunked body; the library asserts that it is given no less.
constexpr std::size_t kChunkedRestBytesMin = 5;

bool method_of(beast::http::verb named, Method& method) {
    using beast::http::verb;
    switch (named) {
        case verb::get:
            method = Method::Get;
            return true;
        case verb::head:
            method = Method::Head;
            return true;
        case verb::post:
            method = Method::Post;
            return true;
        case verb::put:
            method = Method::Put;
            return true;
        case verb::patch:
            method = Method::Patch;
            return true;
        case verb::delete_:
            method = Method::Delete;
            return true;
        case verb::options:
            method = Method::Options;
            return true;
        default:
            return false;
    }
}

std::size_t count_of(const Fields& headers, std::string_view name) {
    return static_cast<std::size_t>(std::count_if(
        headers.begin(), headers.end(), [&](const auto& field) { return field.first == name; }));
}

}  // namespace

class RequestParser::Beast final : public beast::http::basic_parser<true> {
  public:
    Beast(RawRequest& request, const ParserLimits& limits) : request_(request), limits_(limits) {
        header_limit(static_cast<std::uint32_t>(limits.head_bytes_max));
        body_limit(limits.body_bytes_max);
    }
    bool knows_method = false;
    bool has_too_many_fields = false;

  private:
    using Code = beast::error_code;
    using View = beast::string_view;

    void on_request_impl(beast::http::verb verb, View, View target, int version, Code&) override {
        knows_method = method_of(verb, request_.method);
        request_.target.assign(target.data(), target.size());
        request_.version = version;
    }
    void on_response_impl(int, View, int, Code&) override {}
    void on_field_impl(beast::http::field, View name, View value, Code& code) override {
        // Of a trailer: not wanted, since what it says was not known when the head was judged.
        if (is_header_done()) return;
        if (request_.headers.size() >= limits_.fields_max) {
            has_too_many_fields = true;
            code = beast::http::error::header_limit;
            return;
        }
        request_.headers.emplace_back(lowered(name), std::string(value));
    }
    void on_header_impl(Code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
    std::size_t on_body_impl(View body, Code&) override {
        request_.body.append(body.data(), body.size());
        return body.size();
    }
    void on_chunk_header_impl(std::uint64_t, View, Code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View body, Code&) override {
        request_.body.append(body.data(), body.size());
        return body.size();
    }
    void on_finish_impl(Code&) override {}

    RawRequest& request_;
    const ParserLimits& limits_;
};

const std::string* RawRequest::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key == name) return &value;
    }
    return nullptr;
}

RequestParser::RequestParser(const ParserLimits& limits) : limits_(limits) {
    reset();
}

RequestParser::~RequestParser() = default;

void RequestParser::reset() {
    request_ = RawRequest();
    beast_ = std::make_unique<Beast>(request_, limits_);
    state_ = State::Head;
    searched_ = 0;
    body_taken_ = 0;
}

void RequestParser::fail(int status, std::string_view problem) {
    state_ = State::Failed;
    failed_status_ = status;
    problem_ = problem;
}

std::size_t RequestParser::feed(ByteView bytes) {
    std::string_view text = as_text(bytes);
    std::size_t used = 0;
    if (state_ == State::Head) used = feed_head(text);
    if (state_ == State::Body) used += feed_body(text.substr(used));
    return used;
}

// The library sees the head when it is whole: so its size is bounded as a whole.
std::size_t RequestParser::feed_head(std::string_view text) {
    // Old clients send an empty line behind a body.
    std::size_t used = 0;
    while (searched_ == 0 && text.substr(used).starts_with("\r\n")) used += 2;
    text.remove_prefix(used);
    std::size_t end = text.find("\r\n\r\n", searched_);
    std::size_t size = end == text.npos ? text.size() : end + 4;
    if (size > limits_.head_bytes_max) {
        fail(431, "the request's head is too large");
        return used;
    }
    if (end == text.npos) {
        searched_ = text.size() < 3 ? 0 : text.size() - 3;
        return used;
    }
    beast::error_code code;
    used += beast_->put({text.data(), size}, code);
    if (code == beast::http::error::body_limit)
        fail(413, "the body is too large");
    else if (beast_->has_too_many_fields)
        fail(431, "too many header fields");
    else if (code == beast::http::error::bad_version)
        fail(505, "HTTP/1.1 and HTTP/1.0 only");
    else if (code || !beast_->is_header_done())
        fail(400, "the request's head is malformed");
    else
        check_head();
    return used;
}

void RequestParser::check_head() {
    const Fields& headers = request_.headers;
    const std::string* coding = request_.header("transfer-encoding");
    const std::string* expected = request_.header("expect");
    const std::string* length = request_.header("content-length");
    request_.keep_alive = beast_->keep_alive();
    if (!beast_->knows_method) return fail(501, "no such method here");
    if (request_.target.size() > limits_.target_bytes_max)
        return fail(414, "the request's target is too long");
    if (count_of(headers, "host") > 1 || (request_.version == 11 && !request_.header("host")))
        return fail(400, "exactly one Host is required");
    if (length != nullptr && (count_of(headers, "content-length") > 1 ||
                              length->find_first_not_of("0123456789") != length->npos))
        return fail(400, "Content-Length must be one number");
    if (coding != nullptr && (count_of(headers, "transfer-encoding") > 1 ||
                              lowered(*coding) != "chunked" || !beast_->chunked()))
        return fail(501, "no Transfer-Encoding but chunked");
    if (coding != nullptr && (length != nullptr || request_.version != 11))
        return fail(400, "Transfer-Encoding is not allowed here");
    if (expected != nullptr && lowered(*expected) != "100-continue")
        return fail(417, "no Expect but 100-continue");
    state_ = beast_->is_done() ? State::Complete : State::Body;
}

// Chunks of one byte each with long extensions would let a small body go on for days.
std::size_t RequestParser::framed_body_bytes_max() const {
    return 2 * limits_.body_bytes_max + 16 * kChunkHeadBytesMax;
}

std::size_t RequestParser::feed_body(std::string_view text) {
    std::size_t used = 0;
    while (!beast_->is_done()) {
        std::string_view rest = text.substr(used);
        if (rest.empty() || (beast_->chunked() && rest.size() < kChunkedRestBytesMin)) return used;
        beast::error_code code;
        std::size_t put = beast_->put({rest.data(), rest.size()}, code);
        used += put;
        body_taken_ += put;
        if (body_taken_ > framed_body_bytes_max())
            return fail(413, "the body's chunks are too small"), used;
        if (code == beast::http::error::need_more) {
            if (text.size() - used > kChunkHeadBytesMax) fail(400, "a chunk's head is too large");
            return used;
        }
        if (code == beast::http::error::body_limit) return fail(413, "the body is too large"), used;
        if (code) return fail(400, "the body is malformed"), used;
    }
    state_ = State::Complete;
    return used;
}

bool RequestParser::expects_continue() const {
    return state_ == State::Body && request_.version == 11 && request_.header("expect") != nullptr;
}

}  // namespace martlet::http
