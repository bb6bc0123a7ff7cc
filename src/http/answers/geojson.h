#pragma once

// Positions as GeoJSON (RFC 7946), longitude first. Any thread.

#include "base/json_writer.h"
#include "telemetry/store/rows.h"

#include <span>
#include <string_view>

namespace martlet::http {

// [longitude, latitude] or [longitude, latitude, altitude].
void write_coordinates(JsonWriter& json, const telemetry::Position& position);
// The members of a point's properties that the position itself gives: time, age, speed, heading,
// uncertainty; those that are not known are null.
void write_position_properties(JsonWriter& json, const telemetry::Position& position,
                               telemetry::Time now);
// One Feature of a LineString with the time of each place as the property "times".
void write_line(JsonWriter& json, std::span<const telemetry::PositionRow> trail);

}  // namespace martlet::http
