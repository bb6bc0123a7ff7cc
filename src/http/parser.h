#pragma once

// One HTTP/1 request from bytes, and the door to the library that reads them. It holds what belongs
// to the request and nothing else: bytes that it did not take stay with the caller. What is
// ambiguous about a message's length is refused, since two programs may read it in two ways. One
// thread.

#include "base/bytes.h"
#include "http/request.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace martlet::http {

struct ParserLimits {
    std::size_t head_bytes_max = 16 * 1024;
    std::size_t target_bytes_max = 8 * 1024;
    std::size_t fields_max = 100;
    std::size_t body_bytes_max = 1024 * 1024;
};

// A request as it was written.
struct RawRequest {
    Method method = Method::Get;
    std::string target;
    int version = 11;
    Fields headers;  // names in lower case
    std::string body;
    bool keep_alive = false;

    const std::string* header(std::string_view name) const;
};

class RequestParser {
  public:
    enum class State : std::uint8_t { Head, Body, Complete, Failed };

    explicit RequestParser(const ParserLimits& limits);
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    // Takes bytes from the front, at most to the end of the request; returns how many. What was not
    // taken must come again, with more behind it.
    std::size_t feed(ByteView bytes);
    State state() const { return state_; }
    // Failed: what to answer.
    int failed_status() const { return failed_status_; }
    std::string_view problem() const { return problem_; }
    // Its head asks to be told whether the body is welcome.
    bool expects_continue() const;

    RawRequest& request() { return request_; }
    // For the next request.
    void reset();

  private:
    class Beast;

    std::size_t feed_head(std::string_view text);
    std::size_t feed_body(std::string_view text);
    void check_head();
    std::size_t framed_body_bytes_max() const;
    void fail(int status, std::string_view problem);

    const ParserLimits limits_;
    std::unique_ptr<Beast> beast_;
    RawRequest request_;
    State state_ = State::Head;
    std::size_t searched_ = 0;    // bytes of the head in which its end is not
    std::size_t body_taken_ = 0;  // with what stands around its chunks
    int failed_status_ = 0;
    std::string_view problem_;
};

}  // namespace martlet::http
