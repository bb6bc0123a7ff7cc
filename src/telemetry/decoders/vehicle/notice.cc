#include "telemetry/decoders/vehicle/notice.h"

#include "telemetry/decoders/json/metric_words.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/decoders/vehicle/object.h"
#include "telemetry/decoders/vehicle/signals.h"
#include "telemetry/decoders/vehicle/words.h"

#include <algorithm>
#include <array>

namespace martlet::telemetry::vehicle {

namespace {

constexpr std::size_t kDetailsBytesMax = 8 * 1024;

std::string_view first_text(const PayloadJson& json, std::span<const std::string_view> names) {
    for (std::string_view name : names) {
        auto found =
            std::find_if(json.leaves().begin(), json.leaves().end(), [&](const JsonLeaf& leaf) {
                return leaf.type == LeafType::Text && folded(last_word(leaf.path)) == name;
            });
        if (found != json.leaves().end()) return found->text;
    }
    return {};
}

// The kind and the text of the object that was read.
Event event_in_json(const PayloadJson& json, std::string_view payload) {
    constexpr std::array<std::string_view, 8> kTypes = {"type",      "event", "eventtype", "kind",
                                                        "alarmtype", "alarm", "alert",     "evt"};
    constexpr std::array<std::string_view, 6> kTexts = {"text", "message", "description",
                                                        "note", "msg",     "notification"};
    Event event;
    event.kind = metric_name(plain_text(first_text(json, kTypes), 64));
    event.text = plain_text(first_text(json, kTexts));
    if (payload.size() <= kDetailsBytesMax) event.details = plain_text(payload, kDetailsBytesMax);
    return event;
}

void put_place(const PayloadJson& json, Reading& reading) {
    for (const JsonLeaf& leaf : json.leaves()) {
        NamedSignal named = find_signal(leaf.path);
        if (named.signal == nullptr) continue;
        Field field = named.signal->field;
        bool is_of_place = field == Field::Time || field == Field::Latitude ||
                           field == Field::Longitude || field == Field::Uncertainty;
        if (is_of_place) put(named, leaf, reading);
    }
}

// The worst that the members of an object say.
Severity worst_of_members(const PayloadJson& json) {
    Severity worst = Severity::Info;
    for (const JsonLeaf& leaf : json.leaves()) {
        Alarm alarm = alarm_of_member(leaf.path, leaf);
        std::string word = folded(last_word(leaf.path));
        bool is_type = word == "type" || word == "kind" || word == "text";
        if (is_type && leaf.type == LeafType::Text) {
            Alarm said = alarm_of_text(leaf.text);
            if (said.severity == Severity::Critical) alarm = said;
        }
        // Whatever the key is, "crash" on a topic of events is one that happened.
        if (!alarm && leaf.type == LeafType::Text && !is_name_key(leaf.path))
            alarm = alarm_of_member("type", leaf);
        worst = std::max(worst, alarm.severity);
    }
    return worst;
}

// Whether the text of an emergency says anything but that there is none.
bool affirms(std::string_view text) {
    JsonLeaf leaf;
    leaf.type = LeafType::Text;
    leaf.text = text;
    return static_cast<bool>(alarm_of_member("emergency", leaf));
}

// Members that say yes or no to an emergency: is it on?
enum class Answer : std::uint8_t { None, Yes, No };

Answer answer_of(std::string_view word, const PayloadJson& json) {
    Answer answer = Answer::None;
    for (const JsonLeaf& leaf : json.leaves()) {
        bool is_words = leaf.type == LeafType::Text;
        std::string name = folded(last_word(leaf.path));
        bool is_description = name == "type" || name == "text" || name == "message";
        if (is_description && is_words) {
            bool is_none = !leaf.text.empty() && !affirms(leaf.text);
            if (is_none && answer == Answer::None) answer = Answer::No;
            continue;
        }
        std::string path(word);
        path += '.';
        path += leaf.path;
        // "active" is the emergency's, "sos" speaks for itself.
        std::string_view key = alarm_key(leaf.path) ? leaf.path : std::string_view(path);
        bool is_said = leaf.type != LeafType::EmptyObject && alarm_key(key);
        if (!is_said) continue;
        if (alarm_of_member(key, leaf)) return Answer::Yes;
        if (answer == Answer::None) answer = Answer::No;
    }
    return answer;
}

}  // namespace

std::string_view unquoted(std::string_view text) {
    bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
    return is_quoted ? text.substr(1, text.size() - 2) : text;
}

bool looks_like_json(std::string_view text) {
    return !text.empty() && (text[0] == '{' || text[0] == '[');
}

Problem read_event(std::string_view payload, PayloadJson& json, Reading& reading) {
    std::string_view text = trimmed(payload);
    Event event;
    Severity worst = Severity::Info;
    if (looks_like_json(text)) {
        Problem problem = json.read(payload);
        if (problem.empty()) worst = worst_of_members(json);
        // An emergency is told in any form.
        bool is_list = problem.empty() && !json.is_object();
        if (is_list && worst != Severity::Critical) problem = "not an object";
        if (!problem.empty()) return problem;
        event = event_in_json(json, text);
        put_place(json, reading);
    } else {
        event.text = plain_text(text);
        if (event.text.empty()) return "not text";
        Alarm said = alarm_of_text(text);
        if (said.severity == Severity::Critical) worst = said.severity;
    }
    if (event.kind.empty()) event.kind = worst == Severity::Critical ? "emergency" : "event";
    bool is_warning = event.kind.starts_with("harsh") || event.kind == "over_speed";
    event.severity = std::max(worst, is_warning ? Severity::Warning : Severity::Info);
    reading.events.push_back(std::move(event));
    return {};
}

void read_emergency(std::string_view payload, PayloadJson& json, Reading& reading) {
    std::string_view text = trimmed(payload);
    Event event;
    bool is_over = text.empty();
    bool is_read = looks_like_json(text) && json.read(payload).empty();
    if (is_read) {
        is_over = answer_of("emergency", json) == Answer::No;
        event = event_in_json(json, text);
        put_place(json, reading);
    } else {
        event.text = plain_text(text);
        is_over = !affirms(unquoted(text));
    }
    if (event.text.empty()) {
        event.text = event.kind;
    } else if (!event.kind.empty()) {
        event.text = event.kind + ": " + event.text;
    }
    if (is_over && !is_read) event.text.clear();
    event.kind = is_over ? "emergency_cleared" : "emergency";
    event.severity = is_over ? Severity::Info : Severity::Critical;
    reading.events.push_back(std::move(event));
    reading.measures.push_back({"emergency", "", SeriesKind::State, std::int64_t{!is_over}});
}

void read_alarm_object(std::string_view word, const PayloadJson& json, Reading& reading) {
    std::string text;
    for (const JsonLeaf& leaf : json.leaves()) {
        NamedSignal named = find_signal(leaf.path);
        // "type" and "id" are no signals here.
        bool is_signal = named.signal != nullptr && named.signal->field != Field::Nothing;
        if (is_signal) put(named, leaf, reading);
        if (leaf.type != LeafType::Text || is_signal || text.size() > kTextBytesMax) continue;
        if (!text.empty()) text += ", ";
        text += plain_text(leaf.text);
    }
    JsonLeaf yes;
    yes.type = LeafType::Boolean;
    yes.integer = 1;
    Answer answer = answer_of(word, json);
    ToldAlarm told{std::string(word), text.empty() ? std::string(word) : text, {}};
    Alarm by_topic = alarm_of_member(word, yes);
    Severity worst = worst_of_members(json);
    // A level such as "gas" may carry a measure: without a yes it is none.
    JsonLeaf measure;
    measure.type = LeafType::Integer;
    measure.integer = 3;
    measure.number = 3;
    bool is_sure = static_cast<bool>(alarm_of_member(word, measure));
    if (answer != Answer::No && (is_sure || answer == Answer::Yes)) told.alarm = by_topic;
    if (worst == Severity::Critical && answer != Answer::No)
        told.alarm = alarm_of_text("emergency");
    reading.alarms.push_back(std::move(told));
}

}  // namespace martlet::telemetry::vehicle
