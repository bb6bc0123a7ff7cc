#include "telemetry/decoders/meshtastic/ports.h"

#include "telemetry/decoders/meshtastic/metric_table.h"
#include "telemetry/decoders/meshtastic/names.h"
#include "telemetry/decoders/meshtastic/payloads.h"

#include <telemetry/proto/meshtastic.pb.h>

namespace martlet::telemetry::meshtastic {

namespace {

// False: the payload is no such message.
template <typename Message>
bool read_as(Findings& findings, void (*put)(const Message&, Findings&)) {
    const std::string& payload = findings.packet().payload;
    Message message;
    if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return false;
    put(message, findings);
    return true;
}

bool read_telemetry(Findings& findings) {
    const std::string& payload = findings.packet().payload;
    wire::Telemetry all;
    if (!all.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return false;
    findings.set_time(all.time());
    auto read = [&](bool is_there, const MetricGroup& group, const std::string& message) {
        return !is_there || read_metrics(group, message, findings);
    };
    return read(all.has_device(), kDeviceMetrics, all.device()) &&
           read(all.has_environment(), kEnvironmentMetrics, all.environment()) &&
           read(all.has_air_quality(), kAirQualityMetrics, all.air_quality()) &&
           read(all.has_power(), kPowerMetrics, all.power()) &&
           read(all.has_local_stats(), kLocalStats, all.local_stats()) &&
           read(all.has_health(), kHealthMetrics, all.health()) &&
           read(all.has_host(), kHostMetrics, all.host()) &&
           read(all.has_traffic(), kTrafficMetrics, all.traffic());
}

// In the binary message zero is not sent: who says no role is a client.
void put_node_info(const wire::User& user, Findings& findings) {
    put_user(user, findings);
    if (!user.has_role()) findings.fact("role", role_name(0));
}

void put_routing(const wire::Routing& routing, Findings& findings) {
    if (routing.has_error_reason()) put_routing_error(routing.error_reason(), findings);
    if (routing.has_route_reply()) put_route(routing.route_reply(), findings);
}

bool read_payload(Findings& findings) {
    switch (findings.packet().port) {
        case Port::NodeInfo:
            return read_as(findings, put_node_info);
        case Port::Position:
            return read_as(findings, put_position);
        case Port::MapReport:
            return read_as(findings, put_map_report);
        case Port::Paxcounter:
            return read_as(findings, put_paxcount);
        case Port::Telemetry:
            return read_telemetry(findings);
        case Port::NeighborInfo:
            return read_as(findings, put_neighbors);
        case Port::Traceroute:
            return read_as(findings, put_route);
        case Port::Routing:
            return read_as(findings, put_routing);
        case Port::Waypoint:
            return read_as(findings, put_waypoint);
        case Port::Text:
        case Port::Alert:
        case Port::DetectionSensor:
        case Port::RangeTest:
            put_text(findings.packet().payload, findings);
            return true;
        default:
            return true;
    }
}

}  // namespace

std::string read_port(Findings& findings) {
    const Packet& packet = findings.packet();
    // "Please send me yours": there is nothing in it.
    bool is_question = packet.payload.empty() && packet.want_response;
    bool may_be_empty = packet.port == Port::Traceroute || packet.port == Port::Paxcounter;
    if (packet.payload.empty() && (is_question || !may_be_empty)) return {};
    if (read_payload(findings)) return {};
    return std::string(port_name(static_cast<std::uint32_t>(packet.port))) + " is not sound";
}

}  // namespace martlet::telemetry::meshtastic
