#include "http/answers/geojson.h"

#include <algorithm>
#include <cmath>

namespace martlet::http {

void write_coordinates(JsonWriter& json, const telemetry::Position& position) {
    json.begin_array().number(position.longitude).number(position.latitude);
    if (std::isfinite(position.altitude_m)) json.number(position.altitude_m);
    json.end_array();
}

void write_position_properties(JsonWriter& json, const telemetry::Position& position,
                               telemetry::Time now) {
    json.key("time").integer(position.time);
    json.key("age_ms").integer(std::max<telemetry::Time>(now - position.time, 0));
    json.key("speed_kmh").number(position.speed_kmh);
    json.key("heading_deg").number(position.heading_deg);
    json.key("uncertainty_m").number(position.uncertainty_m);
}

void write_line(JsonWriter& json, std::span<const telemetry::PositionRow> trail) {
    json.begin_object().key("type").text("Feature");
    json.key("geometry").begin_object().key("type").text("LineString");
    json.key("coordinates").begin_array();
    for (const auto& row : trail) write_coordinates(json, row.position);
    json.end_array().end_object();
    json.key("properties").begin_object().key("times").begin_array();
    for (const auto& row : trail) json.integer(row.position.time);
    json.end_array().end_object().end_object();
}

}  // namespace martlet::http
