#pragma once

// The retained messages of all shards: one tree in stripes by first topic level, each under a
// reader-writer lock that is a leaf. Every change takes the next number of one growing sequence, so
// that a subscriber can tell which live messages it has already been given as retained ones. Walks
// go in topic order within a stripe, stop and go on. Any thread.

#include "base/body.h"
#include "base/ordered_map.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::topics {

// Who published it, for `check_retain_source`.
struct RetainedOrigin {
    std::string user_name;
    std::string client_id;
    std::uint32_t listener = 0;
};

struct RetainedMessage {
    BodyRef body;  // a broker::Message
    std::uint64_t number = 0;
    std::shared_ptr<const RetainedOrigin> origin;
    std::uint64_t record = 0;  // where it is written down; 0: nowhere
};

class Retained {
  public:
    // Stores the message under its topic, or removes what is there when `body` is empty. Returns
    // its number. `replaced`, when given, becomes the record of the one that was there (0: none).
    std::uint64_t set(std::string_view topic, BodyRef body,
                      std::shared_ptr<const RetainedOrigin> origin, std::uint64_t record = 0,
                      std::uint64_t* replaced = nullptr);
    // Whether there is a message under exactly this topic.
    bool has(std::string_view topic) const;
    // Removes the message if it is still the one with this number (expiry). Returns its record.
    std::uint64_t remove(std::string_view topic, std::uint64_t number);
    // At start, before others read: a message from an earlier run, under its old number. Returns
    // the record of the one for this topic that does not hold (0: none).
    std::uint64_t restore(std::string_view topic, RetainedMessage message);

    // The number of the newest change that is visible to reads that begin after this call.
    std::uint64_t newest() const { return number_.load(std::memory_order_seq_cst); }
    std::size_t count() const { return count_.load(std::memory_order_seq_cst); }
    std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

    // Where a walk stands: begins at {} and is done when next() says so.
    struct Position {
        std::uint32_t stripe = 0;
        std::string after;  // the last topic that was looked at in this stripe
        bool has_begun = false;
    };
    // Where a walk stands that has just given this topic.
    static Position behind(std::string_view topic);
    // Appends up to `most` messages that match the filter (without "$share/...") to `found`. False:
    // that was the last of them. At most 4096 topics are looked at in one call, so that a filter
    // that matches little does not hold the lock long.
    bool next(std::string_view filter, Position& position, std::size_t most,
              std::vector<RetainedMessage>& found) const;

  private:
    static constexpr std::uint32_t kStripes = 64;
    using Map = OrderedTextMap<RetainedMessage>;
    struct Stripe {
        mutable std::shared_mutex mutex;
        Map messages;
    };

    static std::uint32_t stripe_of(std::string_view topic);
    bool walk(const Stripe& stripe, std::string_view filter, Position& position, std::size_t most,
              std::size_t& budget, std::vector<RetainedMessage>& found) const;

    std::array<Stripe, kStripes> stripes_;
    std::atomic<std::uint64_t> number_{0};
    std::atomic<std::size_t> count_{0};
    std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace martlet::topics
