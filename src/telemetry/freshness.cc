#include "telemetry/freshness.h"

#include <algorithm>
#include <array>

namespace martlet::telemetry {

namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
// So many intervals of its own may a source miss.
constexpr std::int64_t kIntervals = 3;

constexpr std::int64_t kMapReportMs = 15 * kMinute;
constexpr std::string_view kMapReports = "nodes that send map reports";
constexpr std::string_view kSlowUnits = "containers and trailers";

// The special ones before the others of their kind. A mesh node counts as online for two hours in
// its own firmware. Vehicles that stand and Sparkplug, which reports changes, are not held to the
// pace that they have while something happens.
constexpr std::array kTable = {
    KindFreshness{"meshtastic",
                  {kIntervals * kMapReportMs, kDay},
                  kIntervals* kMapReportMs,
                  2 * kHour,
                  "Three intervals of 15 minutes without a report.",
                  kMapReports},
    KindFreshness{
        "meshtastic",
        {2 * kHour, kDay},
        kIntervals* kMapReportMs,
        2 * kHour,
        "May mislead: nodes tell of themselves every 3 hours unless set otherwise, and "
        "many far more rarely. \"Online nodes\" of a map report are those that its sender "
        "heard within 2 hours."},
    KindFreshness{
        "lowi",
        {3 * kMinute, kHour},
        30 * kSecond,
        3 * kMinute,
        "Three intervals without a message: of a minute, or of 10 seconds in flash mode."},
    KindFreshness{"station", {5 * kMinute, kHour}, kMinute, kDay},
    KindFreshness{"vehicle",
                  {18 * kHour, 3 * kDay},
                  5 * kMinute,
                  14 * kDay,
                  "Silent for hours by nature.",
                  kSlowUnits},
    KindFreshness{"vehicle",
                  {5 * kMinute, kDay},
                  5 * kMinute,
                  14 * kDay,
                  "Trailers and containers are silent for long by nature."},
    KindFreshness{"owntracks", {30 * kMinute, kDay}, 30 * kMinute, 7 * kDay},
    KindFreshness{"sparkplug",
                  {15 * kMinute, kDay},
                  15 * kMinute,
                  14 * kDay,
                  "Offline after a death certificate, whenever the last value came."},
    KindFreshness{"", {15 * kMinute, kDay}, 30 * kSecond, 14 * kDay},
};

std::string_view fact(const SourceRow& source, std::string_view name) {
    auto found = std::find_if(source.facts.begin(), source.facts.end(),
                              [&](const auto& one) { return one.first == name; });
    return found == source.facts.end() ? std::string_view() : std::string_view(found->second);
}

bool contains_any_case(std::string_view text, std::string_view word) {
    auto is_same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
    return std::search(text.begin(), text.end(), word.begin(), word.end(), is_same) != text.end();
}

// As ISO 6346 marks containers: "MSKU1234567".
bool is_container_number(std::string_view id) {
    constexpr std::size_t kLetters = 4;
    if (id.size() != 11) return false;
    auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
    auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return std::all_of(id.begin(), id.begin() + kLetters, is_letter) &&
           std::all_of(id.begin() + kLetters, id.end(), is_digit) &&
           (id[3] == 'U' || id[3] == 'J' || id[3] == 'Z');
}

bool is_slow_unit(const SourceRow& source) {
    for (std::string_view name : {"type", "vehicle_type", "class", "group"}) {
        std::string_view text = fact(source, name);
        if (contains_any_case(text, "container") || contains_any_case(text, "trailer")) return true;
    }
    return is_container_number(source.source.id);
}

// It may have been told to stop them since.
bool sends_map_reports(const SourceRow& source, std::span<const SeriesRow> series) {
    constexpr std::string_view kPrefix = "map_report/";
    return std::any_of(series.begin(), series.end(), [&](const SeriesRow& row) {
        return row.metric.starts_with(kPrefix) && source.last_seen - row.last_time <= 2 * kHour;
    });
}

const KindFreshness& row_of(const SourceRow& source, std::span<const SeriesRow> series) {
    auto fits = [&](const KindFreshness& row) {
        if (row.kind != source.source.kind) return false;
        if (row.only == kMapReports) return sends_map_reports(source, series);
        return row.only != kSlowUnits || is_slow_unit(source);
    };
    auto found = std::find_if(kTable.begin(), kTable.end(), fits);
    return found == kTable.end() ? kTable.back() : *found;
}

// A source that lets one hear of it each six hours is not silent after a day.
Freshness built_in(const KindFreshness& row, std::int64_t interval_ms) {
    if (interval_ms == 0) return row.usual;
    Freshness own;
    own.online_ms = std::clamp(kIntervals * interval_ms, row.online_least_ms, row.online_most_ms);
    own.silent_ms = std::max(row.usual.silent_ms, 2 * own.online_ms);
    return own;
}

void make_key(std::string& key, std::string_view kind, char part, std::string_view name) {
    key.assign(kind);
    key += '\0';
    key += part;
    key += name;
}

constexpr char kOfId = 'i';
constexpr char kOfGroup = 'g';
constexpr char kOfKind = 'k';

}  // namespace

std::span<const KindFreshness> kind_freshness() {
    return kTable;
}

bool says_offline(const Value& online) {
    if (const auto* whole = std::get_if<std::int64_t>(&online)) return *whole == 0;
    const auto* real = std::get_if<double>(&online);
    return real != nullptr && *real == 0;
}

FreshnessTable::FreshnessTable(std::vector<ThresholdOption> thresholds)
    : thresholds_(std::move(thresholds)) {
    std::string key;
    for (std::size_t i = 0; i < thresholds_.size(); i++) {
        const ThresholdOption& one = thresholds_[i];
        if (!one.id.empty()) {
            make_key(key, one.kind, kOfId, one.id);
        } else if (!one.group.empty()) {
            make_key(key, one.kind, kOfGroup, one.group);
        } else {
            make_key(key, one.kind, kOfKind, "");
        }
        places_[key] = i;
    }
}

const ThresholdOption* FreshnessTable::find(std::string_view kind, char part,
                                            std::string_view name) const {
    std::string key;
    make_key(key, kind, part, name);
    auto found = places_.find(key);
    return found == places_.end() ? nullptr : &thresholds_[found->second];
}

// Without a kind a threshold counts for all kinds, behind those that name one.
const ThresholdOption* FreshnessTable::threshold_of(const SourceRow& source) const {
    if (places_.empty()) return nullptr;
    const SourceId& id = source.source;
    std::string_view group = fact(source, "group");
    struct Question {
        char part;
        std::string_view name;
    };
    for (auto [part, name] :
         {Question{kOfId, id.id}, Question{kOfGroup, group}, Question{kOfKind, ""}}) {
        if (part == kOfGroup && name.empty()) continue;
        if (const ThresholdOption* found = find(id.kind, part, name)) return found;
        if (const ThresholdOption* found = find("", part, name)) return found;
    }
    return nullptr;
}

Freshness FreshnessTable::of(const SourceRow& source, std::span<const SeriesRow> series) const {
    Freshness freshness = built_in(row_of(source, series), source.interval_ms);
    if (const ThresholdOption* told = threshold_of(source)) {
        if (told->online_ms > 0) freshness.online_ms = told->online_ms;
        if (told->silent_ms > 0) freshness.silent_ms = told->silent_ms;
        // Who only says until when a source is online has not said that it is silent at once.
        freshness.silent_ms = std::max(freshness.silent_ms, freshness.online_ms);
    }
    return freshness;
}

std::string_view FreshnessTable::state_of(const SourceRow& source,
                                          std::span<const SeriesRow> series, Time now,
                                          std::optional<std::int64_t> online_ms) const {
    auto online = std::find_if(series.begin(), series.end(),
                               [](const SeriesRow& row) { return row.metric == kOnlineMetric; });
    if (online != series.end() && says_offline(online->last_value)) return "offline";
    Freshness freshness = of(source, series);
    std::int64_t age = now - source.last_seen;
    std::int64_t online_within = online_ms.value_or(freshness.online_ms);
    if (age <= online_within) return "online";
    return age <= std::max(freshness.silent_ms, online_within) ? "ageing" : "silent";
}

void Thresholds::set(std::vector<ThresholdOption> thresholds) {
    auto table = std::make_shared<const FreshnessTable>(std::move(thresholds));
    std::lock_guard lock(mutex_);
    table_ = std::move(table);
}

std::shared_ptr<const FreshnessTable> Thresholds::table() const {
    std::lock_guard lock(mutex_);
    return table_;
}

}  // namespace martlet::telemetry
