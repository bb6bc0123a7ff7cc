#pragma once

// The few questions that the demo has for Martlet's own API: plain HTTP, one connection a question.
// Blocks. One thread.

#include "base/result.h"
#include "client/dial.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::cli::demo {

struct ApiSource {
    std::int64_t key = 0;
    std::string kind;
    std::string id;
};

class Api {
  public:
    // "http://HOST[:PORT]". The port is 80 if none is named.
    static Result<Api> make(std::string_view url, std::string token);

    Result<std::vector<ApiSource>> sources() const;
    Status remove_source(std::int64_t key) const;
    // One whose id begins like this and that is connected; empty: there is none.
    Result<std::string> client_online(std::string_view prefix) const;

  private:
    struct Answer {
        int status = 0;
        std::string body;
    };

    Api() = default;
    Result<Answer> ask(std::string_view method, std::string_view path) const;
    Error refused(std::string_view path, const Answer& answer) const;

    std::string url_;
    client::Address address_;
    std::string token_;
};

}  // namespace martlet::cli::demo
