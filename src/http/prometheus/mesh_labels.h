#pragma once

// The labels that meshtastic-metrics-exporter gives to what it says of nodes. Made for each answer
// from what is known of a node at that time, so that a node that changes its name leaves no line
// with the old one. Any thread.

#include "telemetry/store/rows.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::http {

// "!a1b2c3d4" is 2712847316.
std::optional<std::uint32_t> node_number(std::string_view id);

class NodeLabels {
  public:
    // `source`: null when nothing is known of it. Outlives this.
    NodeLabels(std::uint32_t number, const telemetry::SourceRow* source);

    std::string of_node() const;
    // What `this` sends to another.
    std::string of_packet_to(const NodeLabels& destination) const;
    std::string_view id() const { return id_; }

  private:
    std::string id_;
    std::string_view short_name_, long_name_, hardware_model_, role_;
};

}  // namespace martlet::http
