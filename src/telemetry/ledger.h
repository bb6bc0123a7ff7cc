#pragma once

// From what decoders say to rows of the store: gives sources and series their keys, turns readings
// of counters into steps, keeps the rollups, and gathers it all until the store takes it. Does no
// input or output and reads no clock. One thread: the one that writes the store.
//
//     ledger.add(decoded, received);  ...            // any number of times
//     if (writer.write(ledger.batch())) ledger.committed(); else ledger.failed();
//
// After failed() nothing is lost: what comes later joins the same batch, and the next batch() has
// both. Whoever calls watches gathered() and takes no more in when it has grown too large.

#include "base/hash_map.h"
#include "telemetry/decoder.h"
#include "telemetry/options.h"
#include "telemetry/rollup.h"
#include "telemetry/store/store.h"
#include "telemetry/usual_interval.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

// The bounds: a device that invents names must not fill the disk. What is beyond is dropped and
// counted by reason.
struct LedgerOptions {
    std::size_t sources_max = 100'000;
    std::size_t series_max = 1'000'000;
    std::size_t series_per_source_max = 2'000;
    std::size_t source_id_bytes_max = 512;  // kind and id, each
    std::size_t metric_bytes_max = 256;
    std::size_t unit_bytes_max = 32;
    std::size_t text_bytes_max = 4096;  // a text as a value, an event's text: cut
    std::size_t details_bytes_max = 65'536;
    std::size_t facts_per_source_max = 128;
    std::size_t fact_bytes_max = 1024;   // name and text, each: cut
    std::size_t raw_bytes_max = 65'536;  // a payload kept for inspection: cut
    // The newest of each source that a batch has: the store keeps no more either. 0: none.
    std::size_t raw_per_source_max = 50;
    // A number beyond this, plus or minus, is dropped: sums of many must stay numbers, and
    // PostgreSQL refuses a batch whose sums do not.
    double number_max = 1e300;
    // A time further ahead of the arrival than this, or before 1970, is no time: the arrival's.
    Time ahead_max = 24 * 3600 * 1000;
    // A larger step per second is noted as "counter_jump" (and counts all the same); 0: never.
    double counter_rate_max = 0;
    double meter_rate_max = 0;
    // Resets, replacements and jumps of one series that are told as events; more are only counted.
    std::uint32_t counter_events_per_hour = 20;
};

LedgerOptions ledger_options(const Options& options);

enum class Drop : std::uint8_t {
    NoSource,
    SourceTooLong,
    TooManySources,
    BadMetric,  // empty or too long
    TooManySeries,
    TooManySeriesOfSource,
    NotFinite,
    TooLarge,
    TextForNumber,  // a text as the reading of a counter, meter or increment
    NoPlace,        // a position that is not on Earth
    TooManyFacts,
};
inline constexpr std::size_t kDrops = 11;
// "too many series", for metrics and people.
std::string_view drop_name(Drop reason);

struct LedgerCounts {
    std::uint64_t samples = 0;
    std::uint64_t late_samples = 0;  // older than the newest of their series
    std::uint64_t positions = 0;
    std::uint64_t events = 0;
    std::uint64_t counter_resets = 0;
    std::uint64_t meters_replaced = 0;
    std::uint64_t counter_jumps = 0;
    std::uint64_t mended_times = 0;
    std::uint64_t cut_texts = 0;
    std::array<std::uint64_t, kDrops> dropped{};
};

class Ledger {
  public:
    explicit Ledger(const StoreContents& contents, LedgerOptions options = {});

    void add(const Decoded& decoded, Time received);
    // Keeps the message for inspection with its source, if that is known, else with nobody's.
    void keep_raw(const SourceId& sender, const Incoming& message, std::string_view problem);
    // A raw message of the store was read again: its problem is another one now, or none, or it is
    // removed.
    void mend_raw(RawMend mend) { batch_.raw_mends.push_back(std::move(mend)); }
    // From now on. Rows that wait stay as they are.
    void set_options(const LedgerOptions& options);
    // What was added is all of this tap up to `number`.
    void applied(std::string_view tap, std::uint64_t number);

    // Rows that wait in the batch: samples, positions, events and raw messages.
    std::size_t gathered() const;
    // All that is gathered, for StoreWriter::write. Good until the next call of a member that is
    // not const.
    WriteBatch& batch();
    void committed();
    void failed() {}

    // The operator's units are other ones now: who gave a series its unit so is trusted no more
    // than a name, until the next sample.
    void doubt_operator_units();

    // Sources have places below this one, some of them empty (key 0), for whoever looks at all.
    std::size_t places() const { return sources_.size(); }
    const SourceRow& source_in(std::size_t place) const { return sources_[place].row; }
    // Whether its own series "online" said 0 last.
    bool said_offline(std::size_t place) const;
    // It has been silent since its last message, which `event` tells. Its next message is told as
    // "back".
    void tell_silent(std::size_t place, Event event);

    // The source was removed from the store: forgets it, its series and its rows in the batch.
    void forget(SourceKey source);

    SourceKey key_of(const SourceId& source) const;  // 0: not known
    std::size_t source_count() const { return source_keys_.size(); }
    std::size_t series_count() const { return series_count_; }
    const LedgerCounts& counts() const { return counts_; }
    // Whose value was dropped last for this reason.
    const SourceId& last_dropped(Drop reason) const { return last_dropped_[index_of(reason)]; }

  private:
    // Places in sources_ and series_, which are used again after forget().
    using Place = std::uint32_t;
    static constexpr Place kNowhere = UINT32_MAX;
    static constexpr std::size_t kRawTrim = 4096;

    struct Source {
        SourceRow row;
        TextMap<Place> series;         // by metric
        Place last_series = kNowhere;  // of the newest sample
        std::uint32_t raw_rows = 0;    // since the store was last told to trim them
        bool is_changed = false;
        UsualInterval interval;
    };
    struct Series {
        SeriesRow row;
        RollupSlot rollup;
        // The source's samples mostly come in the same order: the one after this one's.
        Place next = kNowhere;
        bool is_changed = false;
        bool has_reading = false;  // row.last_value is a value
        std::uint32_t events = 0;  // told since events_since
        Time events_since = 0;
    };

    void load(const StoreContents& contents);
    static std::size_t index_of(Drop reason) { return static_cast<std::size_t>(reason); }
    void drop(Drop reason, const SourceId& source);
    Time sane_time(Time time, Time received);
    // Makes it text that every store takes: sound UTF-8 without U+0000, not too long.
    void tidy_text(std::string& text, std::size_t bytes_max);

    // kNowhere: it is not known.
    Place find_source(const SourceId& source);
    // The source's place, made when it is new; kNowhere: it was dropped and counted.
    Place source_at(const SourceId& source, Time received);
    Place make_source(const SourceId& source, Time received);
    Source& touch(Place place, Time received);
    void mark_changed(Place place);
    void hear(Source& source, Time received);

    void add_note(const SourceNote& note, Time received);
    void set_fact(SourceRow& row, std::string_view name, std::string_view text);
    void add_position(const Position& position, Time received);
    void add_event(const Event& event, Time received);
    void push_event(SourceKey source, Event event);

    void trim_raw();
    void list_raw_trims();

    void add_sample(const Sample& sample, Time received);
    bool is_storable(const Sample& sample);
    bool is_fit(Series& series, const Sample& sample);
    Place series_at(Source& source, const Sample& sample);
    Place make_series(Source& source, const Sample& sample);
    void redefine(Series& series, const Sample& sample);
    double take_reading(Series& series, const Value& value, Time time, Time received);
    double step_of(Series& series, const Value& value, Time time, Time received);
    void tell(Series& series, std::string_view kind, const Value& value, Time time, Time received);
    void note_jump(Series& series, const Value& value, double step, Time time, Time received);

    LedgerOptions options_;
    LedgerCounts counts_;
    std::array<SourceId, kDrops> last_dropped_;
    std::vector<Source> sources_;
    std::vector<Series> series_;
    std::vector<Place> free_sources_;
    std::vector<Place> free_series_;
    TextMap<Place> source_keys_;  // by kind, U+0000 and id
    std::size_t series_count_ = 0;
    SourceKey next_source_ = 1;
    SeriesKey next_series_ = 1;
    // The source asked for last: the samples of one message mostly have one.
    SourceId last_source_;
    Place last_place_ = kNowhere;
    std::string name_buffer_;

    WriteBatch batch_;
    std::size_t raw_trim_at_ = kRawTrim;  // rows
    std::uint32_t nobodys_raw_rows_ = 0;
    std::vector<Place> raw_full_;  // whose raw messages the store is to trim; kNowhere: nobody's
    Rollups rollups_;
    std::vector<Place> changed_sources_;
    std::vector<Place> changed_series_;
};

}  // namespace martlet::telemetry
