#include "http/prometheus/mesh_labels.h"

#include "base/text.h"
#include "http/prometheus/exposition.h"

#include <algorithm>
#include <charconv>

namespace martlet::http {

namespace {

using telemetry::SourceRow;

constexpr std::string_view kUnknown = "Unknown";
constexpr std::string_view kBroadcast = "Broadcast";

std::string_view fact(const SourceRow& source, std::string_view name) {
    auto found = std::find_if(source.facts.begin(), source.facts.end(),
                              [&](const auto& one) { return one.first == name; });
    bool is_told = found != source.facts.end() && !found->second.empty();
    return is_told ? std::string_view(found->second) : kUnknown;
}

}  // namespace

std::optional<std::uint32_t> node_number(std::string_view id) {
    std::uint32_t number = 0;
    if (!id.starts_with('!')) return std::nullopt;
    id.remove_prefix(1);
    auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number, 16);
    if (error != std::errc() || end != id.data() + id.size()) return std::nullopt;
    return number;
}

NodeLabels::NodeLabels(std::uint32_t number, const SourceRow* source)
    : id_(fmt::format("{}", number)),
      short_name_(number == UINT32_MAX ? kBroadcast : kUnknown),
      long_name_(short_name_),
      hardware_model_(kUnknown),
      role_(kUnknown) {
    if (source == nullptr) return;
    short_name_ = fact(*source, "short_name");
    if (!source->name.empty()) long_name_ = source->name;
    hardware_model_ = fact(*source, "hardware_model");
    role_ = fact(*source, "role");
}

std::string NodeLabels::of_node() const {
    return label_text({{"node_id", id_},
                       {"short_name", short_name_},
                       {"long_name", long_name_},
                       {"hardware_model", hardware_model_},
                       {"role", role_}});
}

std::string NodeLabels::of_packet_to(const NodeLabels& destination) const {
    return label_text({{"source_id", id_},
                       {"source_short_name", short_name_},
                       {"source_long_name", long_name_},
                       {"source_hardware_model", hardware_model_},
                       {"source_role", role_},
                       {"destination_id", destination.id_},
                       {"destination_short_name", destination.short_name_},
                       {"destination_long_name", destination.long_name_},
                       {"destination_hardware_model", destination.hardware_model_},
                       {"destination_role", destination.role_}});
}

}  // namespace martlet::http
