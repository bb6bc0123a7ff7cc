// The judge of alarms: every spelling of an emergency, wherever it stands in a list, and no alarm
// where a text or a key says that there is none.

#include "telemetry/emergency.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <vector>

namespace martlet::telemetry {
namespace {

JsonLeaf leaf_of(std::string_view text) {
    JsonLeaf leaf;
    leaf.type = LeafType::Text;
    leaf.text = text;
    return leaf;
}

JsonLeaf leaf_of(std::int64_t number) {
    JsonLeaf leaf;
    leaf.type = LeafType::Integer;
    leaf.integer = number;
    leaf.number = static_cast<double>(number);
    return leaf;
}

JsonLeaf leaf_of(double number) {
    JsonLeaf leaf;
    leaf.type = LeafType::Real;
    leaf.number = number;
    return leaf;
}

JsonLeaf leaf_of(bool truth) {
    JsonLeaf leaf;
    leaf.type = LeafType::Boolean;
    leaf.integer = truth ? 1 : 0;
    leaf.number = truth ? 1 : 0;
    return leaf;
}

std::string said(Alarm alarm) {
    return std::string(alarm.event) + (alarm.severity == Severity::Critical ? "!" : "");
}

std::string text(std::string_view text) {
    return said(alarm_of_text(text));
}

template <typename T>
std::string member(std::string_view key, T value) {
    return said(alarm_of_member(key, leaf_of(value)));
}

std::string member(std::string_view key, const char* value) {
    return said(alarm_of_member(key, leaf_of(std::string_view(value))));
}

// Words of one emergency, and every way of writing them behind one another.
std::vector<std::string> spellings(const std::vector<std::string>& words) {
    auto upper = [](std::string word, bool all) {
        for (std::size_t i = 0; i < word.size() && (all || i == 0); i++)
            word[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[i])));
        return word;
    };
    std::vector<std::string> all;
    for (const char* between : {"", " ", "_", "-", ". "}) {
        std::string small;
        std::string large;
        std::string titled;
        std::string camel;
        for (const std::string& word : words) {
            if (!small.empty()) {
                for (std::string* text : {&small, &large, &titled, &camel}) *text += between;
            }
            small += word;
            large += upper(word, true);
            camel += camel.empty() ? word : upper(word, false);
            titled += upper(word, false);
        }
        for (const std::string& text : {small, large, titled, camel}) all.push_back(text);
    }
    return all;
}

const std::vector<std::vector<std::string>> kEmergencies = {
    {"sos"},
    {"s", "o", "s"},
    {"sos", "alarm"},
    {"sos", "button"},
    {"panic"},
    {"panic", "button"},
    {"crash"},
    {"crash", "detected"},
    {"collision"},
    {"accident"},
    {"rollover"},
    {"roll", "over"},
    {"man", "down"},
    {"fall"},
    {"fall", "detection"},
    {"fall", "down"},
    {"airbag"},
    {"airbag", "deployed"},
    {"fire"},
    {"fire", "alarm"},
    {"smoke"},
    {"smoke", "detected"},
    {"hijack"},
    {"car", "jacking"},
    {"duress"},
    {"hold", "up"},
    {"medical"},
    {"medical", "alert"},
    {"ambulance"},
    {"mayday"},
    {"distress"},
    {"emergency"},
    {"emergency", "call"},
    {"carbon", "monoxide", "alarm"},
    {"gas", "leak"},
    {"e", "call"},
};

TEST(Emergency, is_heard_in_every_spelling_at_every_place_of_a_list) {
    std::vector<std::string> others = {"lowBattery",   "power_cut", "overspeed", "7",
                                       "geofenceExit", "tampering", "idle",      "ok",
                                       "none",         ""};
    for (const auto& words : kEmergencies) {
        for (const std::string& spelling : spellings(words)) {
            EXPECT_EQ(text(spelling), "emergency!") << spelling;
            for (std::string_view separator : {",", ";", "|", "+", "/", ", ", " | ", "\n", " "}) {
                for (const std::string& other : others) {
                    std::string list = spelling;
                    list += separator;
                    list += other;
                    // "panic none" and "panic ok" deny it.
                    bool is_denied =
                        separator == " " && (other == "ok" || other == "none" || other == "idle");
                    if (!is_denied) {
                        EXPECT_EQ(text(list), "emergency!") << list;
                    }
                    list = other;
                    list += separator;
                    list += spelling;
                    list += separator;
                    list += other;
                    if (!is_denied) {
                        EXPECT_EQ(text(list), "emergency!") << list;
                    }
                }
            }
        }
    }
}

TEST(Emergency, is_heard_beside_any_words_in_any_order) {
    std::vector<std::string> words = {"driver", "trapped", "speed", "62", "km", "zone"};
    for (std::size_t at = 0; at <= words.size(); at++) {
        std::string sentence;
        for (std::size_t i = 0; i <= words.size(); i++) {
            if (i == at) sentence += "Crash ";
            if (i < words.size()) sentence += words[i] + " ";
        }
        EXPECT_EQ(text(sentence), "emergency!") << sentence;
    }
    for (const char* words_of_need : {"SOS, tunnel 4",
                                      "SOS!",
                                      "!!SOS!!",
                                      "sos1",
                                      "SOS2",
                                      "sosalarm",
                                      "SOSALARM",
                                      "SosPressed",
                                      "alarm: sos",
                                      "ALARM_SOS",
                                      "alarmSOS",
                                      "vehicle crashed",
                                      "carcrash",
                                      "\"sos\"",
                                      "[\"sos\"]",
                                      "{\"alarm\":\"sos\"}",
                                      "key=sos",
                                      "s-o-s",
                                      "S O S",
                                      "sOs",
                                      "🆘",
                                      "help",
                                      "help me!",
                                      "co alarm",
                                      "CO",
                                      "co detected",
                                      "man overboard",
                                      "MOB",
                                      "sos on",
                                      "sos=true",
                                      "sos:1",
                                      "sos active",
                                      "sos not cleared",
                                      "sos no movement",
                                      "sos off road",
                                      "no movement, sos",
                                      "no gps sos",

                                      "crash 0 km/h",
                                      "battery ok sos",
                                      "unfall",
                                      "Notruf",
                                      "nödläge"}) {
        EXPECT_EQ(text(words_of_need), "emergency!") << words_of_need;
    }
    EXPECT_EQ(text("sos:0 crash:1"), "emergency!");
    EXPECT_EQ(text("sos:1 crash:0"), "emergency!");
    EXPECT_EQ(text(std::string(5'000, ' ') + "sos"), "emergency!");
    std::string many;
    for (int i = 0; i < 500; i++) many += "lowBattery ";
    EXPECT_EQ(text(many + "sos"), "emergency!");
    EXPECT_EQ(text(std::string(2'000, 'x') + " sos"), "emergency!");
}

TEST(Emergency, other_alarms_are_warnings) {
    for (const char* word : {"lowBattery",
                             "low_battery",
                             "powerCut",
                             "powerOff",
                             "power off",
                             "powerRestored",
                             "tow",
                             "geofenceExit",
                             "geofenceEnter",
                             "overspeed",
                             "hardBraking",
                             "tampering",
                             "jamming",
                             "general",
                             "vibration",
                             "fault",
                             "7",
                             "1",
                             "true",
                             "on",
                             "alarm",
                             "active",
                             "not ok",
                             "not normal",
                             "no gps",
                             "no signal",
                             "engine off",
                             "misfire",
                             "firmware",
                             "rainfall",
                             "isosceles",
                             "co2 high",
                             "color",
                             "forward collision warning",
                             "collision avoidance",
                             "no sos, lowBattery",
                             "no sos lowBattery",
                             "sos:0 lowBattery:1",
                             "door open",
                             "\xff\xfe"}) {
        EXPECT_EQ(text(word), "alarm") << word;
    }
}

TEST(Emergency, no_alarm_is_none) {
    for (const char* word : {"",
                             " ",
                             "0",
                             "0.0",
                             "00",
                             "-0",
                             "none",
                             "None",
                             "NONE",
                             "ok",
                             "OK",
                             "normal",
                             "false",
                             "off",
                             "clear",
                             "cleared",
                             "all clear",
                             "no alarm",
                             "no alarms",
                             "no_alarm",
                             "noAlarm",
                             "alarm off",
                             "alarm: none",
                             "alarm=0",
                             "no",
                             "null",
                             "[]",
                             "{}",
                             "\"\"",
                             "-",
                             "no faults",
                             "inactive",
                             "false alarm",
                             "0,0",
                             "none,none",
                             "ok;ok",
                             "unknown",
                             "07:30",
                             "battery normal",
                             "lowBattery: 0",
                             "lowBattery=false",
                             "power: off"}) {
        EXPECT_EQ(text(word), "") << word;
    }
    for (const auto& words : kEmergencies) {
        for (const std::string& spelling : spellings(words)) {
            for (const char* denied :
                 {"{}: false", "{}=0", "{}:off", "{} cleared", "{} off", "no {}", "No {}",
                  "{}: none", "{} inactive", "{}:\"false\"", "without {}", "{} cancelled",
                  "cancel {}", "{}: no", "{} normal", "{} resolved", "cleared: {}"}) {
                std::string whole(denied);
                whole.replace(whole.find("{}"), 2, spelling);
                // The full stops of "s. o. s" end what is denied.
                if (spelling.find('.') != std::string::npos) continue;
                EXPECT_EQ(text(whole), "") << whole;
            }
        }
    }
    for (const char* word : {"emergency_cleared", "emergencyCleared", "end of emergency",
                             "panic button released", "fire not detected", "no fire detected",
                             "sos: false, crash: false", "no sos, no crash", "fall_not_detected"}) {
        EXPECT_EQ(text(word), "") << word;
    }
}

TEST(Emergency, a_key_and_its_value) {
    for (const char* key :
         {"sos",       "SOS",          "S.O.S",      "sosButton",    "sos_pressed",
          "panic",     "panic_button", "PanicAlarm", "crash",        "crashDetected",
          "collision", "accident",     "emergency",  "is_emergency", "emergencyState",
          "mayday",    "duress",       "alarms.sos", "sos.active",   "panic.value",
          "crash.0",   "airbag"}) {
        EXPECT_TRUE(alarm_key(key)) << key;
        EXPECT_EQ(member(key, std::int64_t{1}), "emergency!") << key;
        EXPECT_EQ(member(key, std::int64_t{3}), "emergency!") << key;
        EXPECT_EQ(member(key, 1.0), "emergency!") << key;
        EXPECT_EQ(member(key, true), "emergency!") << key;
        for (const char* yes : {"true", "1", "ON", "yes", "pressed", "active", "sos", "Tunnel 4"}) {
            EXPECT_EQ(member(key, yes), "emergency!") << key << yes;
        }
        EXPECT_EQ(member(key, std::int64_t{0}), "") << key;
        EXPECT_EQ(member(key, 0.0), "") << key;
        EXPECT_EQ(member(key, false), "") << key;
        for (const char* no : {"false", "0", "OFF", "", "none", "normal", "inactive", "no", "ok"}) {
            EXPECT_EQ(member(key, no), "") << key << no;
        }
        EXPECT_FALSE(alarm_of_member(key, JsonLeaf{})) << key;
    }
}

TEST(Emergency, keys_of_alarms_and_of_states) {
    for (const char* key : {"alarm", "alarms", "alarm_type", "alarmText", "alert", "alarms.0",
                            "alarm.type", "attributes.alarm", "alarmCode"}) {
        EXPECT_EQ(member(key, "sos,lowBattery"), "emergency!") << key;
        EXPECT_EQ(member(key, "lowBattery"), "alarm") << key;
        EXPECT_EQ(member(key, std::int64_t{7}), "alarm") << key;
        EXPECT_EQ(member(key, true), "alarm") << key;
        EXPECT_EQ(member(key, std::int64_t{0}), "") << key;
        EXPECT_EQ(member(key, "none"), "") << key;
    }
    for (const char* key : {"event", "eventType", "event_type", "event.type"}) {
        EXPECT_EQ(member(key, "crash"), "emergency!") << key;
        EXPECT_EQ(member(key, "crash at 5 km"), "emergency!") << key;
        EXPECT_EQ(member(key, "door_open"), "") << key;
        EXPECT_EQ(member(key, std::int64_t{5}), "") << key;
    }
    for (const char* key : {"status", "state", "action", "button", "key", "message"}) {
        EXPECT_EQ(member(key, "SOS"), "emergency!") << key;
        EXPECT_EQ(member(key, "panic_button_pressed"), "emergency!") << key;
        EXPECT_EQ(member(key, "no sos"), "") << key;
        EXPECT_EQ(member(key, "fire door open"), "") << key;
        EXPECT_EQ(member(key, "lowBattery"), "") << key;
        EXPECT_EQ(member(key, std::int64_t{1}), "") << key;
    }
}

TEST(Emergency, measures_are_alarms_only_when_they_say_yes) {
    for (const char* key : {"smoke", "fire", "fall", "smoke_alarm", "fallDetected", "medical"}) {
        EXPECT_EQ(member(key, true), "emergency!") << key;
        EXPECT_EQ(member(key, "detected"), "emergency!") << key;
        EXPECT_EQ(member(key, std::int64_t{1}), "emergency!") << key;
        EXPECT_EQ(member(key, false), "") << key;
        EXPECT_EQ(member(key, "normal"), "") << key;
    }
    EXPECT_EQ(member("smoke", std::int64_t{12}), "");
    EXPECT_EQ(member("smoke", 0.4), "");
    EXPECT_EQ(member("smoke", "12 ppm"), "");
    for (const char* key : {"co", "CO", "co_state", "carbon_monoxide", "gas", "gasState"}) {
        EXPECT_EQ(member(key, true), "emergency!") << key;
        EXPECT_EQ(member(key, "alarm"), "emergency!") << key;
        EXPECT_EQ(member(key, std::int64_t{1}), "") << key;
        EXPECT_EQ(member(key, 9.5), "") << key;
        EXPECT_EQ(member(key, "normal"), "") << key;
        EXPECT_EQ(member(key, "natural"), "") << key;
        EXPECT_EQ(member(key, false), "") << key;
    }
}

TEST(Emergency, keys_that_only_surround_an_alarm_are_none) {
    for (const char* key : {"sos_number",
                            "sosPhone",
                            "emergency_contact",
                            "crash_count",
                            "panic_battery",
                            "fire_risk",
                            "alarm_volume",
                            "alarm_time",
                            "alarmEnabled",
                            "last_sos_time",
                            "mode",
                            "alarm_mode",
                            "alarm.mode",
                            "alarm_melody",
                            "alarm_sound",
                            "alarm_duration",
                            "emergencyLights",
                            "emergencylights",
                            "emergency_brake",
                            "sosnumber",
                            "sos_call_number",
                            "emergencycontact",
                            "emergency_contacts.0",
                            "crashcount",
                            "crashDetectionEnabled",
                            "crashdetectionenabled",
                            "device_type",
                            "device.type",
                            "reset_reason",
                            "help",
                            "temperature",
                            "speed",
                            "status_code_2",
                            "co2",
                            "color",
                            "rainfall",
                            "firmware",
                            "gasoline",
                            "isosceles",
                            "mobile",
                            "",
                            ".",
                            "0",
                            "fall_count",
                            "rollover_angle",
                            "smoke_density"}) {
        EXPECT_FALSE(alarm_key(key)) << key;
        EXPECT_EQ(member(key, "sos"), "") << key;
        EXPECT_EQ(member(key, true), "") << key;
    }
}

TEST(Emergency, an_alarm_panel_at_work_is_no_alarm) {
    for (const char* word :
         {"armed",        "disarmed",     "disarm",       "arm",          "arming",
          "pending",      "armed_home",   "armed_away",   "armed night",  "ARMED_CUSTOM_BYPASS",
          "armedAway",    "armedaway",    "exit_delay",   "entry delay",  "disarmed by user 3",
          "alarm armed",  "system armed", "zone 1 armed", "not armed",    "disarming",
          "alarm: armed", "enabled",      "on standby",   "alarm pending"}) {
        EXPECT_EQ(text(word), "") << word;
        EXPECT_EQ(member("alarm_state", word), "") << word;
    }
    for (const char* word : {"triggered", "alarm triggered", "armed, tamper", "armed triggered",
                             "armed intruder", "disarm failed", "tamper"}) {
        EXPECT_EQ(text(word), "alarm") << word;
    }
    for (const char* word : {"armed robbery", "disarmed, sos", "armed sos pressed"})
        EXPECT_EQ(text(word), "emergency!") << word;
    EXPECT_EQ(member("sos", "pending"), "emergency!");
    EXPECT_EQ(member("panic_button", "pending"), "emergency!");
    for (const char* key : {"crashDetection", "crashdetection", "fall_detection", "panic_button"}) {
        for (const char* word :
             {"enabled", "armed", "disarmed", "disabled", "standby", "on standby"})
            EXPECT_EQ(member(key, word), "") << key << " " << word;
    }
    EXPECT_EQ(text("crash detection enabled"), "");
    EXPECT_EQ(text("emergency lights on"), "alarm");
    EXPECT_EQ(text("sos number changed"), "alarm");
}

TEST(Emergency, words_of_need_under_keys_of_messages_and_kinds) {
    for (const char* key :
         {"evt", "msg", "notification", "report", "reason", "trigger", "eventCode", "alarmType",
          "code", "kind", "type", "priority", "event.type", "events.1", "alerts.0.type",
          "alerts.0.kind", "alerts.crash.type"}) {
        for (const char* word : {"SOS", "sos pressed", "alarm: sos!", "PANIC_BUTTON_ON", "panic",
                                 "crash", "Man down", "door,sos"})
            EXPECT_EQ(member(key, word), "emergency!") << key << " " << word;
        for (const char* word : {"no sos", "sos: off", "panic button released", ""})
            EXPECT_EQ(member(key, word), "") << key << " " << word;
    }
    for (const char* key : {"evt", "msg", "notification", "report"})
        EXPECT_EQ(member(key, "fire alarm"), "emergency!") << key;
    // A smoke detector that says which thing it is.
    for (const char* key : {"type", "kind", "code", "priority", "sensor.type"}) {
        for (const char* word : {"smoke", "fire", "fall", "medical", "gas", "help", "smoke sensor"})
            EXPECT_EQ(member(key, word), "") << key << " " << word;
        EXPECT_EQ(member(key, std::int64_t{1}), "") << key;
        EXPECT_EQ(member(key, true), "") << key;
    }
    EXPECT_EQ(member("alarm.sos.value", true), "emergency!");
    EXPECT_EQ(member("alarm.sos.value", false), "");
    EXPECT_EQ(member("device.type", "panic button"), "");
}

TEST(Emergency, what_is_certain_in_any_place) {
    for (const auto& words : std::vector<std::vector<std::string>>{{"sos"},
                                                                   {"s", "o", "s"},
                                                                   {"sos", "button"},
                                                                   {"sos", "pressed"},
                                                                   {"sos", "alarm"},
                                                                   {"panic", "button"},
                                                                   {"panic", "alarm"},
                                                                   {"mayday"},
                                                                   {"man", "down"},
                                                                   {"man", "overboard"},
                                                                   {"duress"},
                                                                   {"emergency", "call"},
                                                                   {"emergency", "button"}}) {
        for (const std::string& spelling : spellings(words)) {
            EXPECT_TRUE(is_certain_emergency(spelling)) << spelling;
            EXPECT_EQ(text(spelling), "emergency!") << spelling;
            EXPECT_TRUE(is_certain_emergency("alarm: " + spelling + "!")) << spelling;
            EXPECT_FALSE(is_certain_emergency(spelling + " at the gate")) << spelling;
            if (spelling.find('.') != std::string::npos) continue;
            for (const char* denied : {": false", "=0", ": off", " cleared", " inactive"})
                EXPECT_FALSE(is_certain_emergency(spelling + denied)) << spelling << denied;
            EXPECT_FALSE(is_certain_emergency("no " + spelling)) << spelling;
        }
    }
    EXPECT_TRUE(is_certain_emergency("🆘"));
    EXPECT_TRUE(is_certain_emergency("SOS! Help me!"));
    for (const char* word : {"",
                             "on",
                             "off",
                             "fire",
                             "smoke",
                             "help",
                             "fall",
                             "medical",
                             "gas",
                             "co",
                             "crash",
                             "panic",
                             "emergency",
                             "accident",
                             "mob",
                             "kernel panic",
                             "panic mode",
                             "emergency mode",
                             "emergency stop",
                             "emergency heat",
                             "emergency lights",
                             "sos number",
                             "sos mode",
                             "sos sensor",
                             "sos enabled",
                             "isosceles",
                             "mandarin",
                             "distance",
                             "disturbed",
                             "durell",
                             "no alarm",
                             "alarm",
                             "lowBattery",
                             "door,sos",
                             "so",
                             "os",
                             "armed",
                             "SOSNOWIEC"})
        EXPECT_FALSE(is_certain_emergency(word)) << word;
    EXPECT_FALSE(is_certain_emergency(std::string(70, ' ') + "sos"));
    for (const char* key : {"name", "friendlyName", "device.model", "friendly_name", "deviceLabel"})
        EXPECT_TRUE(is_name_key(key)) << key;
    for (const char* key : {"", "note", "x.y", "named", "value"})
        EXPECT_FALSE(is_name_key(key)) << key;
}

TEST(Emergency, any_bytes_are_judged) {
    std::string bytes;
    for (int i = 0; i < 4096; i++) bytes += static_cast<char>(i * 31 + i / 7);
    for (std::size_t size = 0; size < bytes.size(); size += 17) {
        alarm_of_text(std::string_view(bytes).substr(0, size));
        is_certain_emergency(std::string_view(bytes).substr(size, size % 60));
        is_name_key(std::string_view(bytes).substr(0, size));
        alarm_of_member(std::string_view(bytes).substr(0, size), leaf_of(true));
    }
}

}  // namespace
}  // namespace martlet::telemetry
