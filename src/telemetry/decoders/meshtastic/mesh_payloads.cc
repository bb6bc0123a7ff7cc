#include "base/ascii.h"
#include "base/json_writer.h"
#include "telemetry/decoders/meshtastic/names.h"
#include "telemetry/decoders/meshtastic/payloads.h"
#include "telemetry/emergency.h"

#include <string>
#include <telemetry/proto/meshtastic.pb.h>
#include <utility>
#include <vector>

namespace martlet::telemetry::meshtastic {

namespace {

constexpr std::size_t kTextBytesMax = 2048;
// The mesh has 8 and 10; a hostile message may say thousands.
constexpr int kHopsMax = 32;
constexpr int kNeighborsMax = 64;

std::pair<std::string_view, Severity> text_kind(Port port) {
    switch (port) {
        case Port::Alert:
            return {"alert", Severity::Critical};
        case Port::DetectionSensor:
            return {"detection", Severity::Info};
        case Port::RangeTest:
            return {"range_test", Severity::Info};
        default:
            return {"text", Severity::Info};
    }
}

// "SOS", "mayday, engine on fire": the words of a distress call stand first.
bool is_distress_call(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    for (std::string_view call : {"sos", "mayday"}) {
        if (text.size() <= call.size()) continue;
        bool is_call = true;
        for (std::size_t i = 0; i < call.size(); i++)
            is_call = is_call && lower(text[i]) == call[i];
        char next = lower(text[call.size()]);
        if (is_call && (next < 'a' || next > 'z')) return true;
    }
    return false;
}

// People talk of fires and of help. A text is an emergency when it says nothing else, or begins
// with a distress call. That of a sensor is one whatever else it says.
bool is_emergency(Port port, std::string_view text) {
    JsonLeaf leaf;
    leaf.type = LeafType::Text;
    leaf.text = text;
    auto is_critical = [&](std::string_view key) {
        return alarm_of_member(key, leaf).severity == Severity::Critical;
    };
    if (port == Port::DetectionSensor) return is_critical("event");
    if (port != Port::Text) return false;
    return is_critical("status") || (is_distress_call(text) && is_critical("event"));
}

using Path = std::vector<NodeId>;

template <typename Hops>
Path path_of(NodeId first, const Hops& hops, NodeId last) {
    Path path = {first};
    for (int i = 0; i < hops.size() && i < kHopsMax; i++) path.push_back(hops.Get(i));
    if (last != 0) path.push_back(last);
    return path;
}

void write_path_array(JsonWriter& json, std::string_view key, const Path& path) {
    json.key(key).begin_array();
    for (NodeId node : path) node == 0 ? json.null() : json.text(node_text(node));
    json.end_array();
}

// Quarters of a decibel; -128: not known.
template <typename Values>
void write_snr_array(JsonWriter& json, std::string_view key, const Values& values) {
    constexpr int kUnknown = -128;
    json.key(key).begin_array();
    for (int i = 0; i < values.size() && i <= kHopsMax; i++) {
        int value = values.Get(i);
        value == kUnknown ? json.null() : json.number(value / 4.0);
    }
    json.end_array();
}

void write_neighbors(JsonWriter& json, const wire::NeighborInfo& info) {
    int written = 0;
    json.key("neighbors").begin_array();
    for (const wire::Neighbor& neighbor : info.neighbors()) {
        if (neighbor.node_id() == 0 || written++ >= kNeighborsMax) continue;
        json.begin_object();
        json.key("node").text(node_text(neighbor.node_id()));
        if (neighbor.has_snr()) json.key("snr").number(as_decimal(neighbor.snr()));
        if (neighbor.last_rx_time() != 0) json.key("last_heard").integer(neighbor.last_rx_time());
        json.end_object();
    }
    json.end_array();
}

std::string arrows(const Path& path) {
    std::string text;
    for (NodeId node : path) {
        if (!text.empty()) text += " → ";
        text += node == 0 ? "?" : node_text(node);
    }
    return text;
}

}  // namespace

void put_text(std::string_view text, Findings& findings) {
    const Packet& packet = findings.packet();
    std::string details;
    JsonWriter json(details);
    json.begin_object();
    findings.write_path(json);
    if (packet.reply_id != 0) json.key("reply_id").integer(packet.reply_id);
    if (packet.is_reaction) json.key("is_reaction").boolean(true);
    json.end_object();
    auto [kind, severity] = text_kind(packet.port);
    std::string clean = clean_text(text, kTextBytesMax, true);
    if (is_emergency(packet.port, clean)) severity = Severity::Critical;
    findings.event(kind, severity, clean, std::move(details));
    findings.gauge("text/size", "B", text.size());
}

void put_neighbors(const wire::NeighborInfo& info, Findings& findings) {
    int count = 0;
    for (const wire::Neighbor& neighbor : info.neighbors()) count += neighbor.node_id() != 0;
    if (count == 0) return;
    std::string details;
    JsonWriter json(details);
    json.begin_object();
    findings.write_path(json);
    if (info.node_id() != 0) json.key("node").text(node_text(info.node_id()));
    if (info.last_sent_by_id() != 0) json.key("sent_by").text(node_text(info.last_sent_by_id()));
    if (info.node_broadcast_interval_secs() != 0) {
        json.key("interval_s").integer(info.node_broadcast_interval_secs());
    }
    write_neighbors(json, info);
    json.end_object();
    findings.gauge("neighbors/count", "", count);
    findings.event("neighbors", Severity::Info, std::to_string(count) + " neighbours",
                   std::move(details));
}

void put_route(const wire::RouteDiscovery& route, Findings& findings) {
    const Packet& packet = findings.packet();
    // A reply comes from the node that was traced to the one that asked; a question is under way
    // and knows only the beginning.
    bool is_reply = packet.request_id != 0;
    Path towards = is_reply ? path_of(packet.to, route.route(), packet.from)
                            : path_of(packet.from, route.route(), 0);
    std::string details;
    JsonWriter json(details);
    json.begin_object();
    findings.write_path(json);
    json.key("is_reply").boolean(is_reply);
    write_path_array(json, "path_towards", towards);
    write_snr_array(json, "snr_towards", route.snr_towards());
    if (is_reply && (route.route_back_size() > 0 || route.snr_back_size() > 0)) {
        Path back = path_of(packet.from, route.route_back(), packet.to);
        write_path_array(json, "path_back", back);
        write_snr_array(json, "snr_back", route.snr_back());
    }
    json.end_object();
    if (is_reply) findings.gauge("traceroute/route_length", "", route.route_size());
    findings.event("traceroute", Severity::Info, arrows(towards), std::move(details));
}

void put_routing_error(std::uint32_t error, Findings& findings) {
    std::string metric = "routing/";
    findings.increment(metric += routing_error_name(error));
}

void put_waypoint(const wire::Waypoint& waypoint, Findings& findings) {
    constexpr std::uint32_t kNever = 0;
    Time now_s = findings.packet().received / 1000;
    std::string name = clean_name(waypoint.name(), kTextBytesMax);
    std::string details;
    JsonWriter json(details);
    json.begin_object();
    findings.write_path(json);
    if (waypoint.has_id()) json.key("id").integer(waypoint.id());
    bool is_placed = waypoint.has_latitude_i() && waypoint.has_longitude_i() &&
                     is_on_earth(waypoint.latitude_i(), waypoint.longitude_i());
    if (is_placed) {
        json.key("latitude").number(waypoint.latitude_i() / 1e7);
        json.key("longitude").number(waypoint.longitude_i() / 1e7);
    }
    if (waypoint.has_expire()) json.key("expire").integer(waypoint.expire());
    json.key("is_deleted").boolean(waypoint.expire() != kNever && waypoint.expire() <= now_s);
    if (waypoint.locked_to() != 0) json.key("locked_to").text(node_text(waypoint.locked_to()));
    if (!name.empty()) json.key("name").text(name);
    if (waypoint.has_description()) {
        json.key("description").text(clean_text(waypoint.description(), kTextBytesMax, true));
    }
    if (waypoint.geofence_radius() != 0) {
        json.key("geofence_radius").integer(waypoint.geofence_radius());
    }
    if (waypoint.icon() != 0) json.key("icon").integer(waypoint.icon());
    json.end_object();
    findings.event("waypoint", Severity::Info, name, std::move(details));
}

}  // namespace martlet::telemetry::meshtastic
