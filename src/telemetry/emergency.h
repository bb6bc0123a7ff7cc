#pragma once

// The one judge of alarms and emergencies, for every decoder: generous in spelling, and on the side
// of the alarm when in doubt. Pure functions without allocation; any thread.

#include "telemetry/payload_json.h"
#include "telemetry/words.h"

#include <string>
#include <string_view>

namespace martlet::telemetry {

struct Alarm {
    // "emergency" (Critical), "alarm" (Warning); empty: no alarm.
    std::string_view event;
    Severity severity = Severity::Info;
    explicit operator bool() const { return !event.empty(); }
};

// The text of an alarm attribute or an alarm topic: one word or several joined by ',', ';', '|',
// '+', '/' or blanks. The worst one decides: "sos", "S.O.S.", "lowBattery,sos", "panic button" are
// emergencies; "lowBattery" and words that are not known are alarms; "", "0", "none", "ok",
// "normal", "false", "off" and "clear" are no alarm, alone or after the word that they deny ("sos:
// false", "panic cleared", "no sos").
Alarm alarm_of_text(std::string_view text);

// A member of an object by its key or by its whole path ("alarms.0", "sos.active") and its value:
// {"sos":1}, {"panic":"true"}, {"alarm":"sos,lowBattery"}, {"event":"crash"}. Keys that do not
// speak of alarms are no alarm, nor is what only surrounds one ("sos_number", "crash_count"). Keys
// of measures ("smoke", "fall") are emergencies only when they say yes. Quick enough to be asked of
// every value, but the answer of a key that speaks of no alarm may be kept: alarm_key().
Alarm alarm_of_member(std::string_view key, const JsonLeaf& leaf);

// Whether a short text is nothing but an emergency that is certain under any key: "SOS", "SOS
// pressed", "panic button", "mayday", "man down". Not a word that means other things elsewhere
// ("fire", "help", "crash", "panic"), nor one that is denied ("sos: off"). A quick no for nearly
// all texts: it may be asked of every one, except where the key names a thing: is_name_key().
bool is_certain_emergency(std::string_view text);

// Whether the value of this key or path is the name of a thing or a person ("name", "device.model",
// "friendlyName"): a device that is called "Panic button" is no alarm.
bool is_name_key(std::string_view path);

// Whether a value of this key or path could be an alarm: false for ever for nearly all keys.
bool alarm_key(std::string_view key);

}  // namespace martlet::telemetry
