#include "telemetry/store/row_words.h"

#include <utility>

namespace martlet::telemetry {

namespace {

constexpr std::array<std::pair<SeriesKind, std::string_view>, 5> kKinds = {{
    {SeriesKind::Gauge, "gauge"},
    {SeriesKind::Counter, "counter"},
    {SeriesKind::Meter, "meter"},
    {SeriesKind::Increment, "increment"},
    {SeriesKind::State, "state"},
}};

constexpr std::array<std::pair<Severity, std::string_view>, 3> kSeverities = {{
    {Severity::Info, "info"},
    {Severity::Warning, "warning"},
    {Severity::Critical, "critical"},
}};

template <typename Table, typename Key>
std::string_view word_in(const Table& table, Key key) {
    for (const auto& [known, word] : table) {
        if (known == key) return word;
    }
    return table.front().second;
}

template <typename Table>
auto key_in(const Table& table, std::string_view word) {
    for (const auto& [known, name] : table) {
        if (name == word) return known;
    }
    return table.front().first;
}

}  // namespace

std::string_view kind_word(SeriesKind kind) {
    return word_in(kKinds, kind);
}

SeriesKind kind_of_word(std::string_view word) {
    return key_in(kKinds, word);
}

std::string_view severity_word(Severity severity) {
    return word_in(kSeverities, severity);
}

Severity severity_of_word(std::string_view word) {
    return key_in(kSeverities, word);
}

std::int64_t rollup_minutes(Rollup width) {
    constexpr std::array<std::int64_t, kRollups.size()> kMinutes = {1, 15, 60, 1440};
    return kMinutes[static_cast<std::size_t>(width)];
}

}  // namespace martlet::telemetry
