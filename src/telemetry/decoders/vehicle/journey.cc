#include "telemetry/decoders/vehicle/journey.h"

#include "base/json_writer.h"
#include "base/text.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <numbers>

namespace martlet::telemetry::vehicle {

namespace {

constexpr double kImpliedMaxKmh = 300;
constexpr double kMovingKmh = 5;
// Receivers that do not tell their uncertainty wander about this much while they stand.
constexpr double kUncertaintyM = 10;
constexpr double kHoursInMs = 1.0 / 3'600'000;
constexpr Time kSecond = 1'000;
constexpr Time kMinute = 60 * kSecond;
constexpr Time kStillEndsTrip = 5 * kMinute;
// A silence longer than this is not driving, wherever the vehicle turns up.
constexpr Time kSilenceMax = 60 * kMinute;
// Places further apart in time are no drive unless the vehicle said that it moves: a trailer may
// have stood for most of it.
constexpr Time kPlacesApartMax = 15 * kMinute;
// Two places further apart are no wandering of a receiver, though the speed was 0 at both: it was
// driven in between.
constexpr double kWanderingMaxKm = 0.1;
constexpr Time kOdometerTrusted = 10 * kMinute;
constexpr Time kOwnTimeHolds = 10 * kMinute;
constexpr Time kClockAheadMax = 10 * kMinute;

double radians(double degrees) {
    return degrees * std::numbers::pi / 180;
}

double rounded(double number, double places) {
    return std::round(number * places) / places;
}

double uncertainty_m(const Place& place) {
    return place.uncertainty_m.value_or(kUncertaintyM);
}

double implied_kmh(double km, Time duration) {
    return km / (static_cast<double>(duration) * kHoursInMs);
}

void put_increment(const SourceId& source, std::string_view metric, std::string_view unit,
                   Time time, double value, Decoded& out) {
    out.samples.push_back(
        {source, std::string(metric), std::string(unit), SeriesKind::Increment, time, value});
}

std::string_view speed_band(double kmh) {
    if (kmh < 30) return "driving_time.under_30";
    if (kmh < 50) return "driving_time.30_to_50";
    if (kmh < 80) return "driving_time.50_to_80";
    if (kmh < 110) return "driving_time.80_to_110";
    return "driving_time.over_110";
}

// 22 to 5 o'clock, where the process runs.
bool is_night(Time time) {
    auto seconds = static_cast<std::time_t>(time / 1000);
    std::tm local{};
    return localtime_r(&seconds, &local) != nullptr && (local.tm_hour >= 22 || local.tm_hour < 5);
}

Event event_of(const SourceId& source, std::string_view kind, Time time) {
    Event event;
    event.source = source;
    event.time = time;
    event.kind = kind;
    return event;
}

}  // namespace

void Journey::observe(Observation now, const JourneyRules& rules, const SourceId& source,
                      Decoded& out) {
    bool is_any = now.place || now.speed_kmh || now.odometer_km || now.ignition || now.moving;
    if (!is_any || !take_time(now)) return;
    Output output{source, out};
    follow_stillness(now);
    Step step = step_by_place(now);
    if (now.odometer_km) {
        step.km = step_by_odometer(now);
    } else if (mileage_ && now.time - mileage_->seen <= kOdometerTrusted) {
        step.km = 0;
    } else {
        km_by_place_ += step.km;
    }
    if (step.km > 0) {
        put_increment(source, "distance", "km", now.time, rounded(step.km, 1e6), out);
    }
    follow_driving(now, step, rules, output);
    follow_trip(now, step, output);
    follow_harsh(now, rules, output);
    follow_limit(now, rules, output);
    follow_idling(now, output);
    follow_zones(now, rules, output);
    if (now.speed_kmh) speed_ = {now.time, *now.speed_kmh, now.heading_deg};
}

bool Journey::take_time(Observation& now) {
    bool is_own_lost =
        !now.is_own_time && own_time_came_ && now.received - *own_time_came_ > kOwnTimeHolds;
    bool is_own_found = now.is_own_time && !own_time_came_;
    // A clock that had jumped ahead and is right again: what was counted by it is void, or nothing
    // would count until its time has come.
    bool is_clock_mended = newest_ && now.is_own_time && *newest_ - now.received > kClockAheadMax &&
                           *newest_ - now.time > kClockAheadMax;
    if (is_own_lost || is_own_found || is_clock_mended) *this = {};
    if (now.is_own_time) own_time_came_ = now.received;
    if (!now.is_own_time && own_time_came_) now.time = *newest_;
    if (newest_ && now.time < *newest_) return false;
    newest_ = now.time;
    return true;
}

Journey::Stillness Journey::stillness(const Observation& now) const {
    bool is_off = now.ignition ? !*now.ignition : is_ignition_known_ && !is_ignition_on_;
    if (is_moving_ == false || is_off) return Stillness::State;
    // Of a speed that was told a while ago nothing follows.
    bool is_recent = speed_ && now.time - speed_->time <= kStillEndsTrip;
    bool is_still = now.speed_kmh ? *now.speed_kmh == 0 : is_recent && speed_->kmh == 0;
    return is_still ? Stillness::Speed : Stillness::None;
}

// The ignition itself is followed with the trip, which must see it change.
void Journey::follow_stillness(const Observation& now) {
    if (now.moving) is_moving_ = now.moving;
    stillness_ = stillness(now);
    if (anchor_) anchor_->stillness = std::min(anchor_->stillness, stillness_);
    if (mileage_) mileage_->stillness = std::min(mileage_->stillness, stillness_);
}

bool Journey::is_told_moving() const {
    return is_moving_ == true || (is_ignition_known_ && is_ignition_on_);
}

Journey::Step Journey::step_by_place(const Observation& now) {
    Step step;
    if (!now.place) return step;
    Fix fix{now.time, *now.place, stillness_};
    if (!anchor_) {
        anchor_ = fix;
        return step;
    }
    Time duration = fix.time - anchor_->time;
    if (duration <= 0) return step;
    double km = great_circle_km(anchor_->place, fix.place);
    // Whether it stood all the time from there to here. The place follows, so that wandering and
    // towing are not counted at the start either.
    bool is_still = anchor_->stillness == Stillness::State ||
                    (anchor_->stillness == Stillness::Speed && km <= kWanderingMaxKm);
    if (is_still) {
        step.since = anchor_->time;
        step.implied_kmh = 0;
        anchor_ = fix;
        suspect_.reset();
        return step;
    }
    bool is_noise = km * 1000 < std::max(uncertainty_m(anchor_->place), uncertainty_m(fix.place));
    if (!is_noise && implied_kmh(km, duration) > kImpliedMaxKmh) {
        // Two that agree with one another are right: the vehicle was carried, or the anchor wrong.
        bool is_agreed = suspect_ && fix.time > suspect_->time &&
                         implied_kmh(great_circle_km(suspect_->place, fix.place),
                                     fix.time - suspect_->time) <= kImpliedMaxKmh;
        (is_agreed ? anchor_ : suspect_) = fix;
        if (is_agreed) suspect_.reset();
        return step;
    }
    suspect_.reset();
    step.since = anchor_->time;
    if (is_noise) {
        // The place stays, so that creeping adds up; its time follows, so that the start after a
        // long stand is seen as movement.
        anchor_->time = std::max(anchor_->time, fix.time - kMinute);
        if (stillness_ != Stillness::None) anchor_ = fix;
        step.implied_kmh = 0;
        return step;
    }
    step.km = km;
    step.implied_kmh = implied_kmh(km, duration);
    anchor_ = fix;
    return step;
}

double Journey::step_by_odometer(const Observation& now) {
    double before = std::exchange(km_by_place_, 0);
    Mileage seen{now.time, now.time, *now.odometer_km, stillness_};
    if (!mileage_) {
        mileage_ = seen;
        return 0;
    }
    double km = seen.km - mileage_->km;
    // Many odometers step by whole kilometres.
    double km_max =
        1 + kImpliedMaxKmh * static_cast<double>(now.time - mileage_->changed) * kHoursInMs;
    if (km == 0) {
        mileage_->seen = now.time;
        mileage_->stillness = stillness_;
        return 0;
    }
    bool is_still = mileage_->stillness == Stillness::State;
    mileage_ = seen;
    if (km < 0 || km > km_max || is_still) return 0;
    return std::max(0.0, km - before);
}

void Journey::follow_driving(const Observation& now, const Step& step, const JourneyRules& rules,
                             Output output) {
    Time duration = 0;
    double kmh = 0;
    bool has_recent_speed = speed_ && now.time - speed_->time <= kStillEndsTrip;
    if (now.speed_kmh && has_recent_speed) {
        duration = now.time - speed_->time;
        kmh = (*now.speed_kmh + speed_->kmh) / 2;
    } else if (step.implied_kmh && !has_recent_speed) {
        duration = now.time - std::max(step.since, speed_ ? speed_->time : step.since);
        kmh = *step.implied_kmh;
        if (duration > kPlacesApartMax && !is_told_moving()) return;
    }
    if (duration <= 0 || duration > kSilenceMax || kmh <= kMovingKmh) return;
    auto put = [&](std::string_view metric) {
        put_increment(output.source, metric, "s", now.time, static_cast<double>(duration) / 1000,
                      output.out);
    };
    put("driving_time");
    put(speed_band(kmh));
    if (is_night(now.time)) put("driving_time.night");
    if (rules.speed_limit_kmh && kmh > *rules.speed_limit_kmh) put("driving_time.over_limit");
}

void Journey::follow_ignition(const Observation& now) {
    if (!now.ignition) return;
    is_ignition_known_ = true;
    is_ignition_on_ = *now.ignition;
}

void Journey::follow_trip(const Observation& now, const Step& step, Output output) {
    bool is_near = now.time - step.since <= kPlacesApartMax || is_told_moving();
    bool has_moved = step.implied_kmh && *step.implied_kmh > kMovingKmh && is_near;
    if (trip_ && has_moved && now.time - trip_->last_moving <= kSilenceMax) {
        trip_->last_moving = now.time;
    }
    if (trip_ && now.time - trip_->last_moving > kStillEndsTrip) {
        end_trip(trip_->last_moving, output);
    }
    bool was_on = is_ignition_on_;
    follow_ignition(now);
    bool is_moving = now.speed_kmh ? *now.speed_kmh > kMovingKmh : has_moved;
    // A vehicle that says that it is off has no trip, whatever its receiver believes.
    bool is_off = is_ignition_known_ && !is_ignition_on_;
    bool is_start = (is_ignition_on_ && !was_on) || (is_moving && !is_off);
    if (!trip_ && is_start) {
        trip_ = Trip{now.time, now.time};
        Event event = event_of(output.source, "trip_start", now.time);
        output.out.events.push_back(std::move(event));
    }
    if (!trip_) return;
    if (is_moving) trip_->last_moving = now.time;
    trip_->km += step.km;
    trip_->speed_max_kmh = std::max(trip_->speed_max_kmh, now.speed_kmh.value_or(0));
    if (is_off) end_trip(now.time, output);
}

void Journey::end_trip(Time time, Output output) {
    auto seconds = (time - trip_->began) / 1000;
    Event event = event_of(output.source, "trip_end", time);
    event.text = fmt::format("{:.1f} km in {} min", trip_->km, (seconds + 30) / 60);
    JsonWriter json(event.details);
    json.begin_object();
    json.key("distance_km").number(rounded(trip_->km, 1000));
    json.key("duration_s").integer(seconds);
    json.key("speed_max_kmh").number(rounded(trip_->speed_max_kmh, 10));
    json.end_object();
    output.out.events.push_back(std::move(event));
    trip_.reset();
}

void Journey::follow_harsh(const Observation& now, const JourneyRules& rules, Output output) {
    constexpr Time kIntervalMin = 900;
    constexpr Time kIntervalMax = 2'100;
    constexpr double kCorneringKmhMin = 15;
    if (!now.speed_kmh || !speed_) return;
    Time duration = now.time - speed_->time;
    if (duration < kIntervalMin || duration > kIntervalMax) return;
    double seconds = static_cast<double>(duration) / 1000;
    double along = (*now.speed_kmh - speed_->kmh) / 3.6 / seconds;
    double across = 0;
    bool is_turning = now.heading_deg && speed_->heading_deg &&
                      std::min(*now.speed_kmh, speed_->kmh) >= kCorneringKmhMin;
    if (is_turning) {
        double turn = std::remainder(*now.heading_deg - *speed_->heading_deg, 360);
        double metres_a_second = (*now.speed_kmh + speed_->kmh) / 2 / 3.6;
        across = std::abs(radians(turn)) / seconds * metres_a_second;
    }
    // One event for as long as it lasts.
    auto follow = [&](std::string_view kind, double force, bool& is_lasting) {
        bool is_harsh = force > rules.harsh_ms2;
        if (is_harsh && !is_lasting) {
            Event event = event_of(output.source, kind, now.time);
            event.severity = Severity::Warning;
            event.text = fmt::format("{:.1f} m/s²", force);
            JsonWriter json(event.details);
            json.begin_object().key("acceleration_ms2").number(rounded(force, 100));
            json.key("speed_kmh").number(rounded(speed_->kmh, 10)).end_object();
            output.out.events.push_back(std::move(event));
        }
        is_lasting = is_harsh;
    };
    follow("harsh_brake", -along, is_braking_);
    follow("harsh_acceleration", along, is_accelerating_);
    follow("harsh_cornering", across, is_cornering_);
}

void Journey::follow_limit(const Observation& now, const JourneyRules& rules, Output output) {
    constexpr Time kLongEnough = 10 * kSecond;
    constexpr Time kGapMax = kMinute;
    if (!rules.speed_limit_kmh || !now.speed_kmh) return;
    bool is_gap = speed_ && now.time - speed_->time > kGapMax;
    if (*now.speed_kmh <= *rules.speed_limit_kmh || is_gap) {
        fast_since_.reset();
        is_fast_told_ = false;
        fast_kmh_ = 0;
    }
    if (*now.speed_kmh <= *rules.speed_limit_kmh) return;
    fast_kmh_ = std::max(fast_kmh_, *now.speed_kmh);
    if (!fast_since_) fast_since_ = now.time;
    if (is_fast_told_ || now.time - *fast_since_ <= kLongEnough) return;
    is_fast_told_ = true;
    Event event = event_of(output.source, "over_speed", now.time);
    event.severity = Severity::Warning;
    event.text =
        fmt::format("{:.0f} km/h where {:.0f} are allowed", fast_kmh_, *rules.speed_limit_kmh);
    JsonWriter json(event.details);
    json.begin_object().key("speed_max_kmh").number(rounded(fast_kmh_, 10));
    json.key("limit_kmh").number(*rules.speed_limit_kmh);
    json.key("since").integer(*fast_since_).end_object();
    output.out.events.push_back(std::move(event));
}

void Journey::follow_idling(const Observation& now, Output output) {
    constexpr Time kLongEnough = 3 * kMinute;
    constexpr double kStillKmh = 1;
    bool is_gap = speed_ && now.time - speed_->time > kStillEndsTrip;
    bool is_driving = now.speed_kmh && *now.speed_kmh >= kStillKmh;
    if (!is_ignition_on_ || is_driving || is_gap) {
        idle_since_.reset();
        is_idle_told_ = false;
    }
    if (!is_ignition_on_ || !now.speed_kmh || is_driving) return;
    if (!idle_since_) idle_since_ = now.time;
    if (is_idle_told_ || now.time - *idle_since_ <= kLongEnough) return;
    is_idle_told_ = true;
    Event event = event_of(output.source, "idling", now.time);
    JsonWriter json(event.details);
    json.begin_object().key("since").integer(*idle_since_).end_object();
    output.out.events.push_back(std::move(event));
}

void Journey::follow_zones(const Observation& now, const JourneyRules& rules, Output output) {
    if (!now.place) return;
    inside_.resize(rules.zones.size());
    for (std::size_t i = 0; i < rules.zones.size(); i++) {
        const Zone& zone = rules.zones[i];
        bool was_inside = inside_[i].value_or(false);
        // Who stands on the edge must not come and go with each fix.
        double slack_m = was_inside ? uncertainty_m(*now.place) : 0;
        bool is_inside = contains(zone, *now.place, slack_m);
        if (inside_[i] == is_inside) continue;
        bool is_first = !inside_[i];
        inside_[i] = is_inside;
        output.out.samples.push_back({output.source, "zone." + zone.name, "", SeriesKind::State,
                                      now.time, std::int64_t{is_inside}});
        if (is_first) continue;
        Event event = event_of(output.source, is_inside ? "zone_enter" : "zone_leave", now.time);
        event.text = zone.name;
        output.out.events.push_back(std::move(event));
    }
}

}  // namespace martlet::telemetry::vehicle
