#include "telemetry/words.h"

#include <array>
#include <limits>

namespace martlet::telemetry {

namespace {
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
}

Position::Position()
    : altitude_m(kUnknown), speed_kmh(kUnknown), heading_deg(kUnknown), uncertainty_m(kUnknown) {}

std::string_view name_of(SeriesKind kind) {
    static constexpr std::array<std::string_view, 5> kNames = {"gauge", "counter", "meter",
                                                               "increment", "state"};
    return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name_of(Severity severity) {
    static constexpr std::array<std::string_view, 3> kNames = {"info", "warning", "critical"};
    return kNames[static_cast<std::size_t>(severity)];
}

}  // namespace martlet::telemetry
