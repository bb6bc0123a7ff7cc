#pragma once

// Places in one piece: "59.3293,18.0686", "59.3293° N 18.0686° E", [59.3293,18.0686], GeoJSON. Pure
// functions; any thread.

#include "telemetry/decoders/vehicle/reading.h"

#include <string_view>

namespace martlet::telemetry::vehicle {

// Two numbers, with a speed as the third if there is one. False: not that.
bool read_coordinates(std::string_view text, Reading& reading);

// Whether a value of this name may be a place in one piece: "gps", "Location", "latlng".
bool is_place_name(std::string_view word);

// An element of a list of numbers: [lon,lat,alt] below "coordinates", [lat,lon,alt] below the name
// of a place. False: it is not one.
bool put_coordinate(std::string_view path, const JsonLeaf& leaf, Reading& reading);
// The element of [lat,lon,alt] at this place, 0 to 2.
void put_coordinate(std::size_t place, double number, Reading& reading);

}  // namespace martlet::telemetry::vehicle
