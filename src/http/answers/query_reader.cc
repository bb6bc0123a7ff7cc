#include "http/answers/query_reader.h"

#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace martlet::http {

namespace {

// "a, b or c", without those that are empty.
std::string listed(auto begin, auto end, std::string_view last_word) {
    std::vector<std::string_view> names;
    std::copy_if(begin, end, std::back_inserter(names), [](auto name) { return !name.empty(); });
    std::string out;
    for (std::size_t i = 0; i < names.size(); i++) {
        if (i > 0) out += i + 1 < names.size() ? ", " : last_word;
        out += names[i];
    }
    return out;
}

}  // namespace

std::optional<std::string_view> QueryReader::take(std::string_view name) {
    known_.push_back(name);
    return request_.query_value(name);
}

void QueryReader::complain(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
}

std::string_view QueryReader::text(std::string_view name, std::string_view fallback,
                                   std::size_t bytes_max) {
    std::string_view value = take(name).value_or(fallback);
    if (value.size() > bytes_max) {
        complain(fmt::format("{} is longer than {} bytes", name, bytes_max));
        return fallback;
    }
    return value;
}

std::int64_t QueryReader::integer(std::string_view name, std::int64_t fallback, std::int64_t min,
                                  std::int64_t max) {
    auto value = take(name);
    if (!value) return fallback;
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
    if (error == std::errc() && end == value->data() + value->size() && number >= min &&
        number <= max) {
        return number;
    }
    complain(fmt::format("{}={}: expected a whole number from {} to {}", name, value->substr(0, 40),
                         min, max));
    return fallback;
}

std::size_t QueryReader::limit(std::size_t fallback, std::size_t max) {
    return static_cast<std::size_t>(
        integer("limit", static_cast<std::int64_t>(fallback), 1, static_cast<std::int64_t>(max)));
}

bool QueryReader::flag(std::string_view name, bool fallback) {
    auto value = take(name);
    if (!value) return fallback;
    if (*value == "true" || *value == "1" || value->empty()) return true;
    if (*value == "false" || *value == "0") return false;
    complain(fmt::format("{}={}: expected true or false", name, value->substr(0, 40)));
    return fallback;
}

Time QueryReader::time(std::string_view name, Time fallback) {
    auto value = take(name);
    if (!value) return fallback;
    if (auto time = parse_time(*value, now_)) return *time;
    complain(
        fmt::format("{}={}: expected milliseconds since 1970, ISO 8601 "
                    "(2026-11-21T16:00:00Z; without a zone local time), \"now\", or a span "
                    "before now (-90s, -15m, -24h, -7d, -4w)",
                    name, value->substr(0, 40)));
    return fallback;
}

telemetry::TimeRange QueryReader::range(Time from, Time to) {
    telemetry::TimeRange range{time("from", from), time("to", to)};
    if (range.from >= range.to) {
        complain(fmt::format("from must be before to: from is {}, and to is {}",
                             iso_time(range.from), iso_time(range.to)));
    }
    return range;
}

std::optional<std::int64_t> QueryReader::duration(std::string_view name) {
    auto value = take(name);
    if (!value) return std::nullopt;
    auto duration = parse_duration(*value);
    if (!duration) {
        complain(fmt::format("{}={}: expected a duration (90s, 15m, 24h, 7d, 4w)", name,
                             value->substr(0, 40)));
    }
    return duration;
}

std::string_view QueryReader::choice(std::string_view name,
                                     std::initializer_list<std::string_view> allowed) {
    auto value = take(name);
    if (!value) return *allowed.begin();
    auto found = std::find(allowed.begin(), allowed.end(), *value);
    if (found != allowed.end()) return *found;
    complain(fmt::format("{}={}: expected {}", name, value->substr(0, 40),
                         listed(allowed.begin(), allowed.end(), " or ")));
    return *allowed.begin();
}

std::optional<Response> QueryReader::refusal() {
    for (const auto& [name, value] : request_.query) {
        if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
        std::string shown = name.substr(0, 40);
        complain(known_.empty() ? fmt::format("{}: nothing can be asked for here", shown)
                                : fmt::format("{}: not known here; known are {}", shown,
                                              listed(known_.begin(), known_.end(), " and ")));
    }
    if (problem_.empty()) return std::nullopt;
    return Response::error(400, problem_);
}

}  // namespace martlet::http
