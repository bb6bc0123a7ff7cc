#pragma once

// Heading and speed of a position. The same two fields carry different units, depending on which
// sender filled them: the firmware's GPS code or the app on a phone. Pure functions; any thread.

#include <cstdint>
#include <optional>

namespace martlet::telemetry::meshtastic {

// A position's `location_source`. JSON messages and old firmware do not tell it.
enum class LocationSource : std::uint32_t { Unset = 0, Manual = 1, Internal = 2, External = 3 };

// In degrees, 0 to 360. Nothing: `track` is no heading, or two units fit it and nothing tells which
// one was meant.
std::optional<double> heading_deg(std::uint32_t track, LocationSource source);

// In km/h. `track` is that of the same position, if it has one: without a source its unit tells the
// sender. Nothing: `speed` is no speed of anything on Earth.
std::optional<double> speed_kmh(std::uint32_t speed, std::optional<std::uint32_t> track,
                                LocationSource source);

}  // namespace martlet::telemetry::meshtastic
