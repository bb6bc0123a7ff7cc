// Clients: their sessions, queues and subscriptions, and ending them.

#include "base/json_writer.h"
#include "base/text.h"
#include "http/answers/page.h"
#include "http/answers/query_reader.h"
#include "http/answers/store_access.h"
#include "http/broker_view.h"
#include "http/resources/resources.h"

namespace martlet::http {

namespace {

void write_count(JsonWriter& json, std::string_view name, std::uint64_t count) {
    json.key(name).integer(static_cast<std::int64_t>(count));
}

void write_client(JsonWriter& json, const ClientInfo& client) {
    json.begin_object();
    json.key("client_id").text(client.client_id).key("user_name").text(client.user_name);
    json.key("is_online").boolean(client.is_online);
    // Those of its connection; who is offline has none.
    for (auto [name, value] : {std::pair{"peer", &client.peer}, {"protocol", &client.protocol}}) {
        json.key(name);
        value->empty() ? json.null() : json.text(*value);
    }
    json.key("keep_alive_s");
    client.is_online ? json.integer(client.keep_alive_s) : json.null();
    json.key("expiry_s");
    if (client.expiry_s < 0) {
        json.null();
    } else {
        json.integer(client.expiry_s);
    }
    write_count(json, "subscriptions", client.subscriptions);
    write_count(json, "queued", client.queued);
    write_count(json, "queued_bytes", client.queued_bytes);
    write_count(json, "in_flight", client.in_flight);
    json.end_object();
}

Response no_such_client(std::string_view client_id) {
    return Response::error(
        404, fmt::format("there is no session of client {}", client_id.substr(0, 200)));
}

Response list_clients(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    std::string after(query.text("after", "", 65'535));
    std::size_t limit = query.limit(100, 10'000);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.broker) return no_broker();
    // One more, to know whether there are more.
    auto clients = services.broker->clients(after, limit + 1);
    if (!clients) return broker_is_busy(clients.error());
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("clients").begin_array();
    Page page(body, limit);
    std::string_view last;
    for (const ClientInfo& client : clients.value()) {
        if (!page.takes_one()) break;
        write_client(json, client);
        last = client.client_id;
    }
    page.end(json, last);
    json.end_object();
    return Response::json(std::move(body));
}

Response one_client(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.broker) return no_broker();
    std::string_view id = request.parameter("client");
    auto client = services.broker->client(id);
    if (!client) return broker_is_busy(client.error());
    if (!client.value()) return no_such_client(id);
    std::string body;
    JsonWriter json(body);
    write_client(json, *client.value());
    return Response::json(std::move(body));
}

// For what is asked of a session that has none of it: is there such a session at all?
std::optional<Response> refuse_unknown(BrokerView& broker, std::string_view client_id) {
    auto client = broker.client(client_id);
    if (!client) return broker_is_busy(client.error());
    if (!client.value()) return no_such_client(client_id);
    return std::nullopt;
}

Response queue_of_client(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    std::size_t limit = query.limit(100, 10'000);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.broker) return no_broker();
    std::string_view id = request.parameter("client");
    if (auto refusal = refuse_unknown(*services.broker, id)) return std::move(*refusal);
    auto queue = services.broker->queue(id, limit);
    if (!queue) return broker_is_busy(queue.error());
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("messages").begin_array();
    for (const QueuedInfo& message : queue.value()) {
        json.begin_object();
        json.key("topic").text(services.broker->shown(message.topic));
        json.key("qos").integer(message.qos);
        write_count(json, "bytes", message.bytes);
        json.key("is_in_flight").boolean(message.is_in_flight);
        json.key("is_in_journal_only").boolean(message.is_in_journal_only);
        json.end_object();
    }
    json.end_array().end_object();
    return Response::json(std::move(body));
}

Response write_subscriptions(BrokerView& broker, std::string_view client_id, std::size_t limit) {
    auto subscriptions = broker.subscriptions(client_id, limit + 1);
    if (!subscriptions) return broker_is_busy(subscriptions.error());
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("subscriptions").begin_array();
    Page page(body, limit);
    for (const SubscriptionInfo& one : subscriptions.value()) {
        if (!page.takes_one()) break;
        json.begin_object().key("client_id").text(one.client_id);
        json.key("filter").text(broker.shown(one.filter));
        json.key("qos").integer(one.qos).end_object();
    }
    json.end_array().key("has_more").boolean(page.has_more()).end_object();
    return Response::json(std::move(body));
}

Response subscriptions_of_client(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    std::size_t limit = query.limit(1000, 100'000);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.broker) return no_broker();
    std::string_view id = request.parameter("client");
    if (auto refusal = refuse_unknown(*services.broker, id)) return std::move(*refusal);
    return write_subscriptions(*services.broker, id, limit);
}

Response all_subscriptions(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    std::string client_id(query.text("client_id", "", 65'535));
    std::size_t limit = query.limit(1000, 100'000);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.broker) return no_broker();
    return write_subscriptions(*services.broker, client_id, limit);
}

Response kick_client(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    bool and_session = query.flag("session");
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.broker) return no_broker();
    std::string_view id = request.parameter("client");
    auto kicked = services.broker->kick(id, and_session);
    if (!kicked) return broker_is_busy(kicked.error());
    if (!kicked.value()) return no_such_client(id);
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("client_id").text(id).key("session_removed").boolean(and_session);
    json.end_object();
    return Response::json(std::move(body));
}

}  // namespace

std::span<const Route> client_routes() {
    static const std::vector<Route> routes = {
        {Method::Get,
         "/api/v1/clients",
         Role::Viewer,
         "Sessions in the order of their client ids",
         list_clients,
         {{"after", "string", "only client ids after this one: \"next\" of the page before"},
          {"limit", "integer", "1 to 10000; 100 when not given"}}},
        {Method::Get, "/api/v1/clients/{client}", Role::Viewer, "One session", one_client},
        {Method::Get,
         "/api/v1/clients/{client}/queue",
         Role::Operator,
         "The messages that wait for a client, oldest first",
         queue_of_client,
         {{"limit", "integer", "1 to 10000; 100 when not given"}}},
        {Method::Get,
         "/api/v1/clients/{client}/subscriptions",
         Role::Viewer,
         "The subscriptions of a client",
         subscriptions_of_client,
         {{"limit", "integer", "1 to 100000; 1000 when not given"}}},
        {Method::Delete,
         "/api/v1/clients/{client}",
         Role::Operator,
         "Ends a client's connection; it may come again",
         kick_client,
         {{"session", "boolean", "also remove what it left: session, queue and will"}}},
        {Method::Get,
         "/api/v1/subscriptions",
         Role::Viewer,
         "Subscriptions of all clients",
         all_subscriptions,
         {{"client_id", "string", "only of this client"},
          {"limit", "integer", "1 to 100000; 1000 when not given"}}},
    };
    return routes;
}

}  // namespace martlet::http
