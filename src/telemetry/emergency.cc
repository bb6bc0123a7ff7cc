#include "telemetry/emergency.h"

#include "base/ascii.h"
#include "telemetry/alarm_words.h"

#include <algorithm>
#include <bitset>

namespace martlet::telemetry {

namespace {

using alarm_words::emergency_at;
using alarm_words::Found;
using alarm_words::Gap;
using alarm_words::is_certain_at;
using alarm_words::is_of_panel;
using alarm_words::kAlarmKeys;
using alarm_words::kEventKeys;
using alarm_words::kKindKeys;
using alarm_words::kStateKeys;
using alarm_words::may_be_certain;
using alarm_words::may_speak;
using alarm_words::Phrase;
using alarm_words::Sense;
using alarm_words::sense_of;
using alarm_words::Sort;

constexpr Alarm kEmergency{"emergency", Severity::Critical};
constexpr Alarm kAlarm{"alarm", Severity::Warning};

Alarm worse(Alarm a, Alarm b) {
    return b.severity > a.severity ? b : a;
}

bool has_only_digits(std::string_view text) {
    return text.find_first_not_of("0123456789") == std::string_view::npos;
}

template <typename Words>
bool is_one_of(const Words& words, std::string_view word) {
    return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// One phrase, judged word by word.
class Judge {
  public:
    explicit Judge(const Phrase& phrase) : phrase_(phrase) {}

    Alarm alarm() {
        mark_emergencies();
        if (is_emergency_) return kEmergency;
        return is_quiet() || is_of_panel(phrase_) ? Alarm{} : kAlarm;
    }

    // Whether the value of an emergency says that there is none. "pending" does not.
    bool denies_emergency() {
        mark_emergencies();
        return !is_emergency_ && is_quiet();
    }

    // Whether it is an emergency and says nothing else.
    bool is_plain_emergency() {
        mark_emergencies();
        return is_emergency_ && !has_other_;
    }

    // Whether it is also none of those that are a measure or a thing elsewhere.
    bool is_plain_sure_emergency() { return is_plain_emergency() && is_sure_; }

    // The same, of those that are one in any place.
    bool is_plain_certain_emergency() { return is_plain_emergency() && is_certain_; }

    bool has_other() const { return has_other_; }

  private:
    void mark_emergencies();
    bool is_denied(std::size_t first, std::size_t end);
    bool is_denied_before(std::size_t first);
    bool is_denied_behind(std::size_t end);
    bool denies(std::size_t at) const;
    bool is_alarm_of_gas(std::size_t first, std::size_t end) const;
    bool is_clock() const;
    bool is_quiet() const;

    Sense sense(std::size_t i) const { return sense_of(phrase_.word(i)); }

    const Phrase& phrase_;
    std::bitset<Phrase::kWordsMax> settled_;  // words that say nothing more
    bool is_emergency_ = false;
    bool is_sure_ = false;     // it is of Sort::Certain
    bool is_certain_ = false;  // in any place
    bool has_other_ = false;
};

void Judge::mark_emergencies() {
    for (std::size_t i = 0; i < phrase_.size();) {
        Found found = emergency_at(phrase_, i);
        bool is_any =
            found.sort != Sort::None && (found.sort != Sort::Gas || is_alarm_of_gas(i, found.end));
        if (!is_any) {
            has_other_ = has_other_ || sense(i) == Sense::Other;
            i++;
            continue;
        }
        if (!is_denied(i, found.end)) {
            is_emergency_ = true;
            is_sure_ = is_sure_ || found.sort == Sort::Certain;
            is_certain_ = is_certain_ || is_certain_at(phrase_, i, found.end);
        }
        for (std::size_t word = i; word < found.end; word++) settled_.set(word);
        i = found.end;
    }
}

bool Judge::is_denied(std::size_t first, std::size_t end) {
    // Both look, so that both settle their words.
    bool is_before = is_denied_before(first);
    bool is_behind = is_denied_behind(end);
    return is_before || is_behind;
}

// "no sos", "without any crash", "cancel sos".
bool Judge::is_denied_before(std::size_t first) {
    std::size_t at = first;
    while (at > 0 && phrase_.gap_before(at) != Gap::Stop) {
        at--;
        Sense word = sense(at);
        if (word == Sense::Filler) continue;
        bool is_first = at == 0;
        // "cleared: sos" denies; "false sos" and "ok sos" do not surely.
        constexpr std::string_view kDone[] = {"cleared", "resolved", "cancelled", "canceled"};
        bool is_done = word == Sense::NoFirst || is_one_of(kDone, phrase_.word(at));
        bool is_no = word == Sense::No || (is_first && is_done);
        // "no, no sos" and "not without" are not thought further.
        bool is_doubled = at > 0 && sense(at - 1) == Sense::No;
        if (!is_no || is_doubled) return false;
        for (std::size_t i = at; i < first; i++) settled_.set(i);
        return true;
    }
    return false;
}

// "sos: false", "panic button released", "fire alarm off".
bool Judge::is_denied_behind(std::size_t end) {
    std::size_t at = end;
    while (at < phrase_.size() && phrase_.gap_before(at) != Gap::Stop &&
           sense(at) == Sense::Filler) {
        at++;
    }
    if (at >= phrase_.size() || phrase_.gap_before(at) == Gap::Stop || !denies(at)) return false;
    for (std::size_t i = end; i <= at; i++) settled_.set(i);
    return true;
}

bool Judge::denies(std::size_t at) const {
    Sense word = sense(at);
    if (word == Sense::Quiet) return true;
    if (word != Sense::QuietLast && word != Sense::No) return false;
    // "sos: no" and "fire not detected" do, "sos no movement" does not.
    bool is_last = true;
    for (std::size_t i = at + 1; i < phrase_.size(); i++) {
        bool is_more = word == Sense::No && (sense(i) == Sense::Filler || sense(i) == Sense::Yes);
        is_last = is_last && is_more;
    }
    bool is_value = phrase_.gap_before(at) == Gap::Equals;
    std::size_t next = at + 2;
    while (next < phrase_.size() && phrase_.gap_before(next) == Gap::Joined) next++;
    bool is_key_next = next < phrase_.size() && phrase_.gap_before(next) == Gap::Equals;
    return is_last || (is_value && is_key_next);
}

// "co", "gas: alarm", "gas detected low_battery", but not "gas low": a tank.
bool Judge::is_alarm_of_gas(std::size_t first, std::size_t end) const {
    constexpr std::string_view kTold[] = {"alarm", "alert", "detected"};
    constexpr std::size_t kShortMax = 3;
    if (phrase_.span(first, end).size() > kShortMax) return true;
    if (end < phrase_.size() && is_one_of(kTold, phrase_.word(end))) return true;
    for (std::size_t i = 0; i < phrase_.size(); i++) {
        if ((i < first || i >= end) && sense(i) == Sense::Other) return false;
    }
    return true;
}

// "07:30" is a clock's alarm.
bool Judge::is_clock() const {
    bool is_any = phrase_.size() > 1;
    for (std::size_t i = 0; i < phrase_.size(); i++) {
        is_any = is_any && has_only_digits(phrase_.word(i)) &&
                 (i == 0 || phrase_.gap_before(i) == Gap::Equals);
    }
    return is_any;
}

// Whether what is left says that nothing is wrong: "", "no alarm", "battery: normal".
bool Judge::is_quiet() const {
    constexpr std::string_view kFaults[] = {"fault", "faults", "error", "errors", "problem"};
    constexpr std::string_view kMissed[] = {"signal", "sensor", "key",    "call",
                                            "status", "state",  "switch", "value"};
    constexpr std::string_view kSettings[] = {"armed", "disarmed", "disarm", "enabled"};
    bool is_said = settled_.any() || phrase_.size() == 0;
    bool is_other = false;
    bool has_yes = false;
    for (std::size_t i = 0; i < phrase_.size(); i++) {
        if (settled_[i]) continue;
        Sense word = sense(i);
        bool was_no = i > 0 && sense(i - 1) == Sense::No;
        bool is_fault = is_one_of(kFaults, phrase_.word(i));
        bool is_quiet_word = word == Sense::Quiet || word == Sense::QuietLast || word == Sense::No;
        // "not ok", "no signal".
        if (was_no && (is_quiet_word || is_one_of(kMissed, phrase_.word(i)))) return false;
        bool is_on_standby =
            phrase_.word(i) == "on" && i + 1 < phrase_.size() && phrase_.word(i + 1) == "standby";
        if (word == Sense::Yes && !is_on_standby) has_yes = true;
        // "armed triggered" says more than "armed".
        bool is_setting = is_one_of(kSettings, phrase_.word(i)) && i + 1 < phrase_.size();
        if (is_quiet_word && !is_setting) is_said = true;
        if (word == Sense::NoFirst && i == 0) is_said = true;
        bool is_more = word == Sense::Other || word == Sense::Panel;
        if (is_more && !(is_fault && was_no)) is_other = true;
    }
    if (!is_said) return is_clock();
    if (!is_other) return !has_yes;
    if (phrase_.size() == 0 || settled_.any()) return false;
    // Of something else: "lowBattery: 0", "battery normal", but neither "power off" nor "no gps".
    std::size_t last = phrase_.size() - 1;
    constexpr std::string_view kEnds[] = {"off", "over", "released", "0"};
    bool is_end = is_one_of(kEnds, phrase_.word(last));
    Sense word = sense(last);
    bool is_value = phrase_.gap_before(last) == Gap::Equals;
    return word == Sense::Quiet || (word == Sense::QuietLast && (!is_end || is_value)) ||
           (word == Sense::No && is_value);
}

// Zero in any spelling: "0.0", "00", "-0".
bool is_zero(std::string_view text) {
    double number = 1;
    return as_number(text, number) && number == 0;
}

bool is_sos_in_letters(std::string_view text) {
    constexpr std::string_view kSos = "sos";
    std::size_t at = 0;
    for (char c : text) {
        bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool is_digit = c >= '0' && c <= '9';
        if (!is_letter && !is_digit) continue;
        if (at == kSos.size() || (c | 0x20) != kSos[at]) return false;
        at++;
    }
    return at == kSos.size();
}

bool is_plain_emergency(std::string_view text) {
    Phrase phrase;
    bool is_any = is_sos_in_letters(text);
    while (!is_any && phrase.take(text)) is_any = Judge(phrase).is_plain_emergency();
    return is_any;
}

bool is_sure_emergency(std::string_view text) {
    Phrase phrase;
    bool is_any = is_sos_in_letters(text);
    while (!is_any && phrase.take(text)) is_any = Judge(phrase).is_plain_sure_emergency();
    return is_any;
}

// Whether the value of an emergency says anything but that there is none.
bool affirms_emergency(std::string_view text) {
    if (is_zero(text)) return false;
    Phrase phrase;
    while (phrase.take(text)) {
        if (!Judge(phrase).denies_emergency()) return true;
    }
    return false;
}

// What a key of these words can say.
enum class KeyKind : std::uint8_t {
    None,
    Certain,  // "sos", "panic_button": any value but a denial
    Measure,  // "smoke": only a yes
    Gas,      // "co": only a yes in words
    Alarm,    // "alarm": its text decides
    Event,    // "event": its text, if it is an emergency
    State,    // "status": the same, if it says nothing else
    Kind,     // "type": the same, if it is neither a measure nor a thing
};

KeyKind kind_of_plain_key(const Phrase& phrase) {
    constexpr std::string_view kBesides[] = {"code", "name", "text", "last"};
    KeyKind kind = KeyKind::None;
    for (std::size_t i = 0; i < phrase.size(); i++) {
        std::string_view word = phrase.word(i);
        bool is_event = is_one_of(kEventKeys, word);
        bool is_state = is_one_of(kStateKeys, word);
        bool is_kind = is_one_of(kKindKeys, word);
        // "alarm_mode" is set by somebody.
        if (word == "mode" && kind != KeyKind::None) return KeyKind::None;
        if (is_one_of(kAlarmKeys, word)) {
            kind = KeyKind::Alarm;
        } else if (is_event && kind != KeyKind::Alarm) {
            kind = KeyKind::Event;
        } else if (is_state && (kind == KeyKind::None || kind == KeyKind::Kind)) {
            kind = KeyKind::State;
        } else if (is_kind && kind == KeyKind::None) {
            kind = KeyKind::Kind;
        } else if (!is_event && !is_state && !is_kind && sense_of(word) != Sense::Filler &&
                   !is_one_of(kBesides, word)) {
            return KeyKind::None;
        }
    }
    return kind;
}

// The part of a path that says whose value it is.
KeyKind kind_of_key_part(std::string_view part) {
    Phrase phrase;
    if (!may_speak(part) || !phrase.take(part) || phrase.size() == 0 || !part.empty())
        return KeyKind::None;
    KeyKind kind = KeyKind::None;
    for (std::size_t i = 0; i < phrase.size();) {
        Found found = emergency_at(phrase, i);
        Sense word = sense_of(phrase.word(i));
        bool is_emergency = found.sort != Sort::None && found.sort != Sort::Text;
        if (is_emergency && kind == KeyKind::None) {
            kind = found.sort == Sort::Certain   ? KeyKind::Certain
                   : found.sort == Sort::Measure ? KeyKind::Measure
                                                 : KeyKind::Gas;
        } else if (!is_emergency && word != Sense::Filler && word != Sense::Yes) {
            return kind_of_plain_key(phrase);
        }
        i = is_emergency ? found.end : i + 1;
    }
    return kind == KeyKind::None ? kind_of_plain_key(phrase) : kind;
}

// Names within an object of an alarm: {"sos":{"active":true}}.
bool is_inner_name(std::string_view part) {
    constexpr std::string_view kNames[] = {"value",    "active",    "state",  "status",   "type",
                                           "text",     "pressed",   "kind",   "detected", "msg",
                                           "deployed", "triggered", "reason", "message"};
    if (has_only_digits(part)) return true;
    char letters[16];
    std::size_t size = 0;
    for (char c : part) {
        if (c == '_' || c == '-') continue;
        if (size == sizeof letters) return false;
        letters[size++] = lower(c);
    }
    std::string_view name(letters, size);
    if (name.starts_with("is")) name.remove_prefix(2);
    return is_one_of(kNames, name);
}

// {"device":{"type":"panic button"}}: it says which thing this is.
bool is_thing(std::string_view part) {
    constexpr std::string_view kThings[] = {"device",  "dev",     "sensor",   "node",
                                            "tag",     "model",   "hardware", "product",
                                            "vehicle", "tracker", "gateway",  "station"};
    return std::any_of(std::begin(kThings), std::end(kThings), [&](std::string_view thing) {
        return part.size() == thing.size() &&
               std::equal(part.begin(), part.end(), thing.begin(),
                          [](char a, char b) { return lower(a) == b; });
    });
}

KeyKind kind_of_key(std::string_view path) {
    if (is_sos_in_letters(path)) return KeyKind::Certain;
    KeyKind inner = KeyKind::None;
    while (true) {
        std::size_t dot = path.rfind('.');
        std::string_view part = dot == std::string_view::npos ? path : path.substr(dot + 1);
        KeyKind kind = kind_of_key_part(part);
        if (inner == KeyKind::Kind && is_thing(part)) return KeyKind::None;
        if (!is_inner_name(part)) return kind == KeyKind::None ? inner : kind;
        if (inner == KeyKind::None) inner = kind;
        if (dot == std::string_view::npos) return inner;
        path = path.substr(0, dot);
    }
}

Alarm alarm_of_measure(KeyKind kind, const JsonLeaf& leaf) {
    bool is_gas = kind == KeyKind::Gas;
    double number = 0;
    if (leaf.type == LeafType::Boolean) return leaf.integer != 0 ? kEmergency : Alarm{};
    if (as_number(leaf, number)) return !is_gas && number == 1 ? kEmergency : Alarm{};
    bool is_measured = leaf.text.find_first_of("0123456789") != std::string_view::npos;
    if (!alarm_of_text(leaf.text) || is_measured) return {};
    std::string_view text = leaf.text;
    Phrase phrase;
    while (phrase.take(text)) {
        bool has_other = false;
        for (std::size_t i = 0; i < phrase.size(); i++) {
            has_other = has_other || (sense_of(phrase.word(i)) == Sense::Other &&
                                      emergency_at(phrase, i).sort == Sort::None);
        }
        if (!has_other || !is_gas) return kEmergency;
    }
    return {};
}

Alarm alarm_of_number(KeyKind kind, double number) {
    if (number == 0) return {};
    // Less than a half is a chance, or a force.
    bool is_fraction = number > 0 && number < 0.5;
    if (kind == KeyKind::Certain) return is_fraction ? Alarm{} : kEmergency;
    return kind == KeyKind::Alarm ? kAlarm : Alarm{};
}

}  // namespace

Alarm alarm_of_text(std::string_view text) {
    if (is_zero(text)) return {};
    if (is_sos_in_letters(text)) return kEmergency;
    Alarm worst;
    Phrase phrase;
    while (worst.severity != Severity::Critical && phrase.take(text)) {
        worst = worse(worst, Judge(phrase).alarm());
    }
    return worst;
}

bool is_certain_emergency(std::string_view text) {
    if (!may_be_certain(text)) return false;
    if (is_sos_in_letters(text)) return true;
    // "sos mode", "sos sensor".
    constexpr std::string_view kThings[] = {"mode",      "sensor", "detector",
                                            "detection", "switch", "type"};
    Phrase phrase;
    bool is_any = false;
    while (phrase.take(text)) {
        for (std::size_t i = 0; i < phrase.size(); i++) {
            if (is_one_of(kThings, phrase.word(i))) return false;
        }
        Judge judge(phrase);
        is_any = judge.is_plain_certain_emergency() || is_any;
        if (judge.has_other()) return false;
    }
    return is_any;
}

bool is_name_key(std::string_view path) {
    constexpr std::string_view kNames[] = {"name",    "model",  "device", "label", "driver",
                                           "product", "vendor", "sensor", "ssid"};
    std::string_view last = path.substr(path.rfind('.') + 1);
    return std::any_of(std::begin(kNames), std::end(kNames), [&](std::string_view name) {
        if (last.size() < name.size()) return false;
        std::string_view end = last.substr(last.size() - name.size());
        return std::equal(end.begin(), end.end(), name.begin(),
                          [](char a, char b) { return lower(a) == b; });
    });
}

bool alarm_key(std::string_view key) {
    return kind_of_key(key) != KeyKind::None;
}

Alarm alarm_of_member(std::string_view key, const JsonLeaf& leaf) {
    bool is_said = leaf.type == LeafType::Boolean || leaf.type == LeafType::Integer ||
                   leaf.type == LeafType::Real || leaf.type == LeafType::Text;
    if (!is_said) return {};
    KeyKind kind = kind_of_key(key);
    if (kind == KeyKind::None) return {};
    if (kind == KeyKind::Measure || kind == KeyKind::Gas) return alarm_of_measure(kind, leaf);
    if (leaf.type == LeafType::Boolean) return alarm_of_number(kind, leaf.integer != 0 ? 1 : 0);
    if (leaf.type != LeafType::Text) return alarm_of_number(kind, leaf.number);
    bool is_emergency = false;
    if (kind == KeyKind::Certain) {
        is_emergency = affirms_emergency(leaf.text);
    } else if (kind == KeyKind::State) {
        is_emergency = is_plain_emergency(leaf.text);
    } else if (kind == KeyKind::Kind) {
        is_emergency = is_sure_emergency(leaf.text);
    } else {
        Alarm told = alarm_of_text(leaf.text);
        if (kind == KeyKind::Alarm) return told;
        is_emergency = told.severity == Severity::Critical;
    }
    return is_emergency ? kEmergency : Alarm{};
}

}  // namespace martlet::telemetry
