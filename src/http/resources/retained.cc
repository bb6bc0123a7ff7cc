// Retained messages: looking at them, and clearing many of them at once, with a look at what would
// go first.

#include "base/json_writer.h"
#include "base/text.h"
#include "http/answers/page.h"
#include "http/answers/query_reader.h"
#include "http/answers/rows_json.h"
#include "http/answers/store_access.h"
#include "http/broker_view.h"
#include "http/resources/resources.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

namespace martlet::http {

namespace {

constexpr std::size_t kPayloadShown = 4096;
constexpr std::size_t kPage = 1000;
constexpr std::size_t kClearedMax = 10'000;
constexpr std::size_t kTopicsShown = 20;
// Messages in a row whose topics carry keys; listing them costs reading them again for each page.
constexpr std::size_t kKeyedMax = 10'000;

// What is wrong with a filter: wildcards stand alone in their level, '#' is the last.
std::string_view filter_problem(std::string_view filter) {
    if (filter.empty()) return "filter is missing: a topic filter such as home/# or a topic";
    if (filter.find('\0') != std::string_view::npos) return "filter must not hold a NUL";
    for (std::size_t i = 0; i < filter.size(); i++) {
        if (filter[i] != '#' && filter[i] != '+') continue;
        bool begins = i == 0 || filter[i - 1] == '/';
        bool ends = i + 1 == filter.size() || filter[i + 1] == '/';
        if (!begins || !ends) return "filter: a wildcard stands alone in its level";
        if (filter[i] == '#' && i + 1 != filter.size()) return "filter: # must be the last level";
    }
    return {};
}

std::string read_filter(QueryReader& query, std::string_view fallback) {
    std::string filter(query.text("filter", fallback, 65'535));
    std::string_view problem = filter_problem(filter);
    if (!problem.empty()) query.complain(std::string(problem));
    return filter;
}

void write_retained(JsonWriter& json, std::string_view topic, const RetainedInfo& message) {
    json.begin_object().key("topic").text(topic).key("qos").integer(message.qos);
    write_payload(json, message.payload, kPayloadShown, message.payload.size());
    json.end_object();
}

// Where a page begins: behind a topic, and so many messages further, since a topic that carries a
// key is not told. Written "TOPIC", or "TOPIC#COUNT": no topic has a '#'.
struct Place {
    std::string topic;
    std::size_t further = 0;

    static std::optional<Place> from(std::string_view text) {
        Place place;
        auto mark = text.find('#');
        place.topic = text.substr(0, mark);
        if (mark == std::string_view::npos) return place;
        auto count = text.substr(mark + 1);
        auto* end = count.data() + count.size();
        auto read = std::from_chars(count.data(), end, place.further);
        bool is_sound = read.ec == std::errc{} && read.ptr == end && place.further <= kKeyedMax;
        return is_sound ? std::optional(std::move(place)) : std::nullopt;
    }
    void pass(const std::string& next, const std::string& shown) {
        bool has_key = shown != next;
        if (has_key && further < kKeyedMax) {
            further++;
            return;
        }
        topic = next;
        // Past the bound: behind all that is below the level of the key.
        if (has_key) topic = shown.substr(0, shown.rfind('/')) + '0';
        further = 0;
    }
    std::string text() const { return further == 0 ? topic : fmt::format("{}#{}", topic, further); }
};

Response list_retained(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    std::string filter = read_filter(query, "#");
    auto place = Place::from(query.text("after", "", 65'535 + 6));
    if (!place) query.complain("after: \"next\" of the page before");
    std::size_t limit = query.limit(100, kPage);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.broker) return no_broker();
    // By asking again and again a key could be narrowed down.
    if (services.broker->shown(place->topic) != place->topic)
        return Response::error(400, "after: a topic that carries no key, or \"next\"");
    auto messages = services.broker->retained(filter, place->topic, limit + 1 + place->further);
    std::span<const RetainedInfo> rest(messages);
    rest = rest.subspan(std::min(place->further, rest.size()));
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("messages").begin_array();
    Page page(body, limit);
    for (const RetainedInfo& message : rest) {
        if (!page.takes_one()) break;
        std::string topic = services.broker->shown(message.topic);
        write_retained(json, topic, message);
        place->pass(message.topic, topic);
    }
    page.end(json, place->text());
    json.end_object();
    return Response::json(std::move(body));
}

// Topics, not payloads: up to kClearedMax of them.
std::vector<std::string> topics_of(BrokerView& broker, std::string_view filter) {
    std::vector<std::string> topics;
    std::string after;
    while (topics.size() < kClearedMax) {
        auto page = broker.retained(filter, after, std::min(kPage, kClearedMax - topics.size()));
        if (page.empty()) break;
        after = page.back().topic;
        for (RetainedInfo& message : page) topics.push_back(std::move(message.topic));
    }
    return topics;
}

// Stands for the filter and the very topics that were shown: FNV-1a. It guards against clearing
// something else than was looked at, not against an attacker, who may as well ask for a preview.
std::string confirmation(std::string_view filter, const std::vector<std::string>& topics) {
    std::uint64_t hash = 14695981039346656037u;
    auto mix = [&](std::string_view text) {
        for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
        hash = (hash ^ 0xff) * 1099511628211u;
    };
    mix(filter);
    for (const std::string& topic : topics) mix(topic);
    return fmt::format("{:016x}", hash);
}

Response preview(const BrokerView& broker, std::string_view filter,
                 const std::vector<std::string>& topics) {
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("filter").text(filter);
    json.key("count").integer(static_cast<std::int64_t>(topics.size()));
    json.key("is_cut").boolean(topics.size() == kClearedMax);
    json.key("topics").begin_array();
    for (std::size_t i = 0; i < std::min(topics.size(), kTopicsShown); i++)
        json.text(broker.shown(topics[i]));
    json.end_array();
    json.key("confirm").text(confirmation(filter, topics));
    json.key("cleared").integer(0).end_object();
    return Response::json(std::move(body));
}

Response clear_retained(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    std::string filter = read_filter(query, "");
    std::string_view confirm = query.text("confirm", "", 64);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.broker) return no_broker();
    auto topics = topics_of(*services.broker, filter);
    if (confirm.empty()) return preview(*services.broker, filter, topics);
    if (confirm != confirmation(filter, topics)) {
        return Response::error(409,
                               "what this filter matches has changed since the preview: ask "
                               "again without confirm, and look again");
    }
    std::int64_t cleared = 0;
    for (std::string& topic : topics) {
        Status done = services.broker->publish({std::move(topic), "", 0, true});
        if (!done) return broker_is_busy(done.error());
        cleared++;
    }
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("filter").text(filter).key("cleared").integer(cleared).end_object();
    return Response::json(std::move(body));
}

}  // namespace

std::span<const Route> retained_routes() {
    static const std::vector<Route> routes = {
        {Method::Get,
         "/api/v1/retained",
         Role::Viewer,
         "Retained messages in topic order",
         list_retained,
         {{"filter", "string", "only topics that match; # when not given"},
          {"after", "string", "only topics after this one: \"next\" of the page before"},
          {"limit", "integer", "1 to 1000; 100 when not given"}}},
        {Method::Delete,
         "/api/v1/retained",
         Role::Operator,
         "Clears retained messages: without confirm it only tells which",
         clear_retained,
         {{"filter", "string", "topics that match, at most 10000 at once", true},
          {"confirm", "string", "\"confirm\" of the preview: now clear them"}}},
    };
    return routes;
}

}  // namespace martlet::http
