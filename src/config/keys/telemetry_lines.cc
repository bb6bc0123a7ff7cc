#include "config/keys/telemetry_lines.h"

#include "config/keys/setters.h"
#include "config/values.h"

#include <optional>
#include <string_view>

namespace martlet::config {
namespace {

using telemetry::SeriesKind;
using telemetry::ThresholdOption;
using telemetry::UnitOption;

// A word, or a text in quotes, which may hold blanks and be empty.
Result<std::string> read_quoted(Entry& entry) {
    if (!entry.words.rest().starts_with('"')) {
        Result<std::string_view> word = read_word(entry);
        if (!word.ok()) return word.error();
        return std::string(word.value());
    }
    std::string_view quoted;
    if (!entry.words.take_quoted(quoted))
        return invalid(
            fmt::format("Error: Invalid '{}' value: a quote is not closed.", entry.name));
    return std::string(quoted);
}

// As read_quoted() takes it.
std::string word_of(const std::string& text) {
    bool is_plain = !text.empty() && text.find_first_of(" \t\"") == std::string::npos;
    return is_plain ? text : fmt::format("\"{}\"", text);
}

Error wrong(const Entry& entry, std::string_view why) {
    return invalid(fmt::format("Error: Invalid '{}' value: {}.", entry.name, why));
}

std::optional<SeriesKind> kind_of(std::string_view name) {
    SeriesKind kind = telemetry::series_kind_of(name);
    if (telemetry::name_of(kind) != name) return std::nullopt;
    return kind;
}

}  // namespace

Status set_unit(Entry& entry) {
    UnitOption unit;
    std::string source;
    for (std::string* part : {&source, &unit.metric, &unit.unit}) {
        Result<std::string> word = read_quoted(entry);
        if (!word.ok()) return word.error();
        *part = std::move(word).value();
    }
    std::size_t colon = source.find(':');
    if (source != "*") unit.kind = source.substr(0, colon);
    if (colon != std::string::npos) unit.id = source.substr(colon + 1);
    if (source.empty() || colon == 0 || colon + 1 == source.size())
        return wrong(entry, fmt::format("'{}' is no source: KIND:ID, KIND or *", source));
    std::string_view kind = entry.words.rest();
    if (!kind.empty()) {
        unit.series_kind = kind_of(kind);
        if (!unit.series_kind)
            return wrong(entry, fmt::format("'{}' is no kind: gauge, counter, meter, increment or "
                                            "state",
                                            kind));
    }
    std::string problem = telemetry::problem_of(unit);
    if (!problem.empty()) return wrong(entry, problem);
    entry.draft.settings.telemetry.units.push_back(std::move(unit));
    return Done{};
}

void read_units(const Settings& settings, RunningValues& out) {
    for (const UnitOption& unit : settings.telemetry.units) {
        std::string source = unit.kind.empty() ? "*" : unit.kind;
        if (!unit.id.empty()) source += ":" + unit.id;
        std::string line =
            fmt::format("{} {} {}", word_of(source), word_of(unit.metric), word_of(unit.unit));
        if (unit.series_kind) line += fmt::format(" {}", telemetry::name_of(*unit.series_kind));
        out.push_back({{}, std::move(line)});
    }
}

Status set_threshold(Entry& entry) {
    Result<std::string> sources = read_quoted(entry);
    if (!sources.ok()) return sources.error();
    ThresholdOption threshold;
    const std::string& text = sources.value();
    std::size_t mark = text.find_first_of(":/");
    threshold.kind = text.substr(0, mark);
    if (mark != std::string::npos)
        (text[mark] == ':' ? threshold.id : threshold.group) = text.substr(mark + 1);
    if (threshold.kind.empty() || mark + 1 == text.size())
        return wrong(entry,
                     fmt::format("'{}' names no sources: KIND, KIND/GROUP or KIND:ID", text));
    for (std::int64_t* time : {&threshold.online_ms, &threshold.silent_ms}) {
        Result<std::string_view> word = read_word(entry);
        if (!word.ok()) return word.error();
        std::optional<std::int64_t> read = telemetry::read_duration(word.value());
        if (!read)
            return wrong(entry, fmt::format("'{}' is no time: a number and s, m, h or d, from 1s "
                                            "to 3650d",
                                            word.value()));
        *time = *read;
    }
    std::string problem = telemetry::problem_of(threshold);
    if (!problem.empty()) return wrong(entry, problem);
    entry.draft.settings.telemetry.thresholds.push_back(std::move(threshold));
    return Done{};
}

void read_thresholds(const Settings& settings, RunningValues& out) {
    for (const ThresholdOption& threshold : settings.telemetry.thresholds) {
        std::string sources = threshold.kind;
        if (!threshold.group.empty()) sources += "/" + threshold.group;
        if (!threshold.id.empty()) sources += ":" + threshold.id;
        out.push_back({{},
                       fmt::format("{} {} {}", word_of(sources),
                                   telemetry::duration_text(threshold.online_ms),
                                   telemetry::duration_text(threshold.silent_ms))});
    }
}

}  // namespace martlet::config
