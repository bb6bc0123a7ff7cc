#include "telemetry/mapping/key_line.h"

#include "base/ascii.h"
#include "base/text.h"
#include "telemetry/payload_json.h"
#include "telemetry/units.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kWordsMax = 256;

constexpr std::pair<std::string_view, KeyUse> kUses[] = {
    {"state", KeyUse::State},
    {"fact", KeyUse::Fact},
    {"alarm", KeyUse::Alarm},
    {"ignore", KeyUse::Ignore},
};
constexpr std::pair<std::string_view, SeriesKind> kKinds[] = {
    {"gauge", SeriesKind::Gauge},
    {"counter", SeriesKind::Counter},
    {"meter", SeriesKind::Meter},
    {"increment", SeriesKind::Increment},
};

bool number_from(std::string_view text, double& number) {
    if (text.starts_with('+')) text.remove_prefix(1);
    auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    return result.ec == std::errc{} && result.ptr == text.data() + text.size() &&
           number - number == 0;
}

// Whole numbers stay whole; all else that is no number is a text.
Value value_of(const std::string& text) {
    std::int64_t whole = 0;
    auto* end = text.data() + text.size();
    auto result = std::from_chars(text.data(), end, whole);
    if (result.ec == std::errc{} && result.ptr == end) return whole;
    double number = 0;
    if (number_from(text, number)) return number;
    return text;
}

std::string without_quotes(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    return std::string(text);
}

bool take_use(std::string_view word, KeyRule& rule) {
    for (const auto& [name, use] : kUses) {
        if (word != name) continue;
        rule.use = use;
        return true;
    }
    for (const auto& [name, kind] : kKinds) {
        if (word != name || rule.kind) continue;
        rule.kind = kind;
        return true;
    }
    return false;
}

// "Meter" is no metre, and a second kind or unit is a mistake.
bool is_misplaced(std::string_view word, const KeyRule& rule) {
    auto is_kind = [&](const auto& row) { return lowered(word) == row.first; };
    bool is_any_kind = std::any_of(std::begin(kKinds), std::end(kKinds), is_kind) ||
                       std::any_of(std::begin(kUses), std::end(kUses), is_kind);
    return is_any_kind || rule.unit.has_value();
}

bool take_scale(std::string_view word, KeyRule& rule) {
    double number = 0;
    if (word.size() < 2 || !number_from(word.substr(1), number)) return false;
    if (word[0] == 'x' && number != 0) {
        rule.scale = number;
    } else if (word[0] == '/' && std::isfinite(1 / number)) {
        rule.divisor = number;
    } else if (word[0] == '+') {
        rule.offset = number;
    } else if (word[0] == '-') {
        rule.offset = -number;
    } else {
        return false;
    }
    return true;
}

bool take_word(std::string_view word, KeyRule& rule) {
    auto equals = word.rfind('=');
    if (equals == std::string_view::npos || equals == 0 || rule.words.size() == kWordsMax)
        return false;
    rule.words.emplace_back(without_quotes(word.substr(0, equals)),
                            value_of(without_quotes(word.substr(equals + 1))));
    return true;
}

bool take_unit(const MapWord& word, KeyRule& rule) {
    if (word.is_quoted) {
        rule.unit = word.text;
        return word.text.size() <= 32;
    }
    if (word.text == "-") {
        rule.unit = "";
        return true;
    }
    auto unit = known_unit(word.text);
    if (!unit.empty()) rule.unit = unit;
    return !unit.empty();
}

// "unit:u|bu", "not:511|102.3".
bool take_list(std::string_view word, std::string_view head, std::vector<std::string>& list) {
    if (!word.starts_with(head) || word.size() == head.size()) return false;
    for (auto rest = word.substr(head.size());;) {
        auto bar = rest.find('|');
        list.emplace_back(rest.substr(0, bar));
        if (bar == std::string_view::npos) return list.size() <= kWordsMax;
        rest.remove_prefix(bar + 1);
    }
}

Status take(const MapWord& word, KeyRule& rule) {
    std::string_view text = word.text;
    if (!word.is_quoted) {
        if (take_list(text, "unit:", rule.unit_paths) || take_list(text, "not:", rule.not_told))
            return Done{};
        if (take_use(text, rule) || take_scale(text, rule) || take_word(text, rule)) return Done{};
    }
    if (!word.is_quoted && is_misplaced(text, rule))
        return Error{
            fmt::format("'{}' is one word too many: a key line has one unit and one kind, which "
                        "is written gauge, counter, meter, increment, state, fact, alarm or "
                        "ignore",
                        text)};
    if (take_unit(word, rule)) return Done{};
    return Error{
        fmt::format("'{}' is no unit, kind, scale or WORD=VALUE that a key line knows; "
                    "put a unit that is not known in double quotes",
                    text)};
}

}  // namespace

Result<KeyRule> parse_key_line(std::span<const MapWord> words) {
    if (words.empty()) return Error{"the path is missing: expected key PATH [= METRIC] ..."};
    KeyRule rule;
    const MapWord& first = words.front();
    auto path = PathPattern::make(first.is_quoted ? '"' + first.text + '"' : first.text);
    if (!path) return path.error();
    rule.path = std::move(path).value();
    words = words.subspan(1);
    if (!words.empty() && words.front().text == "=" && !words.front().is_quoted) {
        if (words.size() < 2) return Error{"the metric after '=' is missing"};
        auto metric = TextTemplate::make(words[1].text);
        if (!metric) return metric.error();
        rule.metric = std::move(metric).value();
        if (rule.metric.stars() > rule.path.stars())
            return Error{fmt::format("'{}' names a star that '{}' does not have", words[1].text,
                                     rule.path.text())};
        words = words.subspan(2);
    }
    Status status = take_conditions(words, rule.conditions);
    for (std::size_t i = 0; i < words.size() && status; i++) status = take(words[i], rule);
    if (!status) return status.error();
    return rule;
}

}  // namespace martlet::telemetry
