#pragma once

// Numbers that grow when filters change, one for each of 256 buckets of the first topic level and
// one for filters that begin with a wildcard: a cached answer for a topic holds while the sum for
// its bucket stands still. `Counter` is a plain integer for one thread, or an atomic.

#include "base/hash_map.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace martlet::topics {

template <typename Counter>
class Stamps {
  public:
    // Both numbers only grow, so that their sum is as good as the pair.
    std::uint64_t read(std::string_view topic) const {
        return std::uint64_t{first_level_[bucket(topic)]} + std::uint64_t{wildcard_};
    }
    void change(std::string_view filter) {
        bool wild = !filter.empty() && (filter.front() == '+' || filter.front() == '#');
        if (wild)
            wildcard_ = wildcard_ + 1;
        else
            first_level_[bucket(filter)] = first_level_[bucket(filter)] + 1;
    }

  private:
    static std::size_t bucket(std::string_view text) {
        return hash_text(text.substr(0, text.find('/'))) & 255;
    }
    std::array<Counter, 256> first_level_{};
    Counter wildcard_{};
};

}  // namespace martlet::topics
