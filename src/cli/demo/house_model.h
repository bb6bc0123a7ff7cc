#pragma once

// A house with solar panels and a heat pump: what flows at any time, and what its meters say. All
// of it follows from the seed and the time, so that meters go on growing when the demo is started
// again. One thread.

#include "cli/demo/agenda.h"

#include <cstdint>

namespace martlet::cli::demo {

// Watts, the same for five minutes.
struct HouseFlow {
    double solar_w = 0;
    double heat_pump_w = 0;
    double consumption_w = 0;  // the heat pump's included
    double outdoor_c = 0;
    double gas_l_per_h = 0;
    double water_l_per_h = 0;
    bool is_day_rate = false;

    double import_w() const { return consumption_w > solar_w ? consumption_w - solar_w : 0; }
    double export_w() const { return solar_w > consumption_w ? solar_w - consumption_w : 0; }
};

HouseFlow house_flow(std::uint64_t seed, Time time);

// Watt-hours by rate.
struct RateCounter {
    double high_wh = 0;
    double low_wh = 0;

    void add(double watt_hours, bool is_day_rate) {
        (is_day_rate ? high_wh : low_wh) += watt_hours;
    }
    double all_wh() const { return high_wh + low_wh; }
};

// What is counted of one channel since the hour, day and month began.
struct ChannelCounter {
    RateCounter all;
    double hour_wh = 0;
    double day_wh = 0;
    double month_wh = 0;
};

class HouseMeters {
  public:
    // Ready at `begin`, with what was counted since the first of January 2025.
    HouseMeters(std::uint64_t seed, Time begin);

    // `time` never goes back.
    void go_on(Time time);

    RateCounter import;
    RateCounter export_;
    ChannelCounter solar;
    ChannelCounter heat_pump;
    double gas_l = 0;
    double water_l = 0;

  private:
    void count(const HouseFlow& flow, double hours);
    void begin_periods();

    std::uint64_t seed_;
    Time time_;
    std::int64_t hour_ = 0;
    int month_ = 0;
};

}  // namespace martlet::cli::demo
