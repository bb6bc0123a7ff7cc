#pragma once

// Tells of each silence of a source once: an event "silent" when it is silent for longer than its
// threshold; the ledger tells "back" when it speaks again. What was told stands in the store, so a
// restart tells nothing twice, and nothing of those that were silent before it was first asked.
// Reads no clock; the thread of the ledger.

#include "telemetry/freshness.h"
#include "telemetry/ledger.h"
#include "telemetry/words.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace martlet::telemetry {

// "45 s", "15 min", "18 h", "3 days": rounded down, for people.
std::string span_text(std::int64_t ms);

// "Heard again after 3 h." Of a source that was told as silent.
Event back_event(const SourceRow& source, Time now);

class Silence {
  public:
    // Right after the ledger was made.
    explicit Silence(const Ledger& ledger);

    // Looks at a bounded number of sources; when to call again, 10 seconds at most,
    // and sooner where some may be silent for less than 40. While nothing
    // can be heard
    // (`is_deaf`: messages wait, the store takes none) nobody is said to be silent, and afterwards
    // each source has its whole time once more.
    std::chrono::milliseconds sweep(Ledger& ledger, const FreshnessTable& table, Time now,
                                    bool is_deaf);

  private:
    void look_at(Ledger& ledger, const FreshnessTable& table, std::size_t place, Time now);

    Time heard_until_ = 0;  // by the run before
    Time listening_since_ = 0;
    Time asked_ = 0;
    std::size_t next_ = 0;                      // place in the ledger
    std::int64_t least_silent_ms_ = INT64_MAX;  // of those that were looked at in this round
};

}  // namespace martlet::telemetry
