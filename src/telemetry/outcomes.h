#pragma once

// What became of the messages that decoders saw: counted by source and reason, with the last
// message of each kept for inspection. Written by the telemetry thread, read by workers; a mutex
// guards it, under which nothing is called. Bounded: what did not happen for the longest time is
// forgotten, the totals by decoder are not.

#include "base/hash_map.h"
#include "telemetry/decoder.h"

#include <array>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

inline constexpr std::size_t kVerdicts = 6;
// "read", "unreadable": for metrics and people.
std::string_view verdict_name(Verdict verdict);

struct OutcomeLimits {
    std::size_t rows_max = 20'000;
    std::size_t bytes_max = 32u << 20;  // of memory, about
    std::size_t payload_bytes_max = 4 << 10;
};

struct Outcome {
    std::string decoder;
    SourceId sender;  // without a kind: nobody could be told, and the id is the topic
    Verdict verdict = Verdict::Nothing;
    std::string problem;
    std::uint64_t messages = 0;
    Time first = 0;
    Time last = 0;
    // Of the last one.
    std::string hint;  // what the operator could do; empty: nothing
    std::string map;   // that read it; empty: the decoder itself
    std::string topic;
    std::string payload;  // its beginning
    std::size_t payload_bytes = 0;
};

struct OutcomeQuery {
    std::optional<SourceId> sender;
    std::optional<Verdict> verdict;
    std::string_view decoder;   // empty: all
    bool only_trouble = false;  // Opaque, Withheld, Unreadable, Read with a problem
    std::size_t limit = 100;    // the newest come first
};

// By decoder and problem over all sources, since the start.
struct OutcomeTotal {
    std::string decoder;
    Verdict verdict = Verdict::Nothing;
    std::string problem;
    std::uint64_t messages = 0;
};

class Outcomes {
  public:
    explicit Outcomes(OutcomeLimits limits = {}) : limits_(limits) {}

    void add(std::string_view decoder, const Decoded& decoded, const Incoming& message);

    std::vector<Outcome> find(const OutcomeQuery& query) const;
    std::vector<OutcomeTotal> totals() const;
    std::size_t size() const;
    std::uint64_t forgotten() const;

  private:
    struct Row {
        Outcome outcome;
        std::string key;
        std::size_t cost = 0;
        std::size_t hint_topic = 0;  // hash of the topic whose message gave the hint
    };
    using Rows = std::list<Row>;

    Row& row_for(std::string_view decoder, const Decoded& decoded, const Incoming& message);
    void count(std::string_view decoder, const Decoded& decoded);
    void remember(Row& row, const Decoded& decoded, const Incoming& message);
    void forget_oldest();

    const OutcomeLimits limits_;
    mutable std::mutex mutex_;
    // All below under the mutex.
    Rows rows_;  // the newest at the front
    TextMap<Rows::iterator> by_key_;
    TextMap<OutcomeTotal> totals_;
    std::string key_;
    std::size_t bytes_ = 0;
    std::uint64_t forgotten_ = 0;
};

}  // namespace martlet::telemetry
