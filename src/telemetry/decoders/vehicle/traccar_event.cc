#include "telemetry/decoders/vehicle/traccar_event.h"

#include "base/text.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/decoders/vehicle/quantity.h"
#include "telemetry/payload_time.h"

#include <algorithm>
#include <array>

namespace martlet::telemetry::vehicle {

namespace {

// How one of Traccar's events is called here, and where its text stands.
struct Kind {
    std::string_view type;
    std::string_view kind;
    Severity severity;
    std::string_view text_path;
};

constexpr std::array kKinds = {
    Kind{"deviceOverspeed", "over_speed", Severity::Warning, "geofence.name"},
    Kind{"deviceUnknown", "connection_unknown", Severity::Info, ""},
    Kind{"deviceInactive", "inactive", Severity::Warning, ""},
    Kind{"deviceMoving", "moving", Severity::Info, ""},
    Kind{"deviceStopped", "stopped", Severity::Info, ""},
    Kind{"deviceFuelDrop", "fuel_drop", Severity::Warning, ""},
    Kind{"deviceFuelIncrease", "fuel_increase", Severity::Info, ""},
    Kind{"geofenceEnter", "zone_enter", Severity::Info, "geofence.name"},
    Kind{"geofenceExit", "zone_leave", Severity::Info, "geofence.name"},
    Kind{"ignitionOn", "ignition_on", Severity::Info, ""},
    Kind{"ignitionOff", "ignition_off", Severity::Info, ""},
    Kind{"maintenance", "maintenance", Severity::Warning, "maintenance.name"},
    Kind{"driverChanged", "driver_changed", Severity::Info, "event.attributes.driverUniqueId"},
    Kind{"commandResult", "command_result", Severity::Info, "event.attributes.result"},
    Kind{"queuedCommandSent", "command_sent", Severity::Info, ""},
    Kind{"textMessage", "text", Severity::Info, "event.attributes.message"},
    Kind{"media", "media", Severity::Info, "event.attributes.file"},
};

// "deviceFuelDrop" as "device_fuel_drop": of types that came after this table.
std::string snake_case(std::string_view type) {
    std::string name;
    for (char c : type.substr(0, kMetricNameBytesMax)) {
        bool is_upper = c >= 'A' && c <= 'Z';
        bool is_word = is_upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (is_upper && !name.empty()) name += '_';
        name += is_upper ? static_cast<char>(c - 'A' + 'a') : is_word ? c : '_';
    }
    return name;
}

// Speeds of events are in knots.
std::string speeds_text(const JsonBlock& block) {
    double kn = 0;
    const JsonLeaf* speed = block.find("event.attributes.speed");
    if (speed == nullptr || !as_number(*speed, kn)) return {};
    std::string text = fmt::format("{:.0f} km/h", kn * kKmhInKnot);
    const JsonLeaf* limit = block.find("event.attributes.speedLimit");
    if (limit != nullptr && as_number(*limit, kn))
        text += fmt::format(" where {:.0f} are allowed", kn * kKmhInKnot);
    return text;
}

Time time_of_event(const JsonBlock& block, Time received) {
    Time time = 0;
    for (std::string_view path : {"event.eventTime", "event.serverTime"}) {
        const JsonLeaf* leaf = block.find(path);
        if (leaf != nullptr && payload_time(*leaf, 0, received, time)) return time;
    }
    return 0;
}

// What an event says of a state that lasts.
void put_state(std::string_view type, Reading& reading) {
    if (type == "deviceOnline") reading.online = true;
    if (type == "deviceOffline") reading.online = false;
    if (type == "ignitionOn" || type == "ignitionOff") reading.ignition = type == "ignitionOn";
    if (type != "deviceMoving" && type != "deviceStopped") return;
    reading.moving = type == "deviceMoving";
    reading.measures.push_back({"moving", "", SeriesKind::State, std::int64_t{*reading.moving}});
}

// All alarms at this path: one text, or a list of them.
std::string alarms_at(const JsonBlock& block, std::string_view wanted) {
    std::string alarms;
    for (const JsonLeaf& leaf : block.leaves()) {
        std::string_view path = block.path_of(leaf);
        bool is_alarm = path.starts_with(wanted) &&
                        (path.size() == wanted.size() || path[wanted.size()] == '.');
        if (!is_alarm || leaf.type != LeafType::Text || alarms.size() > kTextBytesMax) continue;
        if (!alarms.empty()) alarms += ',';
        alarms += plain_text(leaf.text);
    }
    return alarms;
}

void put_alarms(const std::string& alarms, Time time, Reading& reading) {
    Alarm alarm = alarm_of_text(alarms);
    if (!alarm) return;
    Event event;
    event.time = time;
    event.kind = alarm.event;
    event.severity = alarm.severity;
    event.text = plain_text(alarms);
    reading.events.push_back(std::move(event));
}

// An alarm's own words; those of the position stand for it when it has none.
std::string alarms_of(const JsonBlock& block, std::string_view type) {
    std::string told = alarms_at(block, "event.attributes.alarm");
    if (told.empty()) told = alarms_at(block, "event.alarm");
    std::string alarms = alarms_at(block, "position.attributes.alarm");
    if (told.empty() && alarms.empty() && type == "alarm") return std::string(type);
    if (told.empty() || told == alarms) return alarms;
    return alarms.empty() ? told : told + "," + alarms;
}

Event event_of_type(const JsonBlock& block, std::string_view type) {
    Event event;
    const auto* known = std::find_if(kKinds.begin(), kKinds.end(),
                                     [&](const Kind& kind) { return kind.type == type; });
    if (known != kKinds.end()) {
        event.kind = known->kind;
        event.severity = known->severity;
        event.text = block.text_at(known->text_path);
    } else {
        event.kind = snake_case(type);
        bool is_emergency = alarm_of_text(type).severity == Severity::Critical;
        if (is_emergency) event.severity = Severity::Critical;
    }
    if (type == "deviceOverspeed") event.text = speeds_text(block);
    if (type.starts_with("geofence") && event.text.empty()) {
        std::string id = block.text_at("event.geofenceId");
        if (!id.empty()) event.text = "geofence " + id;
    }
    return event;
}

}  // namespace

void put_traccar_event(const JsonBlock& block, Reading& reading) {
    std::string type = block.text_at("event.type");
    Time time = type.empty() ? 0 : time_of_event(block, reading.received);
    if (!reading.time && time != 0) reading.time = time;
    bool is_alarm = type == "alarm";
    put_alarms(alarms_of(block, type), is_alarm ? time : 0, reading);
    put_state(type, reading);
    if (type.empty() || is_alarm || type == "deviceOnline" || type == "deviceOffline") return;
    Event event = event_of_type(block, type);
    event.time = time;
    reading.events.push_back(std::move(event));
}

}  // namespace martlet::telemetry::vehicle
