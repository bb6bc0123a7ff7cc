#pragma once

// Asks a broker's REST API: plain HTTP, one connection for each question. Blocks. One thread.

#include "base/result.h"
#include "client/dial.h"
#include "http/json_body.h"

#include <string>
#include <string_view>

namespace martlet::cli {

class Api {
  public:
    struct Answer {
        int status = 0;
        std::string body;
    };

    // "http://HOST[:PORT]". The port is 80 if none is named.
    static Result<Api> make(std::string_view url, std::string token);

    // Whatever the answer is.
    Result<Answer> ask(std::string_view method, std::string_view path,
                       std::string_view body = {}) const;
    // The answer's object; empty when there is no body. A refusal of the broker is an error whose
    // code is the status.
    Result<http::JsonValue> json(std::string_view method, std::string_view path,
                                 std::string_view body = {}) const;
    // The error for an answer that is none of 200, 201 and 204.
    Error refused(std::string_view path, const Answer& answer) const;

    const std::string& url() const { return url_; }

  private:
    Api() = default;

    std::string url_;
    client::Address address_;
    std::string token_;
};

// For a part of a path or a value of a query: "a/b c" is "a%2Fb%20c".
std::string percent_encoded(std::string_view text);

}  // namespace martlet::cli
