#include "telemetry/decoders/vehicle/options.h"

#include "telemetry/decoders/json/metric_words.h"
#include "telemetry/decoders/vehicle/words.h"

#include <charconv>
#include <cmath>
#include <string_view>

namespace martlet::telemetry::vehicle {

namespace {

constexpr std::size_t kZonesMax = 1'000;

bool read_number(std::string_view text, double min, double max, double& number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && number >= min &&
           number <= max;
}

// "59.1,18.0 59.2,18.0 59.2,18.1".
bool read_corners(std::string_view text, Zone& zone) {
    while (!text.empty()) {
        std::string_view pair = take_part(text, ' ');
        if (pair.empty()) continue;
        Place& corner = zone.corners.emplace_back();
        bool is_sound = read_number(take_part(pair, ','), -90, 90, corner.latitude) &&
                        read_number(pair, -180, 180, corner.longitude);
        if (!is_sound || zone.corners.size() > kCornersMax) return false;
    }
    return zone.corners.size() >= 3;
}

bool read_zone(std::string_view text, Zone& zone) {
    constexpr double kRadiusMaxM = 10'000'000;
    zone.name = metric_name(take_part(text, ' '));
    if (text.find(',') != std::string_view::npos)
        return !zone.name.empty() && read_corners(text, zone);
    return !zone.name.empty() && read_number(take_part(text, ' '), -90, 90, zone.latitude) &&
           read_number(take_part(text, ' '), -180, 180, zone.longitude) &&
           read_number(text, 1, kRadiusMaxM, zone.radius_m);
}

// Empty: fine. Otherwise what the option must be.
std::string_view take_option(std::string_view name, std::string_view value, VehicleOptions& read) {
    double number = 0;
    if (name == "vehicle") {
        read.address.vehicle = value.substr(0, kIdBytesMax);
        return value.empty() ? "vehicle is a name" : "";
    }
    if (name == "vehicle_level") {
        if (!read_number(value, 1, 32, number)) return "vehicle_level is 1 to 32";
        read.address.level = static_cast<std::size_t>(number);
        return "";
    }
    if (name == "speed_limit") {
        if (!read_number(value, 1, 400, number)) return "speed_limit is 1 to 400 km/h";
        read.journey.speed_limit_kmh = number;
        return "";
    }
    if (name == "harsh") {
        bool is_sound = read_number(value, 0.5, 20, read.journey.harsh_ms2);
        return is_sound ? "" : "harsh is 0.5 to 20 m/s²";
    }
    if (name != "geofence") return "no such option";
    if (read.journey.zones.size() >= kZonesMax) return "at most 1000 geofences";
    Zone zone;
    if (!read_zone(value, zone))
        return "geofence is NAME LAT LON RADIUS_M, or NAME and 3 to 1000 corners LAT,LON";
    read.journey.zones.push_back(std::move(zone));
    return "";
}

}  // namespace

bool read_options(const DecoderOptions& options, VehicleOptions& read, std::string& problem) {
    for (const auto& [name, value] : options) {
        std::string_view wrong = take_option(name, value, read);
        if (wrong.empty()) continue;
        problem = wrong == "no such option" ? "no option " + name : std::string(wrong);
        return false;
    }
    return true;
}

}  // namespace martlet::telemetry::vehicle
