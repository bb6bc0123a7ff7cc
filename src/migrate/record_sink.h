#pragma once

// Where records that are made from another broker's state go, and who gives out their keys. One
// thread.

#include "base/result.h"
#include "broker/records.h"

#include <algorithm>
#include <cstdint>

namespace martlet::migrate {

class RecordSink {
  public:
    explicit RecordSink(journal::Key first_key) : next_key_(first_key) {}
    virtual ~RecordSink() = default;

    // The first of `count` keys that were not given out before.
    journal::Key take_keys(std::uint64_t count) {
        journal::Key first = next_key_;
        next_key_ += count;
        return first;
    }
    // A key from elsewhere is in use: those to be given out are greater.
    void keep_above(journal::Key key) { next_key_ = std::max(next_key_, key + 1); }
    journal::Key next_key() const { return next_key_; }

    virtual Status put(journal::Key key, const broker::Record& record) = 0;

  private:
    journal::Key next_key_;
};

}  // namespace martlet::migrate
