#pragma once

// The few questions that the demo has for Martlet's own API. Blocks. One thread.

#include "base/result.h"
#include "cli/api/api.h"

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
    explicit Api(cli::Api api) : api_(std::move(api)) {}

    cli::Api api_;
};

}  // namespace martlet::cli::demo
