#pragma once

// What follows from one vehicle's observations in their order: distance, driving time, trips, harsh
// driving, over-speed, idling, zones. Remembers a few observations, no more; one that is older than
// the newest tells it nothing. Owned by the decoder; one thread at a time.

#include "telemetry/decoder.h"
#include "telemetry/decoders/vehicle/zone.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace martlet::telemetry::vehicle {

struct JourneyRules {
    double harsh_ms2 = 3.0;
    std::optional<double> speed_limit_kmh;
    std::vector<Zone> zones;
};

struct Observation {
    Time time = 0;
    Time received = 0;
    bool is_own_time = false;  // `time` is by the vehicle's clock, rather than `received`
    std::optional<Place> place;
    std::optional<double> speed_kmh;
    std::optional<double> heading_deg;
    std::optional<double> odometer_km;
    std::optional<bool> ignition;
    std::optional<bool> moving;  // as the vehicle says itself
};

class Journey {
  public:
    // Appends samples and events of `source`.
    void observe(Observation now, const JourneyRules& rules, const SourceId& source, Decoded& out);

  private:
    // How surely the vehicle stands, by what it says now or said last.
    enum class Stillness : std::uint8_t {
        None,
        Speed,  // its speed is 0, which is true for a moment only
        State,  // its ignition is off, or it says that it does not move
    };
    struct Trip {
        Time began = 0;
        Time last_moving = 0;
        double km = 0;
        double speed_max_kmh = 0;
    };
    struct Speed {
        Time time = 0;
        double kmh = 0;
        std::optional<double> heading_deg;
    };
    struct Step {
        double km = 0;
        std::optional<double> implied_kmh;  // by places alone
        Time since = 0;                     // of the implied speed
    };
    // The least stillness since then stands beside what is counted from.
    struct Fix {
        Time time = 0;
        Place place;
        Stillness stillness = Stillness::None;
    };
    struct Mileage {
        Time changed = 0;
        Time seen = 0;
        double km = 0;
        Stillness stillness = Stillness::None;
    };
    struct Output {
        const SourceId& source;
        Decoded& out;
    };

    // False: it is late. While the vehicle tells its own time, what comes without one counts as of
    // the newest: the two clocks must not be mixed.
    bool take_time(Observation& now);
    Stillness stillness(const Observation& now) const;
    void follow_stillness(const Observation& now);
    // Whether it says that it moves, so that two places far apart in time are a drive.
    bool is_told_moving() const;
    Step step_by_place(const Observation& now);
    double step_by_odometer(const Observation& now);
    void follow_trip(const Observation& now, const Step& step, Output output);
    void follow_ignition(const Observation& now);
    void end_trip(Time time, Output output);
    void follow_driving(const Observation& now, const Step& step, const JourneyRules& rules,
                        Output output);
    void follow_harsh(const Observation& now, const JourneyRules& rules, Output output);
    void follow_limit(const Observation& now, const JourneyRules& rules, Output output);
    void follow_idling(const Observation& now, Output output);
    void follow_zones(const Observation& now, const JourneyRules& rules, Output output);

    std::optional<Time> newest_;
    std::optional<Time> own_time_came_;
    std::optional<Fix> anchor_;   // distance is counted from here
    std::optional<Fix> suspect_;  // was too far away to be true
    std::optional<Mileage> mileage_;
    double km_by_place_ = 0;  // since the odometer was seen
    std::optional<Speed> speed_;
    bool is_ignition_on_ = false;
    bool is_ignition_known_ = false;
    std::optional<bool> is_moving_;
    Stillness stillness_ = Stillness::None;  // now
    std::optional<Trip> trip_;
    bool is_braking_ = false;
    bool is_accelerating_ = false;
    bool is_cornering_ = false;
    std::optional<Time> fast_since_;
    double fast_kmh_ = 0;
    bool is_fast_told_ = false;
    std::optional<Time> idle_since_;
    bool is_idle_told_ = false;
    std::vector<std::optional<bool>> inside_;  // by zone
};

}  // namespace martlet::telemetry::vehicle
