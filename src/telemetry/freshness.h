#pragma once

// Whether a source that was last heard so long ago is still there: that differs by kind, since some
// speak each second and some each week, and by what a source usually does. The built-in table is
// overruled by the operator's thresholds. FreshnessTable never changes; Thresholds hands out the
// one that counts now. Any thread.

#include "base/hash_map.h"
#include "telemetry/options.h"
#include "telemetry/store/rows.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

struct Freshness {
    std::int64_t online_ms = 0;  // heard within: "online"
    std::int64_t silent_ms = 0;  // not heard for: "silent"; between the two "ageing"
};

// A row of the built-in table.
struct KindFreshness {
    std::string_view kind;  // of source; empty: all others
    Freshness usual;        // while a source's own interval is not known
    // Three of a source's own intervals count instead, within these bounds.
    std::int64_t online_least_ms = 0;
    std::int64_t online_most_ms = 0;
    std::string_view note = {};  // what people should know of it
    std::string_view only = {};  // which sources of the kind; empty: all others of it
};
std::span<const KindFreshness> kind_freshness();

// Whether the last value of a source's own series "online" says that it is not.
inline constexpr std::string_view kOnlineMetric = "online";
bool says_offline(const Value& online);

class FreshnessTable {
  public:
    // Of two thresholds for the same the later one counts; 0: as without it.
    explicit FreshnessTable(std::vector<ThresholdOption> thresholds = {});

    // The most particular counts: the threshold of the source, of the group (its fact "group") in
    // the kind, of the kind, the built-in table. `series`: of the source, as far as they are known.
    Freshness of(const SourceRow& source, std::span<const SeriesRow> series = {}) const;
    // "online", "ageing", "silent"; "offline" when the source's own series "online" said 0 last.
    // `online_ms` instead of the table's.
    std::string_view state_of(const SourceRow& source, std::span<const SeriesRow> series, Time now,
                              std::optional<std::int64_t> online_ms = std::nullopt) const;

    const std::vector<ThresholdOption>& thresholds() const { return thresholds_; }

  private:
    const ThresholdOption* find(std::string_view kind, char part, std::string_view name) const;
    const ThresholdOption* threshold_of(const SourceRow& source) const;

    std::vector<ThresholdOption> thresholds_;
    TextMap<std::size_t> places_;  // in thresholds_, by kind, part and name
};

class Thresholds {
  public:
    explicit Thresholds(std::vector<ThresholdOption> thresholds = {}) {
        set(std::move(thresholds));
    }

    void set(std::vector<ThresholdOption> thresholds);
    std::shared_ptr<const FreshnessTable> table() const;

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const FreshnessTable> table_;  // never null
};

}  // namespace martlet::telemetry
