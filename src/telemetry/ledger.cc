#include "telemetry/ledger.h"

#include "telemetry/freshness.h"
#include "telemetry/ledger_text.h"
#include "telemetry/silence.h"

#include <algorithm>
#include <cmath>

namespace martlet::telemetry {

namespace {

void make_name(const SourceId& source, std::string& name) {
    name.assign(source.kind);
    name += '\0';
    name += source.id;
}

bool is_on_earth(const Position& position) {
    return std::fabs(position.latitude) <= 90 && std::fabs(position.longitude) <= 180;
}

template <typename Row, typename Keep>
void keep_rows(std::vector<Row>& rows, Keep keep) {
    rows.erase(std::remove_if(rows.begin(), rows.end(), [&](const Row& row) { return !keep(row); }),
               rows.end());
}

}  // namespace

LedgerOptions ledger_options(const Options& options) {
    constexpr double kHour = 3600;
    LedgerOptions ledger;
    ledger.raw_per_source_max = options.raw_kept;
    ledger.counter_rate_max = options.counter_rate_max / kHour;
    ledger.meter_rate_max = options.meter_rate_max / kHour;
    return ledger;
}

std::string_view drop_name(Drop reason) {
    switch (reason) {
        case Drop::NoSource:
            return "no source";
        case Drop::SourceTooLong:
            return "source name too long";
        case Drop::TooManySources:
            return "too many sources";
        case Drop::BadMetric:
            return "bad metric name";
        case Drop::TooManySeries:
            return "too many series";
        case Drop::TooManySeriesOfSource:
            return "too many series of one source";
        case Drop::NotFinite:
            return "not a finite number";
        case Drop::TooLarge:
            return "number too large";
        case Drop::TextForNumber:
            return "text for a number";
        case Drop::NoPlace:
            return "position not on earth";
        case Drop::TooManyFacts:
            return "too many facts";
    }
    return "unknown";
}

Ledger::Ledger(const StoreContents& contents, LedgerOptions options) : options_(options) {
    load(contents);
}

void Ledger::load(const StoreContents& contents) {
    HashMap<SourceKey, Place> places;
    for (const SourceRow& row : contents.sources) {
        next_source_ = std::max(next_source_, row.key + 1);
        auto place = static_cast<Place>(sources_.size());
        make_name(row.source, name_buffer_);
        if (!source_keys_.emplace(name_buffer_, place).second) continue;
        places.emplace(row.key, place);
        sources_.push_back(
            {.row = row, .series = {}, .interval = {row.interval_ms, row.last_seen}});
    }
    for (const SeriesRow& row : contents.series) {
        next_series_ = std::max(next_series_, row.key + 1);
        auto source = places.find(row.source);
        if (source == places.end()) continue;
        auto place = static_cast<Place>(series_.size());
        if (!sources_[source->second].series.emplace(row.metric, place).second) continue;
        series_.push_back({.row = row, .rollup = {}, .has_reading = true});
    }
    series_count_ = series_.size();
    doubt_operator_units();
}

void Ledger::doubt_operator_units() {
    for (Series& series : series_) {
        if (series.row.unit_source == UnitSource::Operator)
            series.row.unit_source = UnitSource::Assumed;
    }
}

void Ledger::set_options(const LedgerOptions& options) {
    options_ = options;
    // Counted against another bound: the next ones are counted anew, and prune() does the rest.
    for (Source& source : sources_) source.raw_rows = 0;
    nobodys_raw_rows_ = 0;
}

void Ledger::drop(Drop reason, const SourceId& source) {
    counts_.dropped[index_of(reason)]++;
    last_dropped_[index_of(reason)] = source;
}

void Ledger::add(const Decoded& decoded, Time received) {
    for (const SourceNote& note : decoded.notes) add_note(note, received);
    for (const Sample& sample : decoded.samples) add_sample(sample, received);
    for (const Position& position : decoded.positions) add_position(position, received);
    for (const Event& event : decoded.events) add_event(event, received);
}

void Ledger::keep_raw(const SourceId& sender, const Incoming& message, std::string_view problem) {
    if (options_.raw_per_source_max == 0) return;
    Place place = find_source(sender);
    batch_.raw.push_back({.source = place == kNowhere ? 0 : sources_[place].row.key,
                          .time = message.received,
                          .topic = std::string(message.topic),
                          .payload = std::string(message.payload.substr(0, options_.raw_bytes_max)),
                          .problem = std::string(problem)});
    if (batch_.raw.size() >= raw_trim_at_) trim_raw();
    std::uint32_t& rows = place == kNowhere ? nobodys_raw_rows_ : sources_[place].raw_rows;
    if (++rows == options_.raw_per_source_max) raw_full_.push_back(place);
}

void Ledger::trim_raw() {
    HashMap<SourceKey, std::size_t> newer;
    auto is_enough = [&](const RawRow& row) {
        return ++newer[row.source] > options_.raw_per_source_max;
    };
    // From the back: remove_if on reverse iterators gathers the rest at the end, in order.
    auto rest = std::remove_if(batch_.raw.rbegin(), batch_.raw.rend(), is_enough);
    batch_.raw.erase(batch_.raw.begin(), rest.base());
    // So that the next pass has as much to throw away as it looks at.
    raw_trim_at_ = 2 * batch_.raw.size() + kRawTrim;
}

// The store holds at most twice as many as it is to keep, however fast they come.
void Ledger::list_raw_trims() {
    batch_.raw_trims.clear();
    for (Place place : raw_full_) {
        SourceKey source = place == kNowhere ? 0 : sources_[place].row.key;
        auto keep = static_cast<std::int64_t>(options_.raw_per_source_max);
        batch_.raw_trims.push_back({source, keep});
    }
}

void Ledger::applied(std::string_view tap, std::uint64_t number) {
    for (AppliedRow& row : batch_.applied) {
        if (row.tap != tap) continue;
        row.number = std::max(row.number, number);
        return;
    }
    batch_.applied.push_back({std::string(tap), number});
}

std::size_t Ledger::gathered() const {
    return batch_.samples.size() + batch_.positions.size() + batch_.events.size() +
           batch_.raw.size();
}

WriteBatch& Ledger::batch() {
    batch_.sources.clear();
    for (Place place : changed_sources_) batch_.sources.push_back(sources_[place].row);
    batch_.series.clear();
    for (Place place : changed_series_) batch_.series.push_back(series_[place].row);
    rollups_.finish(batch_.rollups);
    trim_raw();
    list_raw_trims();
    return batch_;
}

void Ledger::committed() {
    for (Place place : changed_sources_) sources_[place].is_changed = false;
    for (Place place : changed_series_) series_[place].is_changed = false;
    changed_sources_.clear();
    changed_series_.clear();
    for (Place place : raw_full_)
        (place == kNowhere ? nobodys_raw_rows_ : sources_[place].raw_rows) = 0;
    raw_full_.clear();
    rollups_.clear();
    batch_.clear();
}

void Ledger::forget(SourceKey key) {
    auto found = std::find_if(source_keys_.begin(), source_keys_.end(), [&](const auto& entry) {
        return sources_[entry.second].row.key == key;
    });
    if (found == source_keys_.end()) return;
    Place place = found->second;
    HashSet<SeriesKey> series_keys;
    for (const auto& [metric, series] : sources_[place].series) {
        series_keys.insert(series_[series].row.key);
        series_[series] = {};
        free_series_.push_back(series);
    }
    series_count_ -= series_keys.size();
    rollups_.forget(series_keys);
    keep_rows(changed_series_, [&](Place changed) { return series_[changed].row.key != 0; });
    keep_rows(changed_sources_, [&](Place changed) { return changed != place; });
    keep_rows(raw_full_, [&](Place full) { return full != place; });
    keep_rows(batch_.samples, [&](const auto& row) { return !series_keys.contains(row.series); });
    keep_rows(batch_.positions, [&](const auto& row) { return row.source != key; });
    keep_rows(batch_.events, [&](const auto& row) { return row.source != key; });
    keep_rows(batch_.raw, [&](const auto& row) { return row.source != key; });
    sources_[place] = {};
    free_sources_.push_back(place);
    source_keys_.erase(found);
    last_place_ = kNowhere;
}

SourceKey Ledger::key_of(const SourceId& source) const {
    std::string name;
    make_name(source, name);
    auto found = source_keys_.find(name);
    return found == source_keys_.end() ? 0 : sources_[found->second].row.key;
}

Time Ledger::sane_time(Time time, Time received) {
    if (time >= 0 && time - options_.ahead_max <= received) return time;
    counts_.mended_times++;
    return received;
}

void Ledger::tidy_text(std::string& text, std::size_t bytes_max) {
    if (is_storable_text(text, bytes_max)) return;
    text = storable_text(text, bytes_max);
    counts_.cut_texts++;
}

Ledger::Place Ledger::find_source(const SourceId& source) {
    if (last_place_ != kNowhere && source == last_source_) return last_place_;
    make_name(source, name_buffer_);
    auto found = source_keys_.find(name_buffer_);
    return found == source_keys_.end() ? kNowhere : found->second;
}

Ledger::Place Ledger::source_at(const SourceId& source, Time received) {
    if (last_place_ != kNowhere && source == last_source_) return last_place_;
    make_name(source, name_buffer_);
    auto found = source_keys_.find(name_buffer_);
    Place place = found == source_keys_.end() ? make_source(source, received) : found->second;
    last_source_ = source;
    last_place_ = place;
    return place;
}

Ledger::Place Ledger::make_source(const SourceId& source, Time received) {
    if (source.id.empty()) return drop(Drop::NoSource, source), kNowhere;
    if (std::max(source.kind.size(), source.id.size()) > options_.source_id_bytes_max)
        return drop(Drop::SourceTooLong, {}), kNowhere;
    SourceId sound = source;
    tidy_text(sound.kind, SIZE_MAX);
    tidy_text(sound.id, SIZE_MAX);
    make_name(sound, name_buffer_);
    auto found = source_keys_.find(name_buffer_);
    if (found != source_keys_.end()) return found->second;
    if (source_keys_.size() >= options_.sources_max)
        return drop(Drop::TooManySources, sound), kNowhere;

    auto place = static_cast<Place>(sources_.size());
    if (free_sources_.empty()) {
        sources_.emplace_back();
    } else {
        place = free_sources_.back();
        free_sources_.pop_back();
    }
    SourceRow& row = sources_[place].row;
    row.key = next_source_++;
    row.source = std::move(sound);
    row.first_seen = received;
    source_keys_.emplace(name_buffer_, place);
    return place;
}

Ledger::Source& Ledger::touch(Place place, Time received) {
    Source& source = sources_[place];
    if (received > source.row.last_seen) hear(source, received);
    mark_changed(place);
    return source;
}

void Ledger::mark_changed(Place place) {
    Source& source = sources_[place];
    if (!source.is_changed) changed_sources_.push_back(place);
    source.is_changed = true;
}

// The first of a message.
void Ledger::hear(Source& source, Time received) {
    SourceRow& row = source.row;
    if (source.interval.hear(received)) row.interval_ms = source.interval.ms();
    if (row.silent_since != 0) {
        row.silent_since = 0;
        push_event(row.key, back_event(row, received));
    }
    row.last_seen = received;
}

bool Ledger::said_offline(std::size_t place) const {
    const Source& source = sources_[place];
    auto found = source.series.find(kOnlineMetric);
    if (found == source.series.end()) return false;
    return says_offline(series_[found->second].row.last_value);
}

void Ledger::tell_silent(std::size_t place, Event event) {
    SourceRow& row = sources_[place].row;
    row.silent_since = row.last_seen;
    mark_changed(static_cast<Place>(place));
    push_event(row.key, std::move(event));
}

void Ledger::add_note(const SourceNote& note, Time received) {
    Place place = source_at(note.source, received);
    if (place == kNowhere) return;
    SourceRow& row = touch(place, received).row;
    if (!note.name.empty()) {
        row.name = note.name;
        tidy_text(row.name, options_.fact_bytes_max);
    }
    for (const auto& [name, text] : note.facts) set_fact(row, name, text);
}

void Ledger::set_fact(SourceRow& row, std::string_view name, std::string_view text) {
    auto before = [](const auto& fact, const auto& key) { return fact.first < key; };
    auto known = std::lower_bound(row.facts.begin(), row.facts.end(), name, before);
    bool is_known = known != row.facts.end() && known->first == name && known->second == text;
    if (is_known && !text.empty()) return;
    std::string sound_name(name);
    tidy_text(sound_name, options_.fact_bytes_max);
    auto at = std::lower_bound(row.facts.begin(), row.facts.end(), sound_name, before);
    bool is_there = at != row.facts.end() && at->first == sound_name;
    if (text.empty()) {
        if (is_there) row.facts.erase(at);
        return;
    }
    if (!is_there && row.facts.size() >= options_.facts_per_source_max)
        return drop(Drop::TooManyFacts, row.source);
    if (!is_there) at = row.facts.emplace(at, std::move(sound_name), std::string());
    at->second = text;
    tidy_text(at->second, options_.fact_bytes_max);
}

void Ledger::add_position(const Position& position, Time received) {
    if (!is_on_earth(position)) return drop(Drop::NoPlace, position.source);
    Place place = source_at(position.source, received);
    if (place == kNowhere) return;
    SourceKey source = touch(place, received).row.key;
    PositionRow row{source, position};
    row.position.source = {};
    row.position.time = sane_time(position.time, received);
    batch_.positions.push_back(std::move(row));
    counts_.positions++;
}

void Ledger::add_event(const Event& event, Time received) {
    SourceKey source = 0;
    if (!event.source.id.empty()) {
        Place place = source_at(event.source, received);
        if (place == kNowhere) return;
        source = touch(place, received).row.key;
    }
    Event kept = event;
    kept.source = {};
    kept.time = sane_time(event.time, received);
    push_event(source, std::move(kept));
}

void Ledger::push_event(SourceKey source, Event event) {
    tidy_text(event.kind, options_.metric_bytes_max);
    tidy_text(event.text, options_.text_bytes_max);
    // Half a document is none.
    if (!is_storable_text(event.details, options_.details_bytes_max)) {
        event.details.clear();
        counts_.cut_texts++;
    }
    EventRow row;
    row.source = source;
    row.event = std::move(event);
    batch_.events.push_back(std::move(row));
    counts_.events++;
}

}  // namespace martlet::telemetry
