#include "telemetry/decoders/meshtastic/json_mode.h"

#include "base/json_writer.h"
#include "telemetry/decoders/meshtastic/names.h"
#include "telemetry/decoders/meshtastic/payloads.h"
#include "telemetry/decoders/plain_text.h"

#include <cmath>
#include <limits>
#include <string>
#include <telemetry/proto/meshtastic.pb.h>
#include <utility>

namespace martlet::telemetry::meshtastic {

namespace {

constexpr std::string_view kPayload = "payload";
constexpr std::string_view kInPayload = "payload.";
constexpr std::size_t kLeavesMax = 64;  // of an array or of a text that is JSON
constexpr std::size_t kNameBytesMax = 64;

void write_leaf(JsonWriter& json, const JsonLeaf& leaf) {
    switch (leaf.type) {
        case LeafType::Boolean:
            json.boolean(leaf.integer != 0);
            break;
        case LeafType::Integer:
            json.integer(leaf.integer);
            break;
        case LeafType::Real:
            json.number(leaf.number);
            break;
        case LeafType::Text:
            json.text(leaf.text);
            break;
        case LeafType::EmptyObject:
            json.begin_object().end_object();
            break;
        case LeafType::EmptyArray:
            json.begin_array().end_array();
            break;
        case LeafType::Null:
            json.null();
            break;
    }
}

}  // namespace

std::optional<std::int64_t> JsonMode::integer(std::string_view path) const {
    auto value = number(path);
    if (!value || std::abs(*value) > 9e15) return std::nullopt;
    return static_cast<std::int64_t>(*value);
}

template <typename T>
std::optional<T> JsonMode::whole(std::string_view path) const {
    auto value = integer(path);
    if (!value || !std::in_range<T>(*value)) return std::nullopt;
    return static_cast<T>(*value);
}

std::optional<double> JsonMode::number(std::string_view path) const {
    const JsonLeaf* leaf = json_.find(path);
    double value = 0;
    if (leaf == nullptr || !as_number(*leaf, value, false)) return std::nullopt;
    return value;
}

std::optional<float> JsonMode::real(std::string_view path) const {
    auto value = number(path);
    if (!value || std::abs(*value) > double{std::numeric_limits<float>::max()}) return std::nullopt;
    return static_cast<float>(*value);
}

std::string_view JsonMode::text(std::string_view path) const {
    const JsonLeaf* leaf = json_.find(path);
    return leaf != nullptr && leaf->type == LeafType::Text ? leaf->text : std::string_view();
}

NodeId JsonMode::node(std::string_view path) const {
    // Signed before firmware 2.2.
    auto value = integer(path).value_or(0);
    bool is_id = std::in_range<std::int32_t>(value) || std::in_range<NodeId>(value);
    return is_id ? static_cast<NodeId>(value) : 0;
}

bool JsonMode::has(std::string_view path) const {
    for (const JsonLeaf& leaf : json_.leaves()) {
        if (!leaf.path.starts_with(path)) continue;
        if (leaf.path.size() == path.size() || leaf.path[path.size()] == '.') return true;
    }
    return false;
}

std::string JsonMode::read_packet(std::string_view payload, const Topic& topic, Packet& packet) {
    if (std::string problem(json_.read(payload)); !problem.empty()) {
        if (!json_.place().empty()) problem += ": " + plain_text(json_.place());
        return problem;
    }
    if (text("type").empty() && json_.find("type") == nullptr) return "not a Meshtastic message";
    packet.from = node("from");
    if (packet.from == 0 || packet.from == kBroadcast) return "no sender";
    packet.to = node("to");
    packet.id = whole<std::uint32_t>("id").value_or(0);
    packet.channel = clean_text(topic.channel, kNameBytesMax);
    packet.channel_number = whole<std::uint32_t>("channel").value_or(0);
    packet.gateway = node_from_text(text("sender"));
    if (packet.gateway == 0) packet.gateway = topic.gateway;
    auto seconds = whole<std::uint64_t>("timestamp").value_or(0);
    packet.time = sound_time(seconds, packet.received).value_or(packet.received);
    packet.radio = {real("snr"), whole<std::int32_t>("rssi")};
    packet.hops_away = whole<std::uint8_t>("hops_away");
    packet.hop_start = whole<std::uint8_t>("hop_start");
    packet.port = static_cast<Port>(port_of_json_type(text("type")));
    return {};
}

bool JsonMode::is_order() const {
    return text("type") == "sendtext" || text("type") == "sendposition";
}

void JsonMode::read_payload(Findings& findings) const {
    // Messages without a payload exist. Only a text may be anything.
    bool is_text = findings.packet().port == Port::Text;
    if (!has(kPayload) || (!is_text && json_.find(kPayload) != nullptr)) return;
    switch (findings.packet().port) {
        case Port::Text:
        case Port::Alert:
        case Port::DetectionSensor:
        case Port::RangeTest:
            return read_text(findings);
        case Port::NodeInfo:
            return read_user(findings);
        case Port::Position:
            return read_position(findings);
        case Port::Telemetry:
            return read_telemetry(findings);
        case Port::NeighborInfo:
            return read_neighbors(findings);
        case Port::Traceroute:
            return read_route(findings);
        case Port::Waypoint:
            return read_waypoint(findings);
        case Port::Paxcounter:
            return read_paxcount(findings);
        default:
            return;
    }
}

// A text that is JSON itself stands there as JSON. It is told as one flat object.
void JsonMode::read_text(Findings& findings) const {
    if (const JsonLeaf* plain = json_.find("payload.text")) {
        if (plain->type == LeafType::Text) return put_text(plain->text, findings);
    }
    std::string flat;
    JsonWriter json(flat);
    if (const JsonLeaf* leaf = json_.find(kPayload)) {
        if (leaf->type == LeafType::Text) return put_text(leaf->text, findings);
        write_leaf(json, *leaf);
        return put_text(flat, findings);
    }
    json.begin_object();
    std::size_t count = 0;
    for (const JsonLeaf& leaf : json_.leaves()) {
        if (!leaf.path.starts_with(kInPayload) || count++ >= kLeavesMax) continue;
        json.key(leaf.path.substr(kInPayload.size()));
        write_leaf(json, leaf);
    }
    json.end_object();
    put_text(flat, findings);
}

void JsonMode::read_user(Findings& findings) const {
    wire::User user;
    user.set_id(std::string(text("payload.id")));
    user.set_long_name(std::string(text("payload.longname")));
    user.set_short_name(std::string(text("payload.shortname")));
    if (auto model = whole<std::uint32_t>("payload.hardware")) user.set_hw_model(*model);
    // Older nodes do not tell it.
    if (auto role = whole<std::uint32_t>("payload.role")) user.set_role(*role);
    put_user(user, findings);
}

void JsonMode::read_position(Findings& findings) const {
    wire::Position position;
    auto set = [&](std::string_view path, auto setter) {
        if (auto value = whole<std::int32_t>(path)) (position.*setter)(*value);
    };
    auto set_unsigned = [&](std::string_view path, auto setter) {
        if (auto value = whole<std::uint32_t>(path)) (position.*setter)(*value);
    };
    set("payload.latitude_i", &wire::Position::set_latitude_i);
    set("payload.longitude_i", &wire::Position::set_longitude_i);
    set("payload.altitude", &wire::Position::set_altitude);
    set_unsigned("payload.time", &wire::Position::set_time);
    set_unsigned("payload.timestamp", &wire::Position::set_timestamp);
    set_unsigned("payload.location_source", &wire::Position::set_location_source);
    set_unsigned("payload.ground_speed", &wire::Position::set_ground_speed);
    set_unsigned("payload.ground_track", &wire::Position::set_ground_track);
    set_unsigned("payload.sats_in_view", &wire::Position::set_sats_in_view);
    set_unsigned("payload.PDOP", &wire::Position::set_pdop);
    set_unsigned("payload.HDOP", &wire::Position::set_hdop);
    set_unsigned("payload.VDOP", &wire::Position::set_vdop);
    set_unsigned("payload.precision_bits", &wire::Position::set_precision_bits);
    put_position(position, findings);
}

// Texts that were mended are there; values that were lost are null.
std::string JsonMode::left_out() const {
    for (const JsonFault& fault : json_.faults()) {
        const JsonLeaf* leaf = json_.find(fault.path);
        if (leaf == nullptr || leaf->type != LeafType::Null) continue;
        return std::string(fault.what) + ": '" + plain_text(fault.path, kNameBytesMax) + "'";
    }
    return {};
}

void JsonMode::read_neighbors(Findings& findings) const {
    wire::NeighborInfo info;
    info.set_node_id(node("payload.node_id"));
    info.set_last_sent_by_id(node("payload.last_sent_by_id"));
    auto interval = whole<std::uint32_t>("payload.node_broadcast_interval_secs").value_or(0);
    info.set_node_broadcast_interval_secs(interval);
    for (std::size_t i = 0; i < kLeavesMax; i++) {
        std::string path = "payload.neighbors." + std::to_string(i);
        if (!has(path)) break;
        wire::Neighbor* added = info.add_neighbors();
        added->set_node_id(node(path + ".node_id"));
        if (auto snr = real(path + ".snr")) added->set_snr(*snr);
    }
    put_neighbors(info, findings);
}

// Names, not ids: they are passed on as they are.
void JsonMode::read_route(Findings& findings) const {
    if (!has("payload.route") && !has("payload.route_back")) return;
    std::string details;
    std::string shown;
    JsonWriter json(details);
    json.begin_object();
    findings.write_path(json);
    for (std::string_view name : {"route", "snr_towards", "route_back", "snr_back"}) {
        std::string prefix = "payload." + std::string(name) + ".";
        std::size_t count = 0;
        if (!has(prefix.substr(0, prefix.size() - 1))) continue;
        json.key(name).begin_array();
        for (const JsonLeaf& leaf : json_.leaves()) {
            if (!leaf.path.starts_with(prefix) || count++ >= kLeavesMax) continue;
            write_leaf(json, leaf);
            if (name != "route" || leaf.type != LeafType::Text) continue;
            if (!shown.empty()) shown += " → ";
            shown += clean_name(leaf.text, kNameBytesMax);
        }
        json.end_array();
    }
    json.end_object();
    findings.event("traceroute", Severity::Info, shown, std::move(details));
}

void JsonMode::read_waypoint(Findings& findings) const {
    wire::Waypoint waypoint;
    if (auto id = whole<std::uint32_t>("payload.id")) waypoint.set_id(*id);
    if (has("payload.name")) waypoint.set_name(std::string(text("payload.name")));
    if (has("payload.description")) {
        waypoint.set_description(std::string(text("payload.description")));
    }
    if (auto expire = whole<std::uint32_t>("payload.expire")) waypoint.set_expire(*expire);
    waypoint.set_locked_to(node("payload.locked_to"));
    auto latitude = whole<std::int32_t>("payload.latitude_i");
    auto longitude = whole<std::int32_t>("payload.longitude_i");
    if (latitude && longitude) {
        waypoint.set_latitude_i(*latitude);
        waypoint.set_longitude_i(*longitude);
    }
    put_waypoint(waypoint, findings);
}

void JsonMode::read_paxcount(Findings& findings) const {
    if (auto wifi = whole<std::uint32_t>("payload.wifi_count"))
        findings.gauge("pax/wifi", "", *wifi);
    if (auto ble = whole<std::uint32_t>("payload.ble_count")) findings.gauge("pax/ble", "", *ble);
    if (auto uptime = whole<std::uint32_t>("payload.uptime")) {
        findings.count("pax/uptime", "s", SeriesKind::Counter, *uptime);
    }
}

}  // namespace martlet::telemetry::meshtastic
