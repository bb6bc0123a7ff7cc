// Publishing a message over HTTP.

#include "auth/base64.h"
#include "base/bytes.h"
#include "base/json_writer.h"
#include "http/answers/query_reader.h"
#include "http/answers/store_access.h"
#include "http/broker_view.h"
#include "http/json_body.h"
#include "http/resources/resources.h"

namespace martlet::http {

namespace {

// The message, or what is wrong with the body.
Result<Publishing> read_message(std::string_view body) {
    auto read = read_json_object(body);
    if (!read) return read.error();
    const JsonValue& json = read.value();
    for (const auto& [name, value] : json.members) {
        bool is_known = name == "topic" || name == "payload" || name == "payload_base64" ||
                        name == "qos" || name == "retain";
        if (!is_known) return Error{name.substr(0, 40) + ": not known here"};
    }
    Publishing message;
    auto topic = json.text_of("topic");
    if (!topic) return Error{"topic is missing: a text"};
    message.topic = *topic;
    auto text = json.text_of("payload");
    auto base64 = json.text_of("payload_base64");
    if (bool(text) == bool(base64)) {
        return Error{"expected either payload (a text) or payload_base64, and not both"};
    }
    if (text) message.payload = *text;
    if (base64) {
        std::vector<std::uint8_t> bytes;
        if (!auth::decode_base64(*base64, auth::Padding::Required, bytes)) {
            return Error{"payload_base64 is no base64 (RFC 4648, with padding)"};
        }
        message.payload = as_text(bytes);
    }
    std::int64_t qos = json.integer_of("qos").value_or(json.find("qos") ? -1 : 0);
    if (qos < 0 || qos > 2) return Error{"qos must be 0, 1 or 2"};
    message.qos = static_cast<std::uint8_t>(qos);
    if (json.find("retain") && !json.boolean_of("retain")) {
        return Error{"retain must be true or false"};
    }
    message.retain = json.boolean_of("retain").value_or(false);
    return message;
}

Response publish(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.broker) return no_broker();
    auto message = read_message(request.body);
    if (!message) return Response::error(400, message.error().text);
    std::string problem = services.broker->problem_of(message.value());
    if (!problem.empty()) return Response::error(400, problem);
    Status published = services.broker->publish(message.value());
    if (!published) return broker_is_busy(published.error());
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("topic").text(message.value().topic);
    json.key("bytes").integer(static_cast<std::int64_t>(message.value().payload.size()));
    json.end_object();
    return Response::json(std::move(body));
}

}  // namespace

std::span<const Route> publish_routes() {
    static const std::vector<Route> routes = {
        {Method::Post,
         "/api/v1/publish",
         Role::Operator,
         "Publishes a message",
         publish,
         {},
         "{\"topic\":\"a/b\",\"payload\":\"text\",\"qos\":0,\"retain\":false}; payload_base64 "
         "instead of payload for bytes"},
    };
    return routes;
}

}  // namespace martlet::http
