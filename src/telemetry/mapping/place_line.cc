#include "telemetry/mapping/place_line.h"

#include "base/text.h"
#include "telemetry/payload_json.h"
#include "telemetry/units.h"

namespace martlet::telemetry {

namespace {

struct Part {
    std::string_view name;
    std::string PlaceRule::*path;
    double PlaceRule::*scale;  // null: it has no unit
    std::string_view unit;     // of a Position
};

constexpr Part kParts[] = {
    {"latitude", &PlaceRule::latitude, nullptr, {}},
    {"longitude", &PlaceRule::longitude, nullptr, {}},
    {"latlng", &PlaceRule::both, nullptr, {}},
    {"altitude", &PlaceRule::altitude, &PlaceRule::altitude_scale, "m"},
    {"speed", &PlaceRule::speed, &PlaceRule::speed_scale, "km/h"},
    {"heading", &PlaceRule::heading, nullptr, {}},
    {"accuracy", &PlaceRule::accuracy, &PlaceRule::accuracy_scale, "m"},
};

Status take(std::string_view name, std::string_view value, PlaceRule& place) {
    if (name == "scale") {
        double scale = 0;
        if (!as_number(value, scale) || scale == 0)
            return Error{fmt::format("invalid scale '{}': expected a number such as 1e-7", value)};
        place.coordinate_scale = scale;
        return Done{};
    }
    for (const Part& part : kParts) {
        if (part.name != name) continue;
        auto colon = part.scale ? value.rfind(':') : std::string_view::npos;
        place.*part.path = value.substr(0, colon);
        if (colon == std::string_view::npos) return Done{};
        double factor = unit_factor(known_unit(value.substr(colon + 1)), part.unit);
        if (factor == 0)
            return Error{fmt::format("'{}' is no unit of {}", value.substr(colon + 1), name)};
        place.*part.scale = factor;
        return Done{};
    }
    return Error{
        fmt::format("unknown '{}=': expected latitude, longitude, latlng, scale, altitude, speed, "
                    "heading or accuracy",
                    name)};
}

}  // namespace

Result<PlaceRule> parse_place_line(std::span<const MapWord> words) {
    PlaceRule place;
    Status conditions = take_conditions(words, place.conditions);
    if (!conditions) return conditions.error();
    for (const MapWord& word : words) {
        std::string_view text = word.text;
        auto equals = text.find('=');
        if (equals == std::string_view::npos || equals + 1 == text.size())
            return Error{fmt::format("'{}': expected NAME=PATH", text)};
        Status status = take(text.substr(0, equals), text.substr(equals + 1), place);
        if (!status) return status.error();
    }
    bool is_whole = !place.both.empty() || (!place.latitude.empty() && !place.longitude.empty());
    if (!is_whole)
        return Error{"'position' expects latitude=PATH and longitude=PATH, or latlng=PATH"};
    return place;
}

}  // namespace martlet::telemetry
