#include "telemetry/words.h"

#include <algorithm>
#include <array>
#include <limits>

namespace martlet::telemetry {

namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// In the order of the enumerators.
constexpr std::array<std::string_view, 5> kKinds = {"gauge", "counter", "meter", "increment",
                                                    "state"};
constexpr std::array<std::string_view, 3> kSeverities = {"info", "warning", "critical"};
constexpr std::array<std::string_view, 5> kUnitSources = {"assumed", "mapped", "declared", "stated",
                                                          "operator"};

// 0: it is not there.
template <std::size_t N>
std::size_t place_in(const std::array<std::string_view, N>& names, std::string_view name) {
    auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? 0 : static_cast<std::size_t>(found - names.begin());
}

}  // namespace

Position::Position()
    : altitude_m(kUnknown), speed_kmh(kUnknown), heading_deg(kUnknown), uncertainty_m(kUnknown) {}

std::string_view name_of(SeriesKind kind) {
    return kKinds[static_cast<std::size_t>(kind)];
}

SeriesKind series_kind_of(std::string_view name) {
    return static_cast<SeriesKind>(place_in(kKinds, name));
}

std::string_view name_of(UnitSource source) {
    return kUnitSources[static_cast<std::size_t>(source)];
}

UnitSource unit_source_of(std::string_view name) {
    return static_cast<UnitSource>(place_in(kUnitSources, name));
}

std::string_view name_of(Severity severity) {
    return kSeverities[static_cast<std::size_t>(severity)];
}

Severity severity_of(std::string_view name) {
    return static_cast<Severity>(place_in(kSeverities, name));
}

}  // namespace martlet::telemetry
