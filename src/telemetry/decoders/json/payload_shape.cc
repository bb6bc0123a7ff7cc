#include "telemetry/decoders/json/payload_shape.h"

namespace martlet::telemetry {

void LeafNames::clear() {
    names.clear();
    has_clocks = false;
    has_units = false;
    has_devices = false;
}

void LeafNames::add(const KeyName& name) {
    names.push_back(&name);
    has_clocks = has_clocks || name.role == KeyRole::Clock || name.role == KeyRole::TimeColumn;
    has_units = has_units || name.role == KeyRole::Unit || name.role == KeyRole::UnitOf ||
                name.role == KeyRole::PerhapsUnit;
    has_devices = has_devices || name.device_rank != 0;
}

KnownNames& PayloadShape::names_by(const MapForm* form) {
    for (auto& [known, given] : names)
        if (known == form) return given;
    return names.emplace_back(form, KnownNames{}).second;
}

PayloadShape* PayloadShapes::find(std::string_view keys) {
    if (keys.empty() || keys.size() > kKeyBytesMax) return nullptr;
    if (auto found = shapes_.find(keys); found != shapes_.end()) return found->second.get();
    if (shapes_.size() >= kShapesMax) {
        shapes_.clear();
        age_++;
    }
    auto shape = std::make_unique<PayloadShape>();
    shape->keys = keys;
    auto& place = shapes_[shape->keys];
    place = std::move(shape);
    return place.get();
}

}  // namespace martlet::telemetry
