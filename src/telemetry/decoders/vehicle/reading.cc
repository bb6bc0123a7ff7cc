#include "telemetry/decoders/vehicle/reading.h"

#include "telemetry/decoders/plain_text.h"
#include "telemetry/decoders/vehicle/words.h"

#include <algorithm>
#include <array>

namespace martlet::telemetry::vehicle {

namespace {

constexpr std::array<std::string_view, 6> kTrueWords = {"true",   "on",        "yes",
                                                        "online", "connected", "running"};
constexpr std::array<std::string_view, 6> kFalseWords = {"false",   "off",          "no",
                                                         "offline", "disconnected", "stopped"};

}  // namespace

bool Reading::is_empty() const {
    bool has_place = latitude || longitude || altitude_m || heading_deg;
    bool has_drive = speed_kmh || odometer_km || ignition || lamp || codes;
    bool has_news = online || !alarms.empty();
    return !has_place && !has_drive && !has_news && measures.empty() && name.empty() &&
           facts.empty() && events.empty() && implausible.empty();
}

void put_alarm(std::string_view path, const JsonLeaf& leaf, Reading& reading) {
    if (reading.alarms.size() >= kAlarmsMax) return;
    Alarm alarm;
    if (alarm_key(path)) {
        alarm = alarm_of_member(path, leaf);
    } else if (leaf.type == LeafType::Text && is_certain_emergency(leaf.text) &&
               !is_name_key(path)) {
        // "SOS" is one wherever it stands.
        alarm = alarm_of_text(leaf.text);
    } else {
        return;
    }
    JsonLeaf yes;
    yes.type = LeafType::Boolean;
    yes.integer = 1;
    yes.number = 1;
    // What happens and passes ("event") is not over when something else happens.
    bool is_passing = !alarm_of_member(path, yes);
    if (!alarm && is_passing) return;
    ToldAlarm told{plain_text(path, kMetricNameBytesMax), {}, alarm, is_passing};
    bool truth = false;
    bool is_word = leaf.type == LeafType::Text && !as_boolean(leaf, truth);
    told.text = is_word ? plain_text(trimmed(leaf.text)) : told.key;
    reading.alarms.push_back(std::move(told));
}

void Reading::add_code(std::string code) {
    if (!codes) codes.emplace();
    bool is_new = std::find(codes->begin(), codes->end(), code) == codes->end();
    if (is_new && codes->size() < kCodesMax) codes->push_back(std::move(code));
}

bool as_boolean(const JsonLeaf& leaf, bool& value) {
    double number = 0;
    if (leaf.type == LeafType::Boolean || as_number(leaf, number)) {
        value = leaf.type == LeafType::Boolean ? leaf.integer != 0 : number != 0;
        return true;
    }
    if (leaf.type != LeafType::Text) return false;
    std::string word = folded(trimmed(leaf.text));
    auto is_one_of = [&](const auto& words) {
        return std::find(words.begin(), words.end(), word) != words.end();
    };
    value = is_one_of(kTrueWords);
    return value || is_one_of(kFalseWords);
}

}  // namespace martlet::telemetry::vehicle
