#include "telemetry/operator_units.h"

#include <string_view>

namespace martlet::telemetry {

namespace {

bool fits(const UnitOption& unit, const SourceId& source) {
    bool is_kind = unit.kind.empty() || unit.kind == source.kind;
    return is_kind && (unit.id.empty() || unit.id == source.id);
}

}  // namespace

OperatorUnits::OperatorUnits(const std::vector<UnitOption>& units) {
    for (const UnitOption& unit : units) units_[unit.metric].push_back(unit);
}

void OperatorUnits::apply(std::vector<Sample>& samples) const {
    for (Sample& sample : samples) {
        auto found = units_.find(std::string_view(sample.metric));
        if (found == units_.end()) continue;
        for (const UnitOption& unit : found->second) {
            if (!fits(unit, sample.source)) continue;
            sample.unit = unit.unit;
            sample.unit_source = UnitSource::Operator;
            if (unit.series_kind) sample.kind = *unit.series_kind;
            break;
        }
    }
}

}  // namespace martlet::telemetry
