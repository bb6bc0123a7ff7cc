#pragma once

// What is remembered of each vehicle, and how a reading becomes samples, positions, events and
// facts with it. Bounded: the vehicle that was silent longest is forgotten. Owned by the decoder;
// one thread at a time.

#include "telemetry/decoders/recent.h"
#include "telemetry/decoders/vehicle/journey.h"
#include "telemetry/decoders/vehicle/reading.h"

namespace martlet::telemetry::vehicle {

class Logbook {
  public:
    explicit Logbook(JourneyRules rules) : rules_(std::move(rules)) {}

    static SourceId source_of(std::string_view id);

    // Empties the reading into `out`.
    void enter(const std::string& id, Reading& reading, Decoded& out);
    // A sample, and an event when it changes.
    void enter_online(const std::string& id, bool is_online, Time time, Decoded& out);
    bool is_known_offline(std::string_view id) const;

  private:
    static constexpr std::size_t kVehiclesMax = 10'000;
    static constexpr std::size_t kFactsMax = 16;
    static constexpr std::size_t kAlarmsStandingMax = 16;  // what comes beyond is told each time

    // The half of a place that came on a topic of its own.
    struct HalfPlace {
        std::optional<double> latitude;
        std::optional<double> longitude;
        Time time = 0;
    };
    // An alarm that is on.
    struct Standing {
        std::string text;
        bool is_emergency = false;
        Time seen = 0;  // by the clock here
    };
    struct Vehicle {
        Journey journey;
        HalfPlace half;
        std::optional<bool> online;
        std::optional<std::vector<std::string>> codes;
        TextMap<std::string> facts;  // as they were told last
        TextMap<Standing> alarms;    // that are on, by their keys
        std::string name;
    };

    static void join_halves(Vehicle& vehicle, Reading& reading, Time time);
    static void note(Vehicle& vehicle, const Reading& reading, Decoded& out);
    static void note_fact(Vehicle& vehicle, std::string_view name, const std::string& text,
                          SourceNote& note);
    static void put_alarms(Vehicle& vehicle, Reading& reading, Time time, Decoded& out);
    static void end_alarm(Vehicle& vehicle, const std::string& key, Time time, Decoded& out);
    static void put_codes(Vehicle& vehicle, const Reading& reading, Time time, Decoded& out);

    JourneyRules rules_;
    Recent<Vehicle> vehicles_{kVehiclesMax};
};

}  // namespace martlet::telemetry::vehicle
