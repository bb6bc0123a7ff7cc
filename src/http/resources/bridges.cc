// Bridges: how they stand, and pausing, resuming and reconnecting them.

#include "base/json_writer.h"
#include "base/text.h"
#include "http/answers/query_reader.h"
#include "http/answers/store_access.h"
#include "http/bridge_view.h"
#include "http/resources/resources.h"
#include "http/services.h"

#include <optional>

namespace martlet::http {

namespace {

void write_time(JsonWriter& json, std::string_view name, std::int64_t time_ms) {
    json.key(name);
    time_ms == 0 ? json.null() : json.integer(time_ms);
}

void write_bridge(JsonWriter& json, const BridgeInfo& bridge) {
    json.begin_object();
    json.key("name").text(bridge.name).key("state").text(bridge.state);
    write_time(json, "since", bridge.since_ms);
    json.key("address").text(bridge.address);
    json.key("local_clientid").text(bridge.local_clientid);
    json.key("remote_clientid").text(bridge.remote_clientid);
    for (auto [name, count] : {std::pair{"sent", bridge.sent},
                               {"received", bridge.received},
                               {"refused", bridge.refused},
                               {"queued", bridge.queued},
                               {"in_flight", bridge.in_flight},
                               {"connects", bridge.connects}})
        json.key(name).integer(static_cast<std::int64_t>(count));
    json.key("dropped").begin_array();
    for (const BridgeInfo::Dropped& one : bridge.dropped) {
        json.begin_object().key("direction").text(one.direction).key("reason").text(one.reason);
        json.key("count").integer(static_cast<std::int64_t>(one.count)).end_object();
    }
    json.end_array();
    json.key("error");
    bridge.error.empty() ? json.null() : json.text(bridge.error);
    write_time(json, "error_at", bridge.error_ms);
    json.end_object();
}

Response no_such_bridge(std::string_view name) {
    return Response::error(404, fmt::format("there is no bridge {}", name.substr(0, 200)));
}

Response list_bridges(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (services.bridges == nullptr) return no_broker();
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("bridges").begin_array();
    for (const BridgeInfo& bridge : services.bridges->bridges()) write_bridge(json, bridge);
    json.end_array().end_object();
    return Response::json(std::move(body));
}

Response one_bridge(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (services.bridges == nullptr) return no_broker();
    std::string_view name = request.parameter("bridge");
    for (const BridgeInfo& bridge : services.bridges->bridges()) {
        if (bridge.name != name) continue;
        std::string body;
        JsonWriter json(body);
        write_bridge(json, bridge);
        return Response::json(std::move(body));
    }
    return no_such_bridge(name);
}

Response order(Services& services, const Request& request, BridgeAction action) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (services.bridges == nullptr) return no_broker();
    std::string_view name = request.parameter("bridge");
    if (!services.bridges->order(name, action)) return no_such_bridge(name);
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("name").text(name).end_object();
    return Response::json(std::move(body));
}

Response pause_bridge(Services& services, const Request& request) {
    return order(services, request, BridgeAction::Pause);
}

Response resume_bridge(Services& services, const Request& request) {
    return order(services, request, BridgeAction::Resume);
}

Response reconnect_bridge(Services& services, const Request& request) {
    return order(services, request, BridgeAction::Reconnect);
}

}  // namespace

std::span<const Route> bridge_routes() {
    static const std::vector<Route> routes = {
        {Method::Get, "/api/v1/bridges", Role::Viewer, "Bridges and how they stand", list_bridges},
        {Method::Get, "/api/v1/bridges/{bridge}", Role::Viewer, "One bridge", one_bridge},
        {Method::Post, "/api/v1/bridges/{bridge}/pause", Role::Operator,
         "Closes a bridge's connection and opens no new one; messages queue", pause_bridge},
        {Method::Post, "/api/v1/bridges/{bridge}/resume", Role::Operator,
         "Ends a bridge's pause; a lazy one and one that is done connect as well", resume_bridge},
        {Method::Post, "/api/v1/bridges/{bridge}/reconnect", Role::Operator,
         "Closes a bridge's connection and opens a new one at once", reconnect_bridge},
    };
    return routes;
}

}  // namespace martlet::http
