#include "telemetry/decoders/busroot/counting.h"

#include "base/json_writer.h"
#include "base/text.h"

#include <algorithm>
#include <utility>

namespace martlet::telemetry::busroot {

namespace {

constexpr Time kHour = 3'600'000;
// Longer names are not remembered: they would make the bound on stations worth nothing.
constexpr std::size_t kNameBytesMax = 512;

constexpr std::array<std::string_view, 2> kParts = {"good", "bad"};
constexpr std::array<std::string_view, 2> kRunning = {"production_count_good",
                                                      "production_count_bad"};
constexpr std::array<std::string_view, 2> kNew = {"production_complete_good",
                                                  "production_complete_bad"};

std::string_view metric_of(std::size_t part, Counts counts) {
    return counts == Counts::Running ? kRunning[part] : kNew[part];
}

Counts other_of(Counts counts) {
    return counts == Counts::Running ? Counts::New : Counts::Running;
}

bool is_within_hour(std::optional<Time> past, Time now) {
    return past && now >= *past && now - *past < kHour;
}

// A smaller count began again at 0.
double step_of(std::optional<double> before, std::optional<double> now) {
    if (!before || !now) return 0;
    return *now < *before ? *now : *now - *before;
}

Counts counts_of_word(std::string_view word) {
    if (word == "count") return Counts::Running;
    return word == "complete" ? Counts::New : Counts::Unknown;
}

// "good=complete".
bool take_setting(std::string_view setting, std::array<Counts, 2>& set) {
    auto equals = setting.find('=');
    if (equals == std::string_view::npos) return false;
    auto part = static_cast<std::size_t>(
        std::find(kParts.begin(), kParts.end(), setting.substr(0, equals)) - kParts.begin());
    auto counts = counts_of_word(setting.substr(equals + 1));
    if (part == kParts.size() || counts == Counts::Unknown) return false;
    set[part] = counts;
    return true;
}

}  // namespace

bool Counting::take_option(const std::string& value) {
    // A station's name may hold blanks; the settings stand behind it.
    std::string_view rest = value;
    Set set{};
    bool is_set = false;
    while (true) {
        rest = rest.substr(0, rest.find_last_not_of(' ') + 1);
        auto gap = rest.rfind(' ');
        if (gap == std::string_view::npos || !take_setting(rest.substr(gap + 1), set)) break;
        is_set = true;
        rest.remove_suffix(rest.size() - gap);
    }
    auto slash = rest.find('/');
    bool is_station = slash != std::string_view::npos && slash > 0 && slash + 1 < rest.size() &&
                      rest.find('/', slash + 1) == std::string_view::npos &&
                      rest.find('=') == std::string_view::npos;
    if (!is_set || !is_station) return false;
    Set& known = set_[std::string(rest)];
    for (std::size_t part = 0; part < kParts.size(); part++) {
        if (set[part] != Counts::Unknown) known[part] = set[part];
    }
    return true;
}

Counting::Set Counting::set_of(std::string_view station) const {
    auto found = set_.find(station);
    return found == set_.end() ? Set{} : found->second;
}

std::optional<double> Counting::value_of(std::string_view metric, const Decoded& out) {
    for (const Sample& sample : out.samples) {
        if (sample.metric != metric) continue;
        if (const auto* whole = std::get_if<std::int64_t>(&sample.value))
            return static_cast<double>(*whole);
        if (const auto* real = std::get_if<double>(&sample.value)) return *real;
    }
    return std::nullopt;
}

void Counting::look_at(Time now, Decoded& out) {
    bool has_units = std::any_of(out.samples.begin(), out.samples.end(), [](const Sample& sample) {
        return sample.metric.starts_with("production_");
    });
    if (!has_units || out.sender.id.size() > kNameBytesMax) return;
    bool is_new = stations_.find(out.sender.id) == nullptr;
    Station& station = stations_.touch(out.sender.id);
    Set set = set_of(out.sender.id);
    SourceNote note;
    note.source = out.sender;
    bool is_contradicted = false;
    for (std::size_t part = 0; part < kParts.size(); part++) {
        bool is_set = set[part] != Counts::Unknown;
        if (is_set || is_new) {
            auto metric = is_set ? metric_of(part, set[part]) : std::string_view();
            note.facts.emplace_back("counted_by_" + std::string(kParts[part]), metric);
        }
        note_contradiction(station.tallies[part], set[part], value_of(kRunning[part], out),
                           value_of(kNew[part], out), now);
        is_contradicted |= station.tallies[part].is_contradicted;
    }
    if (!note.facts.empty()) out.notes.push_back(std::move(note));
    if (!is_contradicted || is_within_hour(station.told, now)) return;
    tell(station, set, now, out);
    station.told = now;
    for (Tally& tally : station.tallies) tally.is_contradicted = false;
}

// `fresh`: new units. Of two that come first in one message, the new units have the older series.
void Counting::note_contradiction(Tally& tally, Counts set, std::optional<double> running,
                                  std::optional<double> fresh, Time now) {
    double running_step = step_of(tally.running, running);
    if (running) tally.running = running;
    if (!running && !fresh) return;
    if (tally.first == Counts::Unknown) tally.first = fresh ? Counts::New : Counts::Running;
    bool is_set = set != Counts::Unknown;
    bool by_new = (is_set ? set : tally.first) == Counts::New;
    double counted = by_new ? fresh.value_or(0) : running_step;
    double ignored = by_new ? running_step : fresh.value_or(0);
    if (counted > 0) tally.counted_at = now;
    // Those that count, beside others in the same message or by the operator's choice, tell the
    // same units twice.
    bool tells_twice = (running && fresh) || is_set;
    bool is_counting = is_within_hour(tally.counted_at, now);
    if (ignored > 0 && !(tells_twice && is_counting)) tally.is_contradicted = true;
}

void Counting::tell(const Station& station, const Set& set, Time now, Decoded& out) {
    Event& event = out.events.emplace_back();
    event.source = out.sender;
    event.time = now;
    event.kind = "not_counted";
    event.severity = Severity::Warning;
    std::string settings;
    JsonWriter json(event.details);
    json.begin_object();
    for (std::size_t part = 0; part < kParts.size(); part++) {
        const Tally& tally = station.tallies[part];
        if (!tally.is_contradicted) continue;
        auto by = set[part] == Counts::Unknown ? tally.first : set[part];
        auto ignored = metric_of(part, other_of(by));
        event.text += fmt::format(
            "{} is not counted: the {} units of this station are counted by "
            "{}. ",
            ignored, kParts[part], metric_of(part, by));
        settings +=
            fmt::format(" {}={}", kParts[part], by == Counts::Running ? "complete" : "count");
        json.key(ignored).text(metric_of(part, by));
    }
    json.end_object();
    event.text += fmt::format("To change it: telemetry_option busroot counted_by {}{}",
                              out.sender.id, settings);
}

}  // namespace martlet::telemetry::busroot
