#include "base/json_writer.h"
#include "base/text.h"
#include "telemetry/ledger.h"
#include "telemetry/ledger_decimal.h"

#include <algorithm>
#include <cmath>

namespace martlet::telemetry {

namespace {

constexpr Time kHour = 3600 * 1000;

bool is_summed(SeriesKind kind) {
    return kind == SeriesKind::Counter || kind == SeriesKind::Meter ||
           kind == SeriesKind::Increment;
}

bool is_text(const Value& value) {
    return std::holds_alternative<std::string>(value);
}

double as_double(const Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value))
        return static_cast<double>(*integer);
    const auto* number = std::get_if<double>(&value);
    return number ? *number : 0;
}

// Integers beyond 2^53 are subtracted as integers.
double difference(const Value& now, const Value& before) {
    const auto* a = std::get_if<std::int64_t>(&now);
    const auto* b = std::get_if<std::int64_t>(&before);
    std::int64_t result;
    if (a && b && !__builtin_sub_overflow(*a, *b, &result)) return static_cast<double>(result);
    return decimal_difference(as_double(now), as_double(before));
}

std::string number_text(const Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *integer);
    return fmt::format("{}", as_double(value));
}

void write_number(JsonWriter& json, const Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value))
        json.integer(*integer);
    else
        json.number(as_double(value));
}

}  // namespace

void Ledger::add_sample(const Sample& sample, Time received) {
    if (!is_storable(sample)) return;
    Place place = source_at(sample.source, received);
    if (place == kNowhere) return;
    place = series_at(touch(place, received), sample);
    if (place == kNowhere) return;

    Series& series = series_[place];
    if (!is_fit(series, sample)) return;
    if (!series.is_changed) changed_series_.push_back(place);
    series.is_changed = true;

    Time time = sane_time(sample.time, received);
    batch_.samples.push_back({series.row.key, time, sample.value});
    Value& value = batch_.samples.back().value;
    if (auto* text = std::get_if<std::string>(&value)) tidy_text(*text, options_.text_bytes_max);
    double step = take_reading(series, value, time, received);
    if (!is_text(value)) rollups_.add(series.row.key, series.rollup, time, as_double(value), step);
    counts_.samples++;
}

bool Ledger::is_storable(const Sample& sample) {
    if (sample.metric.empty() || sample.metric.size() > options_.metric_bytes_max)
        return drop(Drop::BadMetric, sample.source), false;
    if (is_text(sample.value) && is_summed(sample.kind))
        return drop(Drop::TextForNumber, sample.source), false;
    double number = as_double(sample.value);
    if (!std::isfinite(number)) return drop(Drop::NotFinite, sample.source), false;
    if (std::fabs(number) > options_.number_max) return drop(Drop::TooLarge, sample.source), false;
    return true;
}

Ledger::Place Ledger::series_at(Source& source, const Sample& sample) {
    Place last = source.last_series;
    if (last != kNowhere && series_[last].next != kNowhere) {
        Place next = series_[last].next;
        const SeriesRow& row = series_[next].row;
        if (row.source == source.row.key && row.metric == sample.metric)
            return source.last_series = next;
    }
    auto found = source.series.find(std::string_view(sample.metric));
    Place place = found == source.series.end() ? make_series(source, sample) : found->second;
    if (last != kNowhere) series_[last].next = place;
    if (place != kNowhere) source.last_series = place;
    return place;
}

Ledger::Place Ledger::make_series(Source& source, const Sample& sample) {
    std::string metric = sample.metric;
    tidy_text(metric, options_.metric_bytes_max);
    auto found = source.series.find(metric);
    if (found != source.series.end()) return found->second;
    if (source.series.size() >= options_.series_per_source_max)
        return drop(Drop::TooManySeriesOfSource, sample.source), kNowhere;
    if (series_count_ >= options_.series_max)
        return drop(Drop::TooManySeries, sample.source), kNowhere;

    auto place = static_cast<Place>(series_.size());
    if (free_series_.empty()) {
        series_.emplace_back();
    } else {
        place = free_series_.back();
        free_series_.pop_back();
    }
    SeriesRow& row = series_[place].row;
    row.key = next_series_++;
    row.source = source.row.key;
    row.kind = sample.kind;
    row.unit = sample.unit;
    row.unit_source = sample.unit_source;
    tidy_text(row.unit, options_.unit_bytes_max);
    row.metric = metric;
    source.series.emplace(std::move(metric), place);
    series_count_++;
    return place;
}

// Makes the series that of the sample, as far as the sample is trusted. False: it is dropped.
bool Ledger::is_fit(Series& series, const Sample& sample) {
    const SeriesRow& row = series.row;
    bool is_same =
        row.kind == sample.kind && row.unit == sample.unit && row.unit_source == sample.unit_source;
    if (is_same) return true;
    // A meter that says "n/a" is a meter still.
    bool is_odd_text = is_text(sample.value) && is_summed(row.kind);
    if (is_odd_text && sample.unit_source <= row.unit_source)
        return drop(Drop::TextForNumber, sample.source), false;
    if (sample.unit_source >= row.unit_source) redefine(series, sample);
    return true;
}

// A decoder says something else of a series than before, and is trusted as much or more. Readings
// in another unit or of another kind cannot be subtracted from those before them.
void Ledger::redefine(Series& series, const Sample& sample) {
    std::string unit = sample.unit;
    tidy_text(unit, options_.unit_bytes_max);
    SeriesRow& row = series.row;
    SeriesKind kind = sample.kind;
    if (sample.unit_source == row.unit_source) {
        // A state that is sometimes a number, and a number that is sometimes "unavailable", stay
        // the same kind. A number with a unit is no state, whatever came before it.
        bool is_mixed =
            (row.kind == SeriesKind::State && kind == SeriesKind::Gauge && unit.empty()) ||
            (row.kind == SeriesKind::Gauge && kind == SeriesKind::State);
        if (is_mixed) kind = row.kind;
        // Texts have no unit, and take none away.
        if (unit.empty() && is_text(sample.value)) unit = row.unit;
    }
    if (row.kind != kind || (row.unit != unit && !row.unit.empty() && !unit.empty()))
        series.has_reading = false;
    row.kind = kind;
    row.unit = std::move(unit);
    row.unit_source = sample.unit_source;
}

double Ledger::take_reading(Series& series, const Value& value, Time time, Time received) {
    SeriesRow& row = series.row;
    double step = row.kind == SeriesKind::Increment ? as_double(value) : 0;
    // A baseline that lies in the future is of a clock that was wrong, ours or the device's: were
    // it kept, the series would stand still until then.
    bool is_sound = row.last_time - options_.ahead_max <= received;
    bool is_late = series.has_reading && is_sound && time < row.last_time;
    if (is_late) {
        counts_.late_samples++;
    } else {
        if (series.has_reading && is_summed(row.kind) && row.kind != SeriesKind::Increment)
            step = step_of(series, value, time, received);
        row.last_time = time;
        row.time_source = time == received ? TimeSource::Arrival : TimeSource::Payload;
        row.last_value = value;
        series.has_reading = true;
    }
    double total = decimal_sum(row.total, step);
    // A difference of readings may be beyond all numbers.
    if (!std::isfinite(total)) return 0;
    row.total = total;
    return step;
}

double Ledger::step_of(Series& series, const Value& value, Time time, Time received) {
    // A store may hold a text from a time when this was another kind of series.
    if (is_text(series.row.last_value)) return 0;
    double step = difference(value, series.row.last_value);
    if (step >= 0) {
        note_jump(series, value, step, time, received);
        return step;
    }
    if (series.row.kind == SeriesKind::Meter) {
        counts_.meters_replaced++;
        tell(series, "meter_replaced", value, time, received);
        return 0;
    }
    counts_.counter_resets++;
    tell(series, "counter_reset", value, time, received);
    return std::max(0.0, as_double(value));
}

void Ledger::note_jump(Series& series, const Value& value, double step, Time time, Time received) {
    double rate_max =
        series.row.kind == SeriesKind::Meter ? options_.meter_rate_max : options_.counter_rate_max;
    if (rate_max <= 0) return;
    // Less than a second says nothing about a rate.
    double seconds = std::max(1.0, static_cast<double>(time - series.row.last_time) / 1000);
    if (step <= rate_max * seconds) return;
    counts_.counter_jumps++;
    tell(series, "counter_jump", value, time, received);
}

void Ledger::tell(Series& series, std::string_view kind, const Value& value, Time time,
                  Time received) {
    if (received - series.events_since >= kHour || received < series.events_since) {
        series.events_since = received;
        series.events = 0;
    }
    if (series.events++ >= options_.counter_events_per_hour) return;
    const SeriesRow& row = series.row;
    Event event;
    event.time = time;
    event.kind = kind;
    event.severity = kind == "counter_reset" ? Severity::Info : Severity::Warning;
    event.text = fmt::format("{} went from {} to {}", row.metric, number_text(row.last_value),
                             number_text(value));
    JsonWriter json(event.details);
    json.begin_object().key("metric").text(row.metric).key("unit").text(row.unit);
    json.key("previous");
    write_number(json, row.last_value);
    json.key("value");
    write_number(json, value);
    json.end_object();
    push_event(row.source, std::move(event));
}

}  // namespace martlet::telemetry
