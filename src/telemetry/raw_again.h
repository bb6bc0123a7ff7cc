#pragma once

// Goes through the raw messages that a store keeps and that could not be read for lack of a key,
// oldest first and a piece at a time, so that whoever reads them again is not held up. Belongs to
// the telemetry thread.

#include "base/result.h"
#include "telemetry/store/store.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace martlet::telemetry {

class RawAgain {
  public:
    // From the oldest message on, also when it is on its way.
    void begin() {
        is_on_ = true;
        after_ = 0;
    }
    bool is_on() const { return is_on_; }
    bool is_at_begin() const { return after_ == 0; }
    // Those among the next messages; none of them may be one. After the last, and after an error,
    // it is over.
    Result<std::vector<RawRow>> next(Store& store);

  private:
    std::unique_ptr<StoreReader> reader_;  // while it is on
    std::int64_t after_ = 0;
    bool is_on_ = false;
};

}  // namespace martlet::telemetry
