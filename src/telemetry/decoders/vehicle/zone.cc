#include "telemetry/decoders/vehicle/zone.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace martlet::telemetry::vehicle {

namespace {

constexpr double kEarthKm = 6371;

double radians(double degrees) {
    return degrees * std::numbers::pi / 180;
}

// Metres to the east and to the north.
struct Offset {
    double east = 0;
    double north = 0;
};

// `east_deg`: how far `corner` is to the east of `from`, which may be more than once around.
Offset offset_of(const Place& corner, double east_deg, const Place& from) {
    return {radians(east_deg) * std::cos(radians(from.latitude)) * kEarthKm * 1000,
            radians(corner.latitude - from.latitude) * kEarthKm * 1000};
}

// Of the line from `a` to `b` to where they are counted from.
double distance_m(const Offset& a, const Offset& b) {
    double east = b.east - a.east;
    double north = b.north - a.north;
    double length = east * east + north * north;
    double along = length > 0 ? -(a.east * east + a.north * north) / length : 0;
    along = std::clamp(along, 0.0, 1.0);
    return std::hypot(a.east + along * east, a.north + along * north);
}

// Whether the line crosses the way from where they are counted from straight to the east.
bool crosses_east(const Offset& a, const Offset& b) {
    if ((a.north > 0) == (b.north > 0)) return false;
    return a.east + (b.east - a.east) * (-a.north) / (b.north - a.north) > 0;
}

bool is_in_polygon(const Zone& zone, const Place& place, double slack_m) {
    bool is_inside = false;
    bool is_near = false;
    // The zone hangs together: each corner is on this side or that of the 180th meridian as the one
    // before it is.
    const Place* last = &zone.corners.back();
    double east_deg = std::remainder(last->longitude - place.longitude, 360);
    Offset before = offset_of(*last, east_deg, place);
    for (const Place& corner : zone.corners) {
        east_deg += std::remainder(corner.longitude - last->longitude, 360);
        last = &corner;
        Offset here = offset_of(corner, east_deg, place);
        if (crosses_east(before, here)) is_inside = !is_inside;
        is_near |= slack_m > 0 && distance_m(before, here) <= slack_m;
        before = here;
    }
    return is_inside || is_near;
}

}  // namespace

double great_circle_km(const Place& a, const Place& b) {
    double latitude = std::sin(radians(b.latitude - a.latitude) / 2);
    double longitude = std::sin(radians(b.longitude - a.longitude) / 2);
    double chord = latitude * latitude + std::cos(radians(a.latitude)) *
                                             std::cos(radians(b.latitude)) * longitude * longitude;
    return 2 * kEarthKm * std::asin(std::min(1.0, std::sqrt(chord)));
}

bool contains(const Zone& zone, const Place& place, double slack_m) {
    if (!zone.corners.empty()) return is_in_polygon(zone, place, slack_m);
    Place center{zone.latitude, zone.longitude, {}};
    return great_circle_km(center, place) * 1000 <= zone.radius_m + slack_m;
}

}  // namespace martlet::telemetry::vehicle
