#include "telemetry/options.h"

#include "base/text.h"

#include <charconv>

namespace martlet::telemetry {

namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kDay = 24 * 3600 * kSecond;
constexpr std::int64_t kDurationMax = 3650 * kDay;
constexpr std::size_t kUnitBytesMax = 32;

// Names that tell of a secret: key, password, token, secret, also as a part.
bool is_secret(std::string_view name) {
    for (std::string_view word : {"key", "password", "token", "secret"})
        if (name.find(word) != std::string_view::npos) return true;
    return false;
}

struct DurationUnit {
    char letter;
    std::int64_t milliseconds;
};
constexpr DurationUnit kDurationUnits[] = {
    {'d', kDay}, {'h', 3600 * kSecond}, {'m', 60 * kSecond}, {'s', kSecond}};

}  // namespace

std::string shown_value(const DecoderOption& option) {
    if (!is_secret(option.name)) return option.value;
    auto space = option.value.rfind(' ');
    return space == std::string::npos ? "..." : option.value.substr(0, space + 1) + "...";
}

std::optional<std::int64_t> read_duration(std::string_view text) {
    if (text.empty()) return std::nullopt;
    for (const DurationUnit& unit : kDurationUnits) {
        if (text.back() != unit.letter) continue;
        std::int64_t count = 0;
        const char* end = text.data() + text.size() - 1;
        auto [last, error] = std::from_chars(text.data(), end, count);
        bool is_sound = error == std::errc() && last == end && count > 0 &&
                        count <= kDurationMax / unit.milliseconds;
        if (!is_sound) return std::nullopt;
        return count * unit.milliseconds;
    }
    return std::nullopt;
}

std::string duration_text(std::int64_t milliseconds) {
    for (const DurationUnit& unit : kDurationUnits)
        if (milliseconds % unit.milliseconds == 0)
            return fmt::format("{}{}", milliseconds / unit.milliseconds, unit.letter);
    return fmt::format("{}ms", milliseconds);
}

std::string problem_of(const ThresholdOption& threshold) {
    if (threshold.kind.empty()) return "a threshold needs the kind of its sources";
    if (!threshold.group.empty() && !threshold.id.empty())
        return "a threshold is for a group or for a source, not for both";
    for (std::int64_t time : {threshold.online_ms, threshold.silent_ms})
        if (time < kSecond || time > kDurationMax)
            return "a threshold has two times from 1s to 3650d, for example 15m 2h";
    if (threshold.online_ms > threshold.silent_ms)
        return "a source cannot be silent while it is online: give the shorter time first";
    return {};
}

std::string problem_of(const UnitOption& unit) {
    if (unit.metric.empty()) return "a unit needs the metric that it is of";
    if (unit.kind.empty() && !unit.id.empty())
        return "a unit for one source needs the source's kind as well";
    if (unit.unit.size() > kUnitBytesMax)
        return fmt::format("the unit '{}' has more than {} bytes", unit.unit, kUnitBytesMax);
    return {};
}

std::string problem_of(const Options& options) {
    auto too_many = [](std::string_view things, std::size_t count, std::size_t most) {
        if (count <= most) return std::string();
        return fmt::format("Error: There are {} {} of telemetry, at most {} are possible.", count,
                           things, most);
    };
    constexpr std::size_t kRulesMax = 10'000;
    for (const std::string& problem :
         {too_many("rules", options.rules.size(), kRulesMax),
          too_many("decoder options", options.decoder_options.size(), kRulesMax),
          too_many("units", options.units.size(), kRulesMax),
          too_many("thresholds", options.thresholds.size(), kRulesMax),
          too_many("maps", options.maps.size(), kMapsMax)})
        if (!problem.empty()) return problem;
    for (const UnitOption& unit : options.units)
        if (std::string problem = problem_of(unit); !problem.empty())
            return fmt::format("Error: Invalid unit of telemetry: {}.", problem);
    for (const ThresholdOption& threshold : options.thresholds)
        if (std::string problem = problem_of(threshold); !problem.empty())
            return fmt::format("Error: Invalid threshold of telemetry: {}.", problem);
    for (const MapText& map : options.maps)
        if (map.text.size() > kMapBytesMax)
            return fmt::format("Error: The map '{}' has more than {} KiB.", map.name,
                               kMapBytesMax / 1024);
    return {};
}

}  // namespace martlet::telemetry
