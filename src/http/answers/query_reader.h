#pragma once

// Reads the query of a request, name by name, with bounds and defaults, and says what is wrong with
// it and what is allowed. A name that nobody read is an error too, since it is a slip of the pen
// that would otherwise go unseen. One request, one thread.

#include "http/answers/times.h"
#include "http/request.h"
#include "http/response.h"
#include "telemetry/store/store.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::http {

class QueryReader {
  public:
    QueryReader(const Request& request, Time now) : request_(request), now_(now) {}

    Time now() const { return now_; }

    std::string_view text(std::string_view name, std::string_view fallback = {},
                          std::size_t bytes_max = 1024);
    std::int64_t integer(std::string_view name, std::int64_t fallback, std::int64_t min,
                         std::int64_t max);
    std::size_t limit(std::size_t fallback, std::size_t max);  // of that name, from 1
    bool flag(std::string_view name, bool fallback = false);
    Time time(std::string_view name, Time fallback);
    // "from" and "to", what is before it.
    telemetry::TimeRange range(Time from, Time to);
    std::optional<std::int64_t> duration(std::string_view name);
    // One of those; the first one when it is not given. An empty first one stands for all.
    std::string_view choice(std::string_view name, std::initializer_list<std::string_view> allowed);

    // What else is wrong; the first complaint stands.
    void complain(std::string problem);
    // To be asked after the last name was read: 400 with the complaint, or nothing.
    std::optional<Response> refusal();

  private:
    std::optional<std::string_view> take(std::string_view name);

    const Request& request_;
    Time now_;
    std::vector<std::string_view> known_;
    std::string problem_;
};

}  // namespace martlet::http
