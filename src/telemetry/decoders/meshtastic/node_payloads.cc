#include "telemetry/decoders/meshtastic/motion.h"
#include "telemetry/decoders/meshtastic/names.h"
#include "telemetry/decoders/meshtastic/payloads.h"

#include <cmath>
#include <limits>
#include <optional>
#include <telemetry/proto/meshtastic.pb.h>

namespace martlet::telemetry::meshtastic {

namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr double kDegreesPerUnit = 1e-7;
constexpr std::uint32_t kAllBits = 32;
constexpr double kNotKnown = std::numeric_limits<double>::quiet_NaN();

// An empty fact would remove what was known.
void put_text_fact(std::string_view name, const std::string& text, Findings& findings) {
    std::string clean = clean_name(text, kNameBytesMax);
    if (!clean.empty()) findings.fact(name, clean);
}

void put_names(const std::string& long_name, const std::string& short_name, Findings& findings) {
    findings.name(clean_name(long_name, kNameBytesMax));
    put_text_fact("short_name", short_name, findings);
}

void put_hardware(std::uint32_t model, Findings& findings) {
    if (model != 0) findings.fact("hardware_model", hardware_name(model));
}

// Nothing: there is no such place, or both are zero, which is how a node without a fix looks.
std::optional<telemetry::Position> place(std::int32_t latitude_i, std::int32_t longitude_i,
                                         std::uint32_t bits) {
    if (latitude_i == 0 && longitude_i == 0) return std::nullopt;
    telemetry::Position place;
    // Divided, not multiplied: 593293000 must be 59.3293.
    place.latitude = latitude_i / 1e7;
    place.longitude = longitude_i / 1e7;
    if (!is_on_earth(latitude_i, longitude_i)) return std::nullopt;
    // Old firmware does not tell its precision. 32 bits: nothing was rounded, which does not say
    // how far the receiver itself errs.
    if (bits > 0 && bits < kAllBits) place.uncertainty_m = uncertainty_m(bits);
    return place;
}

// Above the sea. A receiver that knows its height above the ellipsoid alone says how far the sea
// stands from that.
std::optional<double> altitude_m(const wire::Position& position) {
    if (position.has_altitude()) return position.altitude();
    if (!position.has_altitude_hae()) return std::nullopt;
    return static_cast<double>(position.altitude_hae()) - position.altitude_geoidal_separation();
}

void put_precision(std::uint32_t bits, Findings& findings) {
    findings.fact("position_precision", bits > 0 ? std::to_string(bits) : "unknown");
}

void put_quality(const wire::Position& position, Findings& findings) {
    auto dilution = [&](std::string_view metric, bool is_told, std::uint32_t hundredths) {
        // None is perfect: zero is a receiver that does not tell it.
        if (is_told && hundredths > 0)
            findings.sample(metric, "", SeriesKind::Gauge, hundredths / 100.0);
    };
    dilution("position/pdop", position.has_pdop(), position.pdop());
    dilution("position/hdop", position.has_hdop(), position.hdop());
    dilution("position/vdop", position.has_vdop(), position.vdop());
    if (position.has_sats_in_view()) {
        findings.gauge("position/sats_in_view", "", position.sats_in_view());
    }
    // No receiver is exact.
    if (position.gps_accuracy() != 0) {
        findings.gauge("position/gps_accuracy", "mm", position.gps_accuracy());
    }
    constexpr std::string_view kSources[] = {"", "manual", "internal GPS", "external GPS"};
    std::uint32_t source = position.location_source();
    if (source > 0 && source < std::size(kSources)) {
        findings.fact("location_source", kSources[source]);
    }
}

void put_motion(const wire::Position& position, telemetry::Position& place) {
    constexpr auto kLast = static_cast<std::uint32_t>(LocationSource::External);
    auto source = static_cast<LocationSource>(
        position.location_source() <= kLast ? position.location_source() : 0);
    std::optional<std::uint32_t> track;
    if (position.has_ground_track()) track = position.ground_track();
    if (position.has_ground_speed()) {
        place.speed_kmh = speed_kmh(position.ground_speed(), track, source).value_or(kNotKnown);
    }
    if (track) place.heading_deg = heading_deg(*track, source).value_or(kNotKnown);
}

}  // namespace

bool is_on_earth(std::int32_t latitude_i, std::int32_t longitude_i) {
    return std::abs(latitude_i / 1e7) <= 90 && std::abs(longitude_i / 1e7) <= 180;
}

double uncertainty_m(std::uint32_t bits) {
    constexpr double kMetresPerDegree = 111'319.49;
    if (bits >= kAllBits) return 0;
    return std::ldexp(1.0, 31 - static_cast<int>(bits)) * kDegreesPerUnit * kMetresPerDegree;
}

void put_user(const wire::User& user, Findings& findings) {
    // Of another node, passed on by the sender: these are not the sender's names.
    NodeId named = node_from_text(user.id());
    if (named != 0 && named != findings.packet().from) return;
    put_names(user.long_name(), user.short_name(), findings);
    put_hardware(user.hw_model(), findings);
    if (user.has_role()) findings.fact("role", role_name(user.role()));
    if (user.has_is_licensed()) findings.flag("is_licensed", user.is_licensed());
    if (user.has_is_unmessagable()) findings.flag("is_unmessagable", user.is_unmessagable());
}

void put_position(const wire::Position& position, Findings& findings) {
    std::uint32_t seconds = position.time() != 0 ? position.time() : position.timestamp();
    findings.set_time(seconds);
    put_quality(position, findings);
    if (!position.has_latitude_i() || !position.has_longitude_i()) return;
    // "Nothing of my place is shared."
    if (position.has_precision_bits() && position.precision_bits() == 0) return;
    auto found = place(position.latitude_i(), position.longitude_i(), position.precision_bits());
    if (!found) return;
    found->time = findings.time();
    if (auto altitude = altitude_m(position)) found->altitude_m = *altitude;
    put_motion(position, *found);
    put_precision(position.precision_bits(), findings);
    findings.position(*std::move(found));
}

void put_map_report(const wire::MapReport& report, Findings& findings) {
    put_names(report.long_name(), report.short_name(), findings);
    put_hardware(report.hw_model(), findings);
    findings.fact("role", role_name(report.role()));
    put_text_fact("firmware_version", report.firmware_version(), findings);
    if (report.region() != 0) findings.fact("region", region_name(report.region()));
    findings.fact("modem_preset", preset_name(report.modem_preset()));
    findings.flag("has_default_channel", report.has_default_channel());
    findings.fact("num_online_local_nodes", std::to_string(report.num_online_local_nodes()));
    findings.gauge("map_report/num_online_local_nodes", "", report.num_online_local_nodes());
    if (report.has_has_opted_report_location()) {
        findings.flag("has_opted_report_location", report.has_opted_report_location());
    }
    auto found = place(report.latitude_i(), report.longitude_i(), report.position_precision());
    if (!found) return;
    found->time = findings.time();
    if (report.has_altitude()) found->altitude_m = report.altitude();
    put_precision(report.position_precision(), findings);
    findings.position(*std::move(found));
}

void put_paxcount(const wire::Paxcount& count, Findings& findings) {
    findings.gauge("pax/wifi", "", count.wifi());
    findings.gauge("pax/ble", "", count.ble());
    findings.count("pax/uptime", "s", SeriesKind::Counter, count.uptime());
}

}  // namespace martlet::telemetry::meshtastic
