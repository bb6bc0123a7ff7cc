// The broker's own values and settings.

#include "base/json_writer.h"
#include "http/answers/query_reader.h"
#include "http/answers/store_access.h"
#include "http/broker_view.h"
#include "http/resources/resources.h"

#include <charconv>

namespace martlet::http {

namespace {

// "$SYS" values are decimal texts: those that are numbers are told as numbers.
void write_sys_value(JsonWriter& json, std::string_view value) {
    double number = 0;
    const char* last = value.data() + value.size();
    auto [end, error] = std::from_chars(value.data(), last, number);
    if (error == std::errc() && end == last && !value.empty()) {
        json.number(number);
    } else {
        json.text(value);
    }
}

Response broker_values(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.broker) return no_broker();
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("time").integer(query.now()).key("values").begin_object();
    for (const auto& [name, value] : services.broker->values()) {
        json.key(name);
        write_sys_value(json, value);
    }
    json.end_object().end_object();
    return Response::json(std::move(body));
}

// Keys come more than once: of each listener, and those that may be given several times.
Response configuration(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.broker) return no_broker();
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("settings").begin_array();
    for (const Setting& setting : services.broker->configuration()) {
        json.begin_object().key("key").text(setting.key).key("value");
        if (setting.value) {
            json.text(*setting.value);
        } else {
            json.null();
        }
        if (!setting.owner.empty()) json.key("of").text(setting.owner);
        json.key("is_reloadable").boolean(setting.is_reloadable);
        json.key("default").text(setting.default_value).end_object();
    }
    json.end_array().end_object();
    return Response::json(std::move(body));
}

// Why devices do not come in: the last connections and CONNECTs that were refused.
Response refusals(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    std::size_t limit = query.limit(100, 500);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.broker) return no_broker();
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("refusals").begin_array();
    for (const RefusalInfo& one : services.broker->refusals(limit)) {
        json.begin_object().key("time").integer(one.at_ms).key("request").text(one.request);
        json.key("reason").text(one.reason).key("peer").text(one.peer);
        json.key("client_id").text(one.client_id).key("user_name").text(one.user_name);
        json.key("why").text(one.why).end_object();
    }
    json.end_array().end_object();
    return Response::json(std::move(body));
}

}  // namespace

std::span<const Route> broker_routes() {
    static const std::vector<Route> routes = {
        {Method::Get, "/api/v1/broker", Role::Viewer,
         "The broker's values, named as under $SYS/broker/ and as old as sys_interval (10 s unless "
         "set otherwise); none when that is 0",
         broker_values},
        {Method::Get, "/api/v1/config", Role::Admin,
         "Every key of the configuration with its running value, its default and whether a reload "
         "applies it; secrets are left out",
         configuration},
        {Method::Get, "/api/v1/refusals", Role::Operator,
         "The last 500 connections and CONNECTs that were refused, the newest first, with the "
         "reason "
         "as in martlet_refused_total",
         refusals},
    };
    return routes;
}

}  // namespace martlet::http
