#pragma once

// Places on the earth and the zones around them: a circle, or a polygon whose edges are straight on
// a map of degrees. Plain values; any thread.

#include <optional>
#include <string>
#include <vector>

namespace martlet::telemetry::vehicle {

struct Place {
    double latitude = 0;
    double longitude = 0;
    std::optional<double> uncertainty_m;
};

// On a ball of 6371 km.
double great_circle_km(const Place& a, const Place& b);

struct Zone {
    std::string name;
    // A circle, unless there are corners.
    double latitude = 0;
    double longitude = 0;
    double radius_m = 0;
    // Of a polygon, three or more, in their order; the last is joined to the first. It may lie
    // across the 180th meridian, but not around a pole.
    std::vector<Place> corners = {};
};

inline constexpr std::size_t kCornersMax = 1'000;

// With so many metres around it.
bool contains(const Zone& zone, const Place& place, double slack_m);

}  // namespace martlet::telemetry::vehicle
