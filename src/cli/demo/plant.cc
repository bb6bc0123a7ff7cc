// A plant with 8 stations: running counts of good units and rejects on some, new units on others,
// energy meters, and a state that says whether the station produces. The first one's controller
// restarts now and then, so that its counts begin again at 0.

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/demo/chance.h"
#include "cli/demo/mark.h"
#include "cli/demo/simulator.h"

#include <cmath>

namespace martlet::cli::demo {

namespace {

constexpr Time kInstalled = 1735689600 * kSecond;  // the first of January 2025
constexpr Time kPause = 10 * kSecond;

enum class Counts : std::uint8_t { Running, New };

struct Kind {
    std::string_view code;
    Counts counts;
    double cycle_s;
    double reject_share;
    double power_kw;
    double uptime_share;
};

constexpr Kind kStations[] = {
    {"PRESS1", Counts::Running, 4, 0.02, 22, 0.85}, {"PRESS2", Counts::Running, 5, 0.01, 20, 0.9},
    {"MOULD1", Counts::Running, 9, 0.03, 35, 0.95}, {"MOULD2", Counts::Running, 9, 0.05, 35, 0.8},
    {"LASER1", Counts::New, 14, 0.005, 12, 0.7},    {"PAINT1", Counts::New, 30, 0.04, 48, 0.9},
    {"ASSY1", Counts::New, 20, 0.01, 2, 0.92},      {"PACK1", Counts::Running, 3, 0.001, 1.5, 0.88},
};

class Station {
  public:
    Station(const Kind& kind, std::uint64_t seed, Time begin)
        : kind_(kind),
          chance_(seed),
          good_(chance_.below(20'000)),
          kwh_(std::floor(static_cast<double>(begin - kInstalled) / kHour * kind.power_kw)),
          next_restart_(begin + 7 * kMinute) {}

    std::string go_on(double seconds, Time now) {
        turn_state(now);
        double share = is_productive_ ? 1 : 0.08;
        kwh_ += kind_.power_kw * share * chance_.between(0.8, 1) * seconds / 3600;
        make_units(is_productive_ ? seconds : 0);
        if (&kind_ == &kStations[0] && now >= next_restart_) restart(now);
        return text();
    }

  private:
    void turn_state(Time now) {
        if (now < next_turn_) return;
        bool was_productive = is_productive_;
        is_productive_ = chance_.between(0, 1) < kind_.uptime_share;
        double minutes = is_productive_ ? chance_.between(2, 12) : chance_.between(0.4, 3);
        next_turn_ = now + static_cast<Time>(minutes * kMinute);
        if (!was_productive && is_productive_) under_way_s_ = 0;
    }

    void make_units(double seconds) {
        new_good_ = new_bad_ = 0;
        under_way_s_ += seconds * chance_.between(0.93, 1.07);
        for (; under_way_s_ >= kind_.cycle_s; under_way_s_ -= kind_.cycle_s) {
            (chance_.between(0, 1) < kind_.reject_share ? new_bad_ : new_good_)++;
        }
        good_ += new_good_;
        bad_ += new_bad_;
    }

    void restart(Time now) {
        good_ = bad_ = 0;
        next_restart_ = now + 40 * kMinute;
    }

    std::string text() {
        std::string text;
        JsonWriter json(text);
        json.begin_object();
        if (kind_.counts == Counts::Running) {
            json.key("production_count_good").integer(good_);
            json.key("production_count_bad").integer(bad_);
        } else {
            if (new_good_ > 0) json.key("production_complete_good").integer(new_good_);
            if (new_bad_ > 0) json.key("production_complete_bad").integer(new_bad_);
        }
        json.key("electrical_kwh").number(std::round(kwh_ * 100) / 100);
        json.key("productive").integer(is_productive_ ? 1 : 0);
        json.key("rssi").integer(-50 - std::int64_t{chance_.below(25)}).end_object();
        return text;
    }

    const Kind& kind_;
    Chance chance_;
    std::int64_t good_;
    std::int64_t bad_ = 0;
    std::int64_t new_good_ = 0;
    std::int64_t new_bad_ = 0;
    double kwh_;
    double under_way_s_ = 0;
    Time next_turn_ = 0;
    Time next_restart_;
    bool is_productive_ = false;
};

class Plant final : public Simulator {
  public:
    Plant(std::uint64_t seed, Time begin) {
        for (std::size_t i = 0; i < std::size(kStations); i++) {
            stations_.emplace_back(kStations[i], seed * 100 + i, begin);
            agenda_.add(begin + static_cast<Time>(i + 1) * 700, i);
        }
    }

    std::vector<Device> devices() const override {
        std::vector<Device> devices;
        for (const Kind& kind : kStations) devices.push_back({std::string(kind.code), {}, {}, {}});
        return devices;
    }

    void play(Time until, Outlet& outlet) override {
        agenda_.run(until, [&](Time due, std::size_t number) {
            Message message;
            message.topic =
                fmt::format("busroot/v2/{}/signals/{}", kPlantAccount, kStations[number].code);
            message.payload = stations_[number].go_on(double{kPause} / kSecond, due);
            message.qos = mqtt::Qos::AtLeastOnce;
            outlet.say(number, std::move(message));
            return kPause;
        });
    }

  private:
    std::vector<Station> stations_;
    Agenda<std::size_t> agenda_;
};

}  // namespace

std::unique_ptr<Simulator> make_plant(std::uint64_t seed, Time begin) {
    return std::make_unique<Plant>(seed, begin);
}

}  // namespace martlet::cli::demo
