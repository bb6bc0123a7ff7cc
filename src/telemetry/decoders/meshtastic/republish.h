#pragma once

// Passes on the messages whose senders consent, under a prefix of their own: for bridges and public
// accounts that are to see no others. One for each decoder; its thread.

#include "base/hash_map.h"
#include "telemetry/decoder.h"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace martlet::telemetry::meshtastic {

class Republisher {
  public:
    // What was passed on is remembered so long, and no more than so many: the oldest is forgotten.
    static constexpr Time kWindowMs = 10 * 60 * 1000;
    static constexpr std::size_t kPassedMax = 20'000;

    // "consented/". Empty: fine. Otherwise what is wrong.
    std::string set_prefix(std::string_view prefix);
    bool is_on() const { return !prefix_.empty(); }
    // `topic` lies under the prefix: it is one of those that were passed on.
    bool is_passed_on(std::string_view topic) const {
        return is_on() && topic.starts_with(prefix_);
    }

    // The same bytes, QoS and retain flag under the prefix. Nothing when the same bytes were passed
    // on within the window, by whichever topic they came: two brokers that bridge to each other
    // would send them round for ever. Nothing when the topic becomes longer,
    // or deeper, than topics may be.
    void pass_on(const Incoming& message, Decoded& out);

    std::size_t size() const { return passed_.size(); }

  private:
    using Hash = std::uint64_t;

    bool is_new(std::string_view payload, Time now);

    std::string prefix_;
    HashMap<Hash, Time> passed_;
    std::deque<std::pair<Hash, Time>> order_;  // each hash of passed_ at least once
};

}  // namespace martlet::telemetry::meshtastic
