#include "cli/demo/house_model.h"

#include "cli/demo/chance.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

namespace martlet::cli::demo {

namespace {

constexpr Time kSlot = 5 * kMinute;
constexpr Time kInstalled = 1735689600 * kSecond;  // the first of January 2025
constexpr Time kZone = kHour;                      // the house's clock
constexpr double kTurn = 2 * std::numbers::pi;
constexpr double kLatitude = 51.0 / 360 * kTurn;

enum What : std::uint64_t { Cloud = 1, Weather, Kettle, Oven, Washing, Base, Tap };

std::chrono::year_month_day date_of(Time time) {
    using namespace std::chrono;
    return floor<days>(sys_time<milliseconds>(milliseconds(time)));
}

double day_of_year(Time time) {
    using namespace std::chrono;
    sys_days first = date_of(time).year() / January / 1;
    return std::chrono::duration<double, days::period>(sys_time<milliseconds>(milliseconds(time)) -
                                                       first)
        .count();
}

double hour_of_day(Time time) {
    return static_cast<double>(time % kDay) / kHour;
}

// Goes evenly from one hour's noise to the next one's.
double smooth_noise(std::uint64_t seed, std::uint64_t what, Time time, Time width) {
    double part = static_cast<double>(time % width) / static_cast<double>(width);
    return noise(seed, what, time / width) * (1 - part) +
           noise(seed, what, time / width + 1) * part;
}

double sun_height(double day, double hour) {
    double declination = -0.4091 * std::cos(kTurn * (day + 10) / 365.25);
    double angle = kTurn * (hour - 12.7) / 24;
    return std::sin(kLatitude) * std::sin(declination) +
           std::cos(kLatitude) * std::cos(declination) * std::cos(angle);
}

double solar_power(std::uint64_t seed, Time time, double day, double hour) {
    double height = sun_height(day, hour);
    if (height <= 0) return 0;
    double clear = smooth_noise(seed, Cloud, time, kHour) * smooth_noise(seed, Cloud, time, kDay);
    double share = 0.15 + 0.85 * std::min(1.0, 2.2 * clear);
    return std::min(5000.0, 5400 * std::pow(height, 1.15) * share);
}

double outdoor(std::uint64_t seed, Time time, double day, double hour) {
    return 10.5 - 8 * std::cos(kTurn * (day - 20) / 365.25) +
           3.5 * std::sin(kTurn * (hour - 9) / 24) +
           8 * (smooth_noise(seed, Weather, time, 2 * kDay) - 0.5);
}

// Cooking, washing, light.
double household(std::uint64_t seed, Time time, double hour) {
    Time slot = time / kSlot;
    double watts = 170 + 60 * noise(seed, Base, slot);
    bool is_awake = hour >= 6.5 && hour < 23;
    if (!is_awake) return watts;
    watts += hour > 17 ? 260 : 80;
    if (noise(seed, Kettle, slot) < 0.04) watts += 900;
    bool is_meal = (hour > 7 && hour < 8) || (hour > 17.5 && hour < 19);
    if (is_meal && noise(seed, Oven, slot / 4) < 0.7) watts += 1900;
    bool is_washing = hour > 9 && hour < 16 && noise(seed, Washing, time / kDay) < 0.5;
    if (is_washing && noise(seed, Washing, time / kHour) < 0.25) watts += 700;
    return watts;
}

}  // namespace

HouseFlow house_flow(std::uint64_t seed, Time time) {
    time = (time + kZone) / kSlot * kSlot + kSlot / 2;
    double day = day_of_year(time);
    double hour = hour_of_day(time);
    HouseFlow flow;
    flow.outdoor_c = outdoor(seed, time, day, hour);
    flow.solar_w = solar_power(seed, time, day, hour);
    double wanted = std::clamp((16.5 - flow.outdoor_c) / 22, 0.0, 1.0);
    // Hot water once a day.
    bool is_boiling = hour >= 13 && hour < 14;
    bool is_running = noise(seed, Weather, time / (3 * kSlot)) < 0.15 + wanted;
    flow.heat_pump_w = is_boiling ? 1900 : is_running && wanted > 0 ? 500 + 2200 * wanted : 12;
    flow.consumption_w = household(seed, time, hour) + flow.heat_pump_w;
    bool is_cooking = hour > 17.5 && hour < 19;
    flow.gas_l_per_h = is_cooking ? 180 : 0;
    bool is_tap = hour > 6 && hour < 23 && noise(seed, Tap, time / kSlot) < 0.2;
    flow.water_l_per_h = is_tap ? 90 : 0;
    std::chrono::weekday weekday{std::chrono::sys_days(date_of(time))};
    bool is_weekend = weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
    flow.is_day_rate = !is_weekend && hour >= 7 && hour < 22;
    return flow;
}

HouseMeters::HouseMeters(std::uint64_t seed, Time begin) : seed_(seed), time_(kInstalled) {
    go_on(std::max(begin, kInstalled));
}

void HouseMeters::go_on(Time time) {
    while (time_ < time) {
        Time next = std::min(time, (time_ / kSlot + 1) * kSlot);
        begin_periods();
        count(house_flow(seed_, time_), static_cast<double>(next - time_) / kHour);
        time_ = next;
    }
}

// The energy of the hour, the day and the month begins again at 0.
void HouseMeters::begin_periods() {
    Time local = time_ + kZone;
    std::int64_t hour = local / kHour;
    if (hour == hour_) return;
    bool is_new_day = hour / 24 != hour_ / 24;
    hour_ = hour;
    int month = is_new_day ? static_cast<int>(unsigned{date_of(local).month()}) : month_;
    for (ChannelCounter* channel : {&solar, &heat_pump}) {
        channel->hour_wh = 0;
        if (is_new_day) channel->day_wh = 0;
        if (month != month_) channel->month_wh = 0;
    }
    month_ = month;
}

void HouseMeters::count(const HouseFlow& flow, double hours) {
    import.add(flow.import_w() * hours, flow.is_day_rate);
    export_.add(flow.export_w() * hours, flow.is_day_rate);
    gas_l += flow.gas_l_per_h * hours;
    water_l += flow.water_l_per_h * hours;
    auto add = [&](ChannelCounter& channel, double watts) {
        channel.all.add(watts * hours, flow.is_day_rate);
        channel.hour_wh += watts * hours;
        channel.day_wh += watts * hours;
        channel.month_wh += watts * hours;
    };
    add(solar, flow.solar_w);
    add(heat_pump, flow.heat_pump_w);
}

}  // namespace martlet::cli::demo
