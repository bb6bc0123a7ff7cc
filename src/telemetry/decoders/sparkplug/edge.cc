#include "telemetry/decoders/sparkplug/edge.h"

#include "telemetry/emergency.h"

#include <algorithm>

namespace martlet::telemetry::sparkplug {

namespace {

std::optional<std::uint64_t> birth_number(const Payload& payload) {
    for (const Metric& metric : payload.metrics) {
        if (metric.name != "bdSeq") continue;
        if (const auto* number = std::get_if<std::uint64_t>(&metric.value)) return *number;
    }
    return std::nullopt;
}

// A name is unique within its node or device only.
std::string scoped(std::string_view device, std::string_view name) {
    std::string key(device);
    key += '\n';
    key += name;
    return key;
}

}  // namespace

std::vector<std::string> Edge::begin(const Payload& birth) {
    std::optional<std::uint64_t> number = birth_number(birth);
    bool is_new_session = number != birth_number_ || !number;
    birth_number_ = number;
    has_birth_ = true;
    next_sequence_.reset();
    metrics_.clear();
    by_alias_.clear();
    by_name_.clear();
    // Asked for a rebirth, a node tells its metrics anew and its devices stay; a new session
    // means that their death was missed.
    return is_new_session ? take_devices() : std::vector<std::string>();
}

bool Edge::is_own_death(const Payload& death) const {
    std::optional<std::uint64_t> number = birth_number(death);
    return !number || !birth_number_ || *number == *birth_number_;
}

std::vector<std::string> Edge::end() {
    has_birth_ = false;
    next_sequence_.reset();
    metrics_.clear();
    by_alias_.clear();
    by_name_.clear();
    return take_devices();
}

std::vector<std::string> Edge::take_devices() {
    std::vector<std::string> online;
    for (auto& [name, is_online] : devices_) {
        if (is_online) online.push_back(name);
    }
    devices_.clear();
    std::sort(online.begin(), online.end());
    return online;
}

void Edge::learn(std::string_view device, const Metric& metric) {
    if (metric.name.empty()) return;
    std::string key = scoped(device, metric.name);
    auto found = by_name_.find(key);
    std::size_t place = found == by_name_.end() ? metrics_.size() : found->second;
    if (place == metrics_.size()) {
        if (place >= kEdgeMetricsMax) return;
        metrics_.emplace_back();
        by_name_.emplace(std::move(key), place);
    }
    metrics_[place] = {metric.name, metric.type, metric.unit, alarm_key(alarm_path(metric.name))};
    bool is_known = metric.alias && by_alias_.contains(*metric.alias);
    if (metric.alias && (is_known || by_alias_.size() < kEdgeMetricsMax)) {
        by_alias_[*metric.alias] = place;
    }
}

const MetricInfo* Edge::find(std::string_view device, const Metric& metric) const {
    if (!metric.name.empty()) {
        auto found = by_name_.find(scoped(device, metric.name));
        return found == by_name_.end() ? nullptr : &metrics_[found->second];
    }
    if (!metric.alias) return nullptr;
    auto found = by_alias_.find(*metric.alias);
    return found == by_alias_.end() ? nullptr : &metrics_[found->second];
}

bool Edge::is_in_sequence(const Payload& payload) {
    if (!payload.seq) return true;
    auto number = static_cast<std::uint8_t>(*payload.seq);
    bool is_next = !next_sequence_ || *next_sequence_ == number;
    next_sequence_ = static_cast<std::uint8_t>(number + 1);
    return is_next;
}

bool Edge::set_online(bool is_online) {
    bool is_change = online_ != is_online;
    online_ = is_online;
    return is_change;
}

bool Edge::set_device_online(std::string_view device, bool is_online) {
    auto found = devices_.find(device);
    if (found == devices_.end()) {
        if (devices_.size() < kEdgeDevicesMax) devices_.emplace(std::string(device), is_online);
        return true;
    }
    bool is_change = found->second != is_online;
    found->second = is_online;
    return is_change;
}

std::string alarm_path(std::string_view metric) {
    std::string path(metric);
    std::replace(path.begin(), path.end(), '/', '.');
    return path;
}

bool is_control(std::string_view metric) {
    return metric == "bdSeq" || metric.starts_with("Node Control/") ||
           metric.starts_with("Device Control/");
}

}  // namespace martlet::telemetry::sparkplug
