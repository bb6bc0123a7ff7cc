#pragma once

// For tests of the ledger: a ledger with what its store would hold by now. One thread.

#include "telemetry/ledger.h"
#include "telemetry/ledger_decimal.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::telemetry {

inline constexpr Time kNow = 1'760'000'000'000;
inline const SourceId kPress{"station", "acme/PRESS7"};

inline Sample sample(std::string metric, SeriesKind kind, Value value, Time time = kNow) {
    return {.source = kPress,
            .metric = std::move(metric),
            .unit = "",
            .kind = kind,
            .time = time,
            .value = std::move(value)};
}

// A ledger with what its store would hold by now.
class Book {
  public:
    explicit Book(LedgerOptions options = {})
        : options_(options), ledger_(StoreContents{}, options) {}

    void add(const Sample& one) { add(std::vector<Sample>{one}); }
    void add(std::vector<Sample> samples, Time received = kNow) {
        Decoded decoded;
        decoded.samples = std::move(samples);
        ledger_.add(decoded, received);
    }
    void add_note(SourceNote note) {
        Decoded decoded;
        decoded.notes.push_back(std::move(note));
        ledger_.add(decoded, kNow);
    }
    void commit() {
        const WriteBatch& batch = ledger_.batch();
        for (const auto& row : batch.sources) put(contents_.sources, row);
        for (const auto& row : batch.series) put(contents_.series, row);
        samples_.insert(samples_.end(), batch.samples.begin(), batch.samples.end());
        events_.insert(events_.end(), batch.events.begin(), batch.events.end());
        for (const auto& row : batch.rollups) {
            if (row.width == Rollup::Day) day_steps_ = decimal_sum(day_steps_, row.step);
        }
        ledger_.committed();
    }
    void restart() {
        commit();
        ledger_ = Ledger(contents_, options_);
    }

    const SeriesRow& series(std::string_view metric) {
        commit();
        static const SeriesRow kNone;
        for (const auto& row : contents_.series) {
            if (row.metric == metric) return row;
        }
        return kNone;
    }
    double total(std::string_view metric) { return series(metric).total; }
    std::vector<std::string> event_kinds() {
        commit();
        std::vector<std::string> kinds;
        for (const auto& row : events_) kinds.push_back(row.event.kind);
        return kinds;
    }
    std::uint64_t dropped(Drop reason) const {
        return ledger_.counts().dropped[static_cast<std::size_t>(reason)];
    }

    Ledger& ledger() { return ledger_; }
    const StoreContents& contents() const { return contents_; }
    const std::vector<SampleRow>& samples() const { return samples_; }
    const std::vector<EventRow>& events() const { return events_; }
    double day_steps() const { return day_steps_; }

  private:
    template <typename Row>
    static void put(std::vector<Row>& rows, const Row& row) {
        for (auto& old : rows) {
            if (old.key == row.key) {
                old = row;
                return;
            }
        }
        rows.push_back(row);
    }

    LedgerOptions options_;
    Ledger ledger_;
    StoreContents contents_;
    std::vector<SampleRow> samples_;
    std::vector<EventRow> events_;
    double day_steps_ = 0;
};

}  // namespace martlet::telemetry
