// A fleet in the generic scheme of topics: 20 vehicles on the roads around Stockholm, of which one
// has an emergency now and then; a trailer and a container that tell where they are, rarely.

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/demo/mark.h"
#include "cli/demo/routes.h"
#include "cli/demo/simulator.h"

#include <algorithm>
#include <cmath>

namespace martlet::cli::demo {

namespace {

constexpr Time kInstalled = 1735689600 * kSecond;  // the first of January 2025
constexpr std::size_t kVehicles = 20;
constexpr std::size_t kTrailer = kVehicles;
constexpr std::size_t kContainer = kVehicles + 1;
constexpr std::size_t kUnlucky = 6;  // demo-07
constexpr Time kPause = 5 * kSecond;
constexpr Time kFirstEmergency = 45 * kSecond;
constexpr Time kEmergencyLasts = 6 * kMinute;
constexpr Time kEmergencyPause = 40 * kMinute;

std::string name_of(std::size_t number) {
    if (number == kTrailer) return fmt::format("{}trailer", kVehiclePrefix);
    if (number == kContainer) return fmt::format("{}container", kVehiclePrefix);
    return fmt::format("{}{:02}", kVehiclePrefix, number + 1);
}

double rounded(double value, double parts) {
    return std::round(value * parts) / parts;
}

// What an engine turns at in the gear that one drives in at this speed.
double engine_speed(double speed_kmh) {
    constexpr double kGears[] = {112, 62, 42, 31, 25, 20};  // 1/min for each km/h
    if (speed_kmh < 7) return 780;
    for (double gear : kGears) {
        if (gear * speed_kmh < 2500) return gear * speed_kmh;
    }
    return kGears[5] * speed_kmh;
}

class Vehicle {
  public:
    Vehicle(std::size_t number, std::uint64_t seed, Time begin)
        : topic_("vehicles/" + name_of(number)), chance_(seed), driver_(number, chance_) {
        fuel_ = chance_.between(25, 100);
        coolant_c_ = chance_.between(40, 90);
        // Grows as well when the demo is started again.
        odometer_km_ = 18 * std::floor(static_cast<double>(begin - kInstalled) / kHour) +
                       1000.0 * static_cast<double>(number);
    }

    void go_on(double seconds, bool wants_stop) {
        double before = driver_.speed_kmh();
        double driven = driver_.driven_m();
        driver_.go_on(seconds, wants_stop);
        load_ = std::clamp(30 + (driver_.speed_kmh() - before) * 6, 8.0, 96.0);
        fuel_ -= (driver_.driven_m() - driven) / 1000 * 0.13;
        if (fuel_ < 8 && driver_.is_parked()) fuel_ = 100;
        fuel_ = std::max(fuel_, 3.0);
        double warm = driver_.is_parked() ? 40 : 90;
        coolant_c_ += (warm - coolant_c_) * std::min(1.0, seconds / 240);
    }

    std::string telemetry(Time now) const {
        double rpm = driver_.is_parked() ? 0 : engine_speed(driver_.speed_kmh());
        std::string text;
        JsonWriter json(text);
        json.begin_object().key("ts").integer(now);
        put_place(json);
        json.key("speed").number(rounded(driver_.speed_kmh(), 10));
        json.key("heading").number(rounded(driver_.heading_deg(), 1));
        json.key("rpm").integer(std::llround(rpm));
        json.key("load").number(rounded(driver_.is_parked() ? 0 : load_, 10));
        json.key("fuel").number(rounded(fuel_, 10));
        json.key("coolant").number(rounded(coolant_c_, 10));
        json.key("battery").number(driver_.is_parked() ? 12.6 : 14.1);
        json.key("odometer").number(rounded(odometer_km_ + driver_.driven_m() / 1000, 100));
        json.key("ignition").boolean(!driver_.is_parked()).end_object();
        return text;
    }

    std::string emergency(Time now) const {
        std::string text;
        JsonWriter json(text);
        json.begin_object().key("type").text("breakdown").key("ts").integer(now);
        put_place(json);
        json.key("text").text("Demo: the engine stopped, we stand on the hard shoulder");
        json.end_object();
        return text;
    }

    // Where it is and how much charge the box has that tells so.
    std::string whereabouts(Time now, double latitude, double longitude) {
        fuel_ = std::max(5.0, fuel_ - 0.02);
        std::string text;
        JsonWriter json(text);
        json.begin_object().key("ts").integer(now).key("lat").number(rounded(latitude, 1e6));
        json.key("lon").number(rounded(longitude, 1e6)).key("acc").integer(8);
        json.key("soc").number(rounded(fuel_, 10)).end_object();
        return text;
    }

    const std::string& topic() const { return topic_; }
    const Driver& driver() const { return driver_; }

  private:
    void put_place(JsonWriter& json) const {
        json.key("lat").number(rounded(driver_.latitude(), 1e6));
        json.key("lon").number(rounded(driver_.longitude(), 1e6));
    }

    std::string topic_;
    Chance chance_;
    Driver driver_;
    double fuel_;
    double coolant_c_;
    double odometer_km_;
    double load_ = 0;
};

class Fleet final : public Simulator {
  public:
    enum class Task : std::uint8_t { Drive, Trailer, Container, Emergency, Clear };
    struct Due {
        Task task;
        std::size_t number;
    };

    Fleet(std::uint64_t seed, Time begin) {
        for (std::size_t i = 0; i <= kContainer; i++) {
            vehicles_.push_back(std::make_unique<Vehicle>(i, seed * 1000 + i, begin));
        }
        for (std::size_t i = 0; i < kVehicles; i++) {
            agenda_.add(begin + static_cast<Time>(i + 1) * 240, {Task::Drive, i});
        }
        agenda_.add(begin + 2 * kSecond, {Task::Trailer, kTrailer});
        agenda_.add(begin + 3 * kSecond, {Task::Container, kContainer});
        agenda_.add(begin + kFirstEmergency, {Task::Emergency, kUnlucky});
    }

    std::vector<Device> devices() const override {
        std::vector<Device> devices;
        for (std::size_t i = 0; i < vehicles_.size(); i++) {
            Device& device = devices.emplace_back();
            device.name = "vehicle-" + name_of(i).substr(kVehiclePrefix.size());
            // Those who speak rarely are not lost when they are silent.
            if (i >= kVehicles) continue;
            Message status{vehicles_[i]->topic() + "/status", "online", mqtt::Qos::AtLeastOnce,
                           true};
            device.greeting = status;
            status.payload = "offline";
            device.farewell = status;
            device.will = client::Will{status.topic, status.payload, status.qos, true, {}};
        }
        return devices;
    }

    void play(Time until, Outlet& outlet) override {
        agenda_.run(until, [&](Time due, Due what) { return act(due, what, outlet); });
    }

  private:
    Time act(Time due, Due what, Outlet& outlet) {
        Vehicle& vehicle = *vehicles_[what.number];
        auto say = [&](std::string_view branch, std::string payload, bool retain = false) {
            auto qos = retain ? mqtt::Qos::AtLeastOnce : mqtt::Qos::AtMostOnce;
            outlet.say(what.number, {fmt::format("{}/{}", vehicle.topic(), branch),
                                     std::move(payload), qos, retain});
        };
        switch (what.task) {
            case Task::Drive:
                vehicle.go_on(double{kPause} / kSecond, is_emergency_ && what.number == kUnlucky);
                say("telemetry", vehicle.telemetry(due));
                return kPause;
            case Task::Trailer:
                // It hangs behind one of the vehicles.
                say("telemetry", vehicle.whereabouts(due, vehicles_[3]->driver().latitude(),
                                                     vehicles_[3]->driver().longitude()));
                return 10 * kMinute;
            case Task::Container:
                // In the port, until somebody fetches it.
                say("telemetry", vehicle.whereabouts(due, 59.3488, 18.1105));
                return 3 * kHour;
            case Task::Emergency:
                is_emergency_ = true;
                say("emergency", vehicle.emergency(due), true);
                say("dtc", R"({"mil":true,"codes":["P0301","U0100"]})", true);
                agenda_.add(due + kEmergencyLasts, {Task::Clear, what.number});
                return kEmergencyPause;
            case Task::Clear:
                is_emergency_ = false;
                say("emergency", "", true);
                say("dtc", "", true);
                return 0;
        }
        return 0;
    }

    std::vector<std::unique_ptr<Vehicle>> vehicles_;
    Agenda<Due> agenda_;
    bool is_emergency_ = false;
};

}  // namespace

std::unique_ptr<Simulator> make_fleet(std::uint64_t seed, Time begin) {
    return std::make_unique<Fleet>(seed, begin);
}

}  // namespace martlet::cli::demo
