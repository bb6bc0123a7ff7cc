#include "telemetry/decoders/vehicle/logbook.h"

#include <algorithm>
#include <cmath>

namespace martlet::telemetry::vehicle {

namespace {

// Halves of a place that came further apart than this are not of one place.
constexpr Time kHalvesApartMax = 5'000;
// An alarm that comes again within this time is the same one; later it was raised again.
constexpr Time kAlarmHolds = 60'000;

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        if (!text.empty()) text += ", ";
        text += word;
    }
    return text;
}

bool is_all(std::string_view text, std::string_view allowed) {
    return text.find_first_not_of(allowed) == std::string_view::npos;
}

bool looks_like_vin(std::string_view id) {
    return id.size() == 17 && is_all(id, "0123456789ABCDEFGHJKLMNPRSTUVWXYZ");
}

bool looks_like_imei(std::string_view id) {
    return id.size() == 15 && is_all(id, "0123456789");
}

bool put_position(const Reading& reading, Time time, Decoded& out) {
    if (!reading.latitude || !reading.longitude) return false;
    Position position;
    position.source = out.sender;
    position.time = time;
    position.latitude = *reading.latitude;
    position.longitude = *reading.longitude;
    position.altitude_m = reading.altitude_m.value_or(NAN);
    position.speed_kmh = reading.speed_kmh.value_or(NAN);
    position.heading_deg = reading.heading_deg.value_or(NAN);
    position.uncertainty_m = reading.uncertainty_m.value_or(NAN);
    out.positions.push_back(std::move(position));
    return true;
}

void put_samples(Reading& reading, bool has_position, Time time, Decoded& out) {
    auto put = [&](std::string metric, std::string unit, SeriesKind kind, Value value,
                   UnitSource unit_source = UnitSource::Mapped) {
        out.samples.push_back({out.sender, std::move(metric), std::move(unit), kind, time,
                               std::move(value), unit_source});
    };
    if (reading.speed_kmh) put("speed", "km/h", SeriesKind::Gauge, *reading.speed_kmh);
    if (!has_position && reading.heading_deg) {
        put("heading", "°", SeriesKind::Gauge, *reading.heading_deg);
    }
    if (!has_position && reading.altitude_m) {
        put("altitude", "m", SeriesKind::Gauge, *reading.altitude_m);
    }
    for (Measure& measure : reading.measures) {
        put(std::move(measure.metric), std::move(measure.unit), measure.kind,
            std::move(measure.value), measure.unit_source);
    }
    if (reading.odometer_km) put("odometer", "km", SeriesKind::Meter, *reading.odometer_km);
    if (reading.ignition) put("ignition", "", SeriesKind::State, std::int64_t{*reading.ignition});
    if (reading.lamp) put("mil", "", SeriesKind::State, std::int64_t{*reading.lamp});
}

Observation observation_of(const Reading& reading, Time time) {
    Observation now;
    now.time = time;
    now.received = reading.received;
    now.is_own_time = reading.time.has_value();
    if (reading.latitude && reading.longitude) {
        now.place = {*reading.latitude, *reading.longitude, reading.uncertainty_m};
    }
    now.speed_kmh = reading.speed_kmh;
    now.heading_deg = reading.heading_deg;
    now.odometer_km = reading.odometer_km;
    now.ignition = reading.ignition;
    now.moving = reading.moving;
    return now;
}

}  // namespace

SourceId Logbook::source_of(std::string_view id) {
    return {"vehicle", std::string(id)};
}

void Logbook::enter(const std::string& id, Reading& reading, Decoded& out) {
    if (reading.is_empty()) return;
    if (reading.online)
        enter_online(id, *reading.online, reading.time.value_or(reading.received), out);
    out.sender = source_of(id);
    bool is_new = vehicles_.find(id) == nullptr;
    Vehicle& vehicle = vehicles_.touch(id);
    if (is_new && looks_like_vin(id)) reading.facts.emplace_back("vin", id);
    if (is_new && looks_like_imei(id)) reading.facts.emplace_back("imei", id);
    Time time = reading.time.value_or(reading.received);
    join_halves(vehicle, reading, time);
    if (reading.codes) std::sort(reading.codes->begin(), reading.codes->end());
    if (reading.latitude == 0.0 && reading.longitude == 0.0) {
        // No fix.
        reading.latitude.reset();
        reading.longitude.reset();
    }
    note(vehicle, reading, out);
    bool has_position = put_position(reading, time, out);
    put_samples(reading, has_position, time, out);
    put_codes(vehicle, reading, time, out);
    put_alarms(vehicle, reading, time, out);
    for (Event& event : reading.events) {
        event.source = out.sender;
        if (event.time == 0) event.time = time;
        out.events.push_back(std::move(event));
    }
    vehicle.journey.observe(observation_of(reading, time), rules_, out.sender, out);
}

void Logbook::enter_online(const std::string& id, bool is_online, Time time, Decoded& out) {
    out.sender = source_of(id);
    Vehicle& vehicle = vehicles_.touch(id);
    out.samples.push_back(
        {out.sender, "online", "", SeriesKind::State, time, std::int64_t{is_online}});
    if (vehicle.online == is_online) return;
    vehicle.online = is_online;
    Event event;
    event.source = out.sender;
    event.time = time;
    event.kind = is_online ? "online" : "offline";
    event.severity = is_online ? Severity::Info : Severity::Warning;
    out.events.push_back(std::move(event));
}

bool Logbook::is_known_offline(std::string_view id) const {
    const Vehicle* vehicle = vehicles_.find(id);
    return vehicle != nullptr && vehicle->online == false;
}

void Logbook::join_halves(Vehicle& vehicle, Reading& reading, Time time) {
    if (reading.latitude.has_value() == reading.longitude.has_value()) return;
    HalfPlace& half = vehicle.half;
    if (std::abs(time - half.time) > kHalvesApartMax) half = {};
    half.time = time;
    if (reading.latitude) half.latitude = reading.latitude;
    if (reading.longitude) half.longitude = reading.longitude;
    if (!half.latitude || !half.longitude) return;
    reading.latitude = half.latitude;
    reading.longitude = half.longitude;
    half = {};
}

void Logbook::note(Vehicle& vehicle, const Reading& reading, Decoded& out) {
    SourceNote told{out.sender, {}, {}};
    if (reading.name != vehicle.name && !reading.name.empty()) {
        told.name = reading.name;
        vehicle.name = reading.name;
    }
    for (const auto& [name, text] : reading.facts) note_fact(vehicle, name, text, told);
    if (!reading.implausible.empty()) {
        std::vector<std::string> names = reading.implausible;
        std::sort(names.begin(), names.end());
        names.erase(std::unique(names.begin(), names.end()), names.end());
        note_fact(vehicle, "implausible", joined(names), told);
    }
    if (reading.codes) note_fact(vehicle, "dtc", joined(*reading.codes), told);
    if (!told.name.empty() || !told.facts.empty()) out.notes.push_back(std::move(told));
}

void Logbook::note_fact(Vehicle& vehicle, std::string_view name, const std::string& text,
                        SourceNote& note) {
    auto found = vehicle.facts.find(name);
    if (found != vehicle.facts.end() ? found->second == text : text.empty()) return;
    if (found != vehicle.facts.end()) {
        found->second = text;
    } else if (vehicle.facts.size() < kFactsMax) {
        vehicle.facts.emplace(std::string(name), text);
    }
    note.facts.emplace_back(name, text);
}

void Logbook::put_alarms(Vehicle& vehicle, Reading& reading, Time time, Decoded& out) {
    bool is_raised = false;
    for (ToldAlarm& told : reading.alarms) {
        if (!told.alarm) {
            end_alarm(vehicle, told.key, time, out);
            continue;
        }
        auto found = vehicle.alarms.find(told.key);
        bool is_known = found != vehicle.alarms.end();
        bool is_same = is_known && found->second.text == told.text &&
                       std::abs(reading.received - found->second.seen) <= kAlarmHolds;
        bool is_emergency = told.alarm.severity == Severity::Critical;
        if (is_known && found->second.is_emergency && !is_emergency) {
            end_alarm(vehicle, told.key, time, out);
            is_known = false;
        }
        bool is_lasting = is_emergency && !told.is_passing;
        Standing standing{told.text, is_lasting, reading.received};
        if (is_known) {
            found->second = std::move(standing);
        } else if (vehicle.alarms.size() < kAlarmsStandingMax) {
            vehicle.alarms.emplace(told.key, std::move(standing));
        }
        if (is_same) continue;
        if (is_lasting) is_raised = true;
        Event event;
        event.source = out.sender;
        event.time = time;
        event.kind = told.alarm.event;
        event.severity = told.alarm.severity;
        event.text = std::move(told.text);
        out.events.push_back(std::move(event));
    }
    if (!is_raised) return;
    out.samples.push_back({out.sender, "emergency", "", SeriesKind::State, time, std::int64_t{1}});
}

void Logbook::end_alarm(Vehicle& vehicle, const std::string& key, Time time, Decoded& out) {
    bool was_emergency = false;
    // With those of a list: "alarms.0".
    for (auto at = vehicle.alarms.begin(); at != vehicle.alarms.end();) {
        bool is_ended = at->first.starts_with(key) &&
                        (at->first.size() == key.size() || at->first[key.size()] == '.');
        was_emergency = was_emergency || (is_ended && at->second.is_emergency);
        auto here = at++;
        if (is_ended) vehicle.alarms.erase(here);
    }
    bool is_other = std::any_of(vehicle.alarms.begin(), vehicle.alarms.end(),
                                [](const auto& alarm) { return alarm.second.is_emergency; });
    if (!was_emergency || is_other) return;
    out.samples.push_back({out.sender, "emergency", "", SeriesKind::State, time, std::int64_t{0}});
    Event event;
    event.source = out.sender;
    event.time = time;
    event.kind = "emergency_cleared";
    event.text = key;
    out.events.push_back(std::move(event));
}

void Logbook::put_codes(Vehicle& vehicle, const Reading& reading, Time time, Decoded& out) {
    if (!reading.codes) return;
    bool is_counted = std::any_of(out.samples.begin(), out.samples.end(), [](const Sample& sample) {
        return sample.metric == "dtc_count";
    });
    if (!is_counted) {
        out.samples.push_back({out.sender, "dtc_count", "", SeriesKind::State, time,
                               static_cast<std::int64_t>(reading.codes->size())});
    }
    bool had_any = vehicle.codes && !vehicle.codes->empty();
    bool is_change = vehicle.codes != reading.codes;
    vehicle.codes = reading.codes;
    if (!is_change || (reading.codes->empty() && !had_any)) return;
    Event event;
    event.source = out.sender;
    event.time = time;
    event.kind = reading.codes->empty() ? "dtc_cleared" : "dtc";
    event.severity = reading.codes->empty() ? Severity::Info : Severity::Warning;
    event.text = joined(*reading.codes);
    out.events.push_back(std::move(event));
}

}  // namespace martlet::telemetry::vehicle
