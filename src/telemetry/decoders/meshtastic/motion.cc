#include "telemetry/decoders/meshtastic/motion.h"

namespace martlet::telemetry::meshtastic {

namespace {

// The largest heading in each unit.
constexpr std::uint32_t kDegreesMax = 360;          // phones: whole degrees
constexpr std::uint32_t kHundredthsMax = 36'000;    // the protocol's definition: 1/100 degree
constexpr std::uint32_t kFirmwareMax = 36'000'000;  // the firmware: 1/100,000 degree
constexpr std::uint32_t kFirmwareStep = 1'000;      // its receiver tells 1/100 degree

std::optional<double> from_firmware_unit(std::uint32_t track) {
    if (track > kFirmwareMax) return std::nullopt;
    return track / 1e5;
}

// The firmware multiplies hundredths by 1,000, so any other number is not from its GPS code. Such a
// number can follow the definition, as long as it is too large for whole degrees.
std::optional<double> heading_of_firmware(std::uint32_t track) {
    if (track % kFirmwareStep == 0 || track > kHundredthsMax) return from_firmware_unit(track);
    if (track <= kDegreesMax) return std::nullopt;
    return track / 100.0;
}

// Between 360 and 36,000 lie hundredths and the firmware's headings of less than 0.36 degrees.
std::optional<double> heading_of_phone(std::uint32_t track) {
    if (track <= kDegreesMax) return track;
    if (track <= kHundredthsMax) return std::nullopt;
    return from_firmware_unit(track);
}

// The three units overlap only in the multiples of 1,000 from 1,000 to 36,000.
std::optional<double> heading_of_anybody(std::uint32_t track) {
    if (track <= kDegreesMax) return track;
    if (track > kHundredthsMax) return from_firmware_unit(track);
    if (track % kFirmwareStep == 0) return std::nullopt;
    return track / 100.0;
}

bool is_of_phone(std::optional<std::uint32_t> track, LocationSource source) {
    if (source == LocationSource::External) return true;
    bool is_firmware = source == LocationSource::Internal || source == LocationSource::Manual;
    // The firmware never sends so small a heading, but for 0.
    return !is_firmware && track && *track > 0 && *track <= kDegreesMax;
}

}  // namespace

std::optional<double> heading_deg(std::uint32_t track, LocationSource source) {
    switch (source) {
        case LocationSource::Manual:
        case LocationSource::Internal:
            return heading_of_firmware(track);
        case LocationSource::External:
            return heading_of_phone(track);
        case LocationSource::Unset:
            break;
    }
    return heading_of_anybody(track);
}

std::optional<double> speed_kmh(std::uint32_t speed, std::optional<std::uint32_t> track,
                                LocationSource source) {
    // Faster than what orbits the Earth: a phone's -1, "not known", without its sign.
    constexpr double kSpeedMax = 40'000;
    // Not times 3.6: 13 m/s must be 46.8 km/h.
    double kmh = is_of_phone(track, source) ? speed * 36.0 / 10 : speed;
    if (kmh > kSpeedMax) return std::nullopt;
    return kmh;
}

}  // namespace martlet::telemetry::meshtastic
