#include "cli/demo/routes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace martlet::cli::demo {

namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr double kEarthM = 6'371'000;
constexpr double kSpeedUp = 1.6;  // m/s²
constexpr double kSlowDown = 2.2;

// Södertälje, Stockholm, Arlanda.
constexpr RoutePoint kNorth[] = {
    {59.1920, 17.6270, 50},  {59.2015, 17.6560, 90},  {59.2170, 17.7330, 110},
    {59.2330, 17.8300, 100}, {59.2560, 17.8900, 90},  {59.2850, 17.9610, 70},
    {59.3050, 17.9900, 70},  {59.3290, 18.0110, 70},  {59.3480, 18.0290, 70},
    {59.3760, 18.0110, 80},  {59.4080, 17.9510, 100}, {59.4560, 17.9180, 110},
    {59.5160, 17.9090, 110}, {59.5750, 17.8900, 90},  {59.6160, 17.9080, 70},
    {59.6500, 17.9300, 50}};
// Nacka, Slussen, Kungsholmen, Bromma.
constexpr RoutePoint kAcross[] = {
    {59.3100, 18.1640, 50}, {59.3090, 18.1290, 70}, {59.3130, 18.0980, 50}, {59.3195, 18.0720, 40},
    {59.3240, 18.0620, 40}, {59.3290, 18.0530, 40}, {59.3320, 18.0290, 50}, {59.3345, 18.0010, 50},
    {59.3380, 17.9680, 50}, {59.3440, 17.9400, 50}, {59.3540, 17.9410, 40}};
// Norrtälje road: Roslagstull, Täby, Åkersberga.
constexpr RoutePoint kNorthEast[] = {{59.3520, 18.0580, 50},  {59.3680, 18.0540, 70},
                                     {59.3910, 18.0430, 90},  {59.4190, 18.0560, 100},
                                     {59.4440, 18.0830, 100}, {59.4620, 18.1350, 80},
                                     {59.4690, 18.2100, 70},  {59.4790, 18.3000, 50}};
// Värmdö: Nacka, Gustavsberg, Stavsnäs.
constexpr RoutePoint kEast[] = {{59.3090, 18.1670, 70},  {59.3120, 18.2290, 90},
                                {59.3180, 18.2930, 100}, {59.3270, 18.3610, 90},
                                {59.3240, 18.3880, 60},  {59.3080, 18.4680, 70},
                                {59.3010, 18.5560, 70},  {59.2870, 18.6800, 50}};
// Nynäshamn road: Gullmarsplan, Handen, Västerhaninge.
constexpr RoutePoint kSouth[] = {{59.2990, 18.0810, 50},  {59.2810, 18.0880, 70},
                                 {59.2570, 18.0880, 70},  {59.2260, 18.1080, 90},
                                 {59.1900, 18.1280, 100}, {59.1690, 18.1330, 70},
                                 {59.1230, 18.1030, 90},  {59.0770, 18.0560, 100},
                                 {59.0120, 17.9810, 90},  {58.9080, 17.9430, 50}};
// Kista, Järfälla, Bålsta.
constexpr RoutePoint kWest[] = {{59.4030, 17.9440, 50},  {59.4020, 17.9060, 80},
                                {59.4130, 17.8350, 100}, {59.4280, 17.8030, 100},
                                {59.4830, 17.7440, 110}, {59.5190, 17.6330, 110},
                                {59.5590, 17.5560, 90},  {59.5680, 17.5290, 50}};

constexpr std::array<std::span<const RoutePoint>, 6> kRoutes = {kNorth, kAcross, kNorthEast,
                                                                kEast,  kSouth,  kWest};

}  // namespace

std::span<const RoutePoint> route(std::size_t number) {
    return kRoutes[number % kRoutes.size()];
}

std::size_t route_count() {
    return kRoutes.size();
}

double distance_m(const RoutePoint& from, const RoutePoint& to) {
    double north = (to.latitude - from.latitude) * kDegree;
    double east = (to.longitude - from.longitude) * kDegree * std::cos(from.latitude * kDegree);
    return kEarthM * std::hypot(north, east);
}

Driver::Driver(std::size_t route_number, Chance& chance)
    : points_(route(route_number)), chance_(chance) {
    leg_ = chance_.below(static_cast<std::uint32_t>(points_.size() - 1));
    is_back_ = chance_.is_one_in(2);
    on_leg_m_ = chance_.between(0, 0.9) * distance_m(from(), to());
    temper_ = chance_.between(0.85, 1.08);
}

// Slower before the end of the road and before slower stretches.
double Driver::wanted_ms() const {
    double wanted = std::min(from().limit_kmh, to().limit_kmh) / 3.6 * temper_;
    double left = std::max(0.0, distance_m(from(), to()) - on_leg_m_);
    bool is_last = is_back_ ? leg_ == 0 : leg_ + 2 == points_.size();
    double then = is_last ? 1 : to().limit_kmh / 3.6 * temper_;
    return std::min(wanted, std::sqrt(then * then + 2 * 0.8 * left));
}

void Driver::go_on(double seconds, bool wants_stop) {
    while (seconds > 0) {
        double step = std::min(seconds, 1.0);
        seconds -= step;
        if (parked_s_ > 0) {
            parked_s_ = std::max(0.0, parked_s_ - step);
            continue;
        }
        double wanted = wants_stop ? 0 : wanted_ms() * chance_.between(0.95, 1.02);
        double change = std::clamp(wanted - speed_ms_, -kSlowDown * step, kSpeedUp * step);
        double metres = (speed_ms_ + change / 2) * step;
        speed_ms_ += change;
        driven_m_ += metres;
        on_leg_m_ += metres;
        if (on_leg_m_ >= distance_m(from(), to())) turn_round();
    }
}

// On to the next stretch; at the end of the road it stands, and goes back.
void Driver::turn_round() {
    on_leg_m_ = 0;
    bool is_end = is_back_ ? leg_ == 0 : leg_ + 2 == points_.size();
    if (!is_end) {
        leg_ = is_back_ ? leg_ - 1 : leg_ + 1;
        return;
    }
    is_back_ = !is_back_;
    speed_ms_ = 0;
    parked_s_ = chance_.between(60, 240);
}

double Driver::latitude() const {
    double part = on_leg_m_ / distance_m(from(), to());
    return from().latitude + (to().latitude - from().latitude) * part;
}

double Driver::longitude() const {
    double part = on_leg_m_ / distance_m(from(), to());
    return from().longitude + (to().longitude - from().longitude) * part;
}

double Driver::heading_deg() const {
    double north = to().latitude - from().latitude;
    double east = (to().longitude - from().longitude) * std::cos(from().latitude * kDegree);
    double degrees = std::atan2(east, north) / kDegree;
    return degrees < 0 ? degrees + 360 : degrees;
}

}  // namespace martlet::cli::demo
