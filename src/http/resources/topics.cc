// The live tree of topics: what was published since the start, level by level, with last values.

#include "base/json_writer.h"
#include "base/text.h"
#include "http/answers/page.h"
#include "http/answers/query_reader.h"
#include "http/answers/rows_json.h"
#include "http/answers/store_access.h"
#include "http/resources/resources.h"
#include "telemetry/topic_table.h"

namespace martlet::http {

namespace {

using telemetry::TopicChild;
using telemetry::TopicState;

// Members of the object that is open.
void write_state(JsonWriter& json, const TopicState& state, Time now) {
    json.key("topic").text(state.topic);
    write_payload(json, state.payload, state.payload.size(), state.payload_bytes);
    json.key("time").integer(state.received);
    json.key("age_ms").integer(now - state.received);
    json.key("qos").integer(state.qos).key("retain").boolean(state.retain);
    json.key("messages").integer(static_cast<std::int64_t>(state.messages));
    json.key("bytes_total").integer(static_cast<std::int64_t>(state.bytes));
}

void write_child(JsonWriter& json, const TopicChild& child, Time now) {
    json.begin_object().key("level").text(child.level);
    json.key("topics").integer(static_cast<std::int64_t>(child.topics));
    json.key("has_children").boolean(child.has_children);
    json.key("last");
    if (child.state) {
        json.begin_object();
        write_state(json, *child.state, now);
        json.end_object();
    } else {
        json.null();
    }
    json.end_object();
}

Response tree(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    std::string prefix(query.text("prefix", "", 65'535));
    // A level may be empty, so an empty text is not the same as none.
    std::optional<std::string_view> after = request.query_value("after");
    query.text("after", "", 65'535);
    auto payload_bytes = static_cast<std::size_t>(query.integer("payload_bytes", 256, 0, 4096));
    std::size_t limit = query.limit(200, 10'000);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.topics) return no_telemetry();
    auto children = services.topics->children(prefix, after, limit + 1, payload_bytes);
    auto counts = services.topics->counts();
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("time").integer(query.now()).key("prefix").text(prefix);
    json.key("topics").integer(static_cast<std::int64_t>(counts.topics));
    json.key("messages").integer(static_cast<std::int64_t>(counts.messages));
    json.key("forgotten").integer(static_cast<std::int64_t>(counts.forgotten));
    json.key("children").begin_array();
    Page page(body, limit);
    std::string_view last;
    for (const TopicChild& child : children) {
        if (!page.takes_one()) break;
        write_child(json, child, query.now());
        last = child.level;
    }
    page.end(json, last);
    json.end_object();
    return Response::json(std::move(body));
}

Response search(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    std::string text(query.text("text"));
    if (text.empty()) query.complain("text is missing: a part of a topic");
    auto payload_bytes = static_cast<std::size_t>(query.integer("payload_bytes", 256, 0, 4096));
    std::size_t limit = query.limit(100, 1000);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.topics) return no_telemetry();
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("time").integer(query.now()).key("topics").begin_array();
    for (const TopicState& state : services.topics->search(text, limit, payload_bytes)) {
        json.begin_object();
        write_state(json, state, query.now());
        json.end_object();
    }
    json.end_array().end_object();
    return Response::json(std::move(body));
}

Response one_topic(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    std::string topic(query.text("topic", "", 65'535));
    if (topic.empty()) query.complain("topic is missing");
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.topics) return no_telemetry();
    auto state = services.topics->find(topic);
    if (!state) return Response::error(404, "nothing was published on this topic lately");
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    write_state(json, *state, query.now());
    json.end_object();
    return Response::json(std::move(body));
}

}  // namespace

std::span<const Route> topic_routes() {
    static const std::vector<Route> routes = {
        {Method::Get,
         "/api/v1/topics",
         Role::Viewer,
         "The levels of the topic tree below a prefix, with counts and last messages",
         tree,
         {{"prefix", "string", "levels above: home/kitchen; the top when not given"},
          {"after", "string", "only levels after this one: \"next\" of the page before"},
          {"payload_bytes", "integer", "so much of each payload, 0 to 4096; 256"},
          {"limit", "integer", "1 to 10000; 200 when not given"}}},
        {Method::Get,
         "/api/v1/topics/search",
         Role::Viewer,
         "Topics with a text in their names, those with news first",
         search,
         {{"text", "string", "letters of either case", true},
          {"payload_bytes", "integer", "so much of each payload, 0 to 4096; 256"},
          {"limit", "integer", "1 to 1000; 100 when not given"}}},
        {Method::Get,
         "/api/v1/topics/last",
         Role::Viewer,
         "The last message of one topic",
         one_topic,
         {{"topic", "string", "the topic", true}}},
    };
    return routes;
}

}  // namespace martlet::http
