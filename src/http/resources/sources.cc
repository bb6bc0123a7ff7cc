// What measures: the sources, what is known of them, and their series with the last values.

#include "base/text.h"
#include "http/answers/page.h"
#include "http/answers/query_reader.h"
#include "http/answers/rows_json.h"
#include "http/answers/series_look_up.h"
#include "http/answers/store_access.h"
#include "http/resources/resources.h"

#include <algorithm>

namespace martlet::http {

namespace {

using telemetry::SeriesRow;
using telemetry::SourceKey;
using telemetry::SourceRow;
using telemetry::StoreReader;

struct SourceView {
    Time now = 0;
    std::optional<std::int64_t> online_ms;
    bool with_series = false;
    std::shared_ptr<const telemetry::FreshnessTable> freshness;
};

void write_freshness(JsonWriter& json, const telemetry::Freshness& freshness) {
    json.key("online_ms").integer(freshness.online_ms);
    json.key("silent_ms").integer(freshness.silent_ms);
}

void write_source(JsonWriter& json, const SourceRow& row, const std::vector<SeriesRow>& series,
                  const SourceView& view) {
    json.begin_object();
    json.key("key").integer(row.key);
    json.key("kind").text(row.source.kind).key("id").text(row.source.id);
    json.key("name").text(row.name);
    json.key("state").text(view.freshness->state_of(row, series, view.now, view.online_ms));
    json.key("first_seen").integer(row.first_seen).key("last_seen").integer(row.last_seen);
    json.key("age_ms").integer(std::max<Time>(view.now - row.last_seen, 0));
    write_freshness(json, view.freshness->of(row, series));
    json.key("interval_ms");
    write_time(json, row.interval_ms);
    json.key("facts").begin_object();
    for (const auto& [name, text] : row.facts) json.key(name).text(text);
    json.end_object();
    if (view.with_series) {
        json.key("series").begin_array();
        for (const SeriesRow& one : series) write_series(json, one, view.now, row.source.kind);
        json.end_array();
    }
    json.end_object();
}

struct SourceFilter {
    std::string_view kind;
    std::string_view id;
    std::string_view state;
    std::string_view search;
    SourceKey after = 0;
};

bool contains_any_case(std::string_view text, std::string_view part) {
    auto same = [](char a, char b) {
        auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
        return lower(a) == lower(b);
    };
    return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

bool passes(const SourceRow& row, const SourceFilter& filter) {
    if (row.key <= filter.after) return false;
    if (!filter.kind.empty() && row.source.kind != filter.kind) return false;
    if (!filter.id.empty() && row.source.id != filter.id) return false;
    if (filter.search.empty()) return true;
    return contains_any_case(row.source.id, filter.search) ||
           contains_any_case(row.name, filter.search);
}

Result<std::string> source_list(const std::vector<SourceRow>& sources, SeriesLookUp& series,
                                const SourceFilter& filter, const SourceView& view,
                                std::size_t limit) {
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("time").integer(view.now).key("sources").begin_array();
    Page page(body, limit);
    SourceKey last = 0;
    for (const SourceRow& row : sources) {
        if (!passes(row, filter)) continue;
        auto own = series.of(row.key);
        if (!own) return own.error();
        auto state = view.freshness->state_of(row, own.value(), view.now, view.online_ms);
        if (!filter.state.empty() && state != filter.state) continue;
        if (!page.takes_one()) break;
        write_source(json, row, own.value(), view);
        last = row.key;
    }
    page.end(json, last);
    json.end_object();
    return body;
}

Response list_sources(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    SourceFilter filter;
    filter.kind = query.text("kind");
    filter.id = query.text("id");
    filter.search = query.text("search");
    filter.state = query.choice("state", {"", "online", "ageing", "silent", "offline"});
    filter.after = query.integer("after", 0, 0, INT64_MAX);
    SourceView view{query.now(), query.duration("online_within"), query.flag("series"),
                    freshness_table(services)};
    std::size_t limit = query.limit(100, 10'000);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    return with_reader(services, [&](StoreReader& reader) {
        auto sources = all_sources(reader);
        if (!sources) return store_failed(sources.error());
        // A state may be rare, so that many sources are looked at for a short list.
        SeriesLookUp series(reader, limit > 500 || !filter.state.empty());
        auto body = source_list(sources.value(), series, filter, view, limit);
        if (!body) return store_failed(body.error());
        return Response::json(std::move(body).value());
    });
}

Response one_source(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    SourceView view{query.now(), query.duration("online_within"), true, freshness_table(services)};
    if (auto refusal = query.refusal()) return std::move(*refusal);
    return with_source(services, request, [&](StoreReader& reader, const SourceRow& row) {
        auto series = reader.series(row.key);
        if (!series) return store_failed(series.error());
        std::string body;
        JsonWriter json(body);
        write_source(json, row, series.value(), view);
        return Response::json(std::move(body));
    });
}

Response remove_source(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.changes) return no_telemetry();
    return with_source(services, request, [&](StoreReader&, const SourceRow& row) {
        // A name is what a device gives itself, and may be another device's by now.
        if (!is_named_exactly(row, request.parameter("source"))) {
            return Response::error(400, fmt::format("name the source to remove by its key or by "
                                                    "KIND:ID: {}:{}",
                                                    row.source.kind, row.source.id));
        }
        Status removed = services.changes->remove_source(row.key);
        if (!removed) return store_failed(removed.error());
        std::string body;
        JsonWriter(body).begin_object().key("removed").integer(row.key).end_object();
        return Response::json(std::move(body));
    });
}

Response series_of_source(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    return with_source(services, request, [&](StoreReader& reader, const SourceRow& row) {
        auto series = reader.series(row.key);
        if (!series) return store_failed(series.error());
        std::string body;
        JsonWriter json(body);
        json.begin_object().key("time").integer(query.now()).key("series").begin_array();
        for (const SeriesRow& one : series.value())
            write_series(json, one, query.now(), row.source.kind);
        json.end_array().end_object();
        return Response::json(std::move(body));
    });
}

Response raw_of(StoreReader& reader, SourceKey source, std::size_t limit) {
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("messages").begin_array();
    Status read = reader.raw(source, limit, [&](const telemetry::RawRow& row) {
        write_raw(json, row);
        return true;
    });
    if (!read) return store_failed(read.error());
    json.end_array().end_object();
    return Response::json(std::move(body));
}

Response raw_of_source(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    std::size_t limit = query.limit(20, 1000);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    // What came from nobody known.
    if (request.parameter("source") == "0") {
        return with_reader(services, [&](StoreReader& reader) { return raw_of(reader, 0, limit); });
    }
    return with_source(services, request, [&](StoreReader& reader, const SourceRow& row) {
        return raw_of(reader, row.key, limit);
    });
}

void write_threshold(JsonWriter& json, const telemetry::ThresholdOption& threshold) {
    json.begin_object().key("kind").text(threshold.kind).key("group").text(threshold.group);
    json.key("id").text(threshold.id);
    write_freshness(json, {threshold.online_ms, threshold.silent_ms});
    json.end_object();
}

Response list_kinds(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("thresholds").begin_array();
    for (const auto& threshold : freshness_table(services)->thresholds())
        write_threshold(json, threshold);
    json.end_array().key("kinds").begin_array();
    for (const telemetry::KindFreshness& row : telemetry::kind_freshness()) {
        json.begin_object().key("kind").text(row.kind);
        if (!row.only.empty()) json.key("only").text(row.only);
        write_freshness(json, row.usual);
        json.key("online_least_ms").integer(row.online_least_ms);
        json.key("online_most_ms").integer(row.online_most_ms);
        json.key("note").text(row.note).end_object();
    }
    json.end_array().end_object();
    return Response::json(std::move(body));
}

}  // namespace

std::span<const Route> source_routes() {
    static const std::vector<Route> routes = {
        {Method::Get, "/api/v1/kinds", Role::Viewer,
         "For how long sources count as online: the operator's thresholds, and by kind",
         list_kinds},
        {Method::Get,
         "/api/v1/sources",
         Role::Viewer,
         "What measures: sources with their facts and whether they are still heard",
         list_sources,
         {{"kind", "string", "only of this kind: meshtastic, lowi, station, vehicle, ..."},
          {"id", "string", "only the one that calls itself so"},
          {"search", "string", "only with this in the id or name; letters of either case"},
          {"state", "string", "only those that are online, ageing, silent or offline"},
          {"online_within", "string", "how long \"online\" lasts, instead of its own: 15m, 2h"},
          {"series", "boolean", "with the series and their last values"},
          {"after", "integer", "only keys above this one: \"next\" of the page before"},
          {"limit", "integer", "1 to 10000; 100 when not given"}}},
        {Method::Get,
         "/api/v1/sources/{source}",
         Role::Viewer,
         "One source with its facts and its series' last values",
         one_source,
         {{"online_within", "string", "how long \"online\" lasts, instead of its own"}}},
        {Method::Delete, "/api/v1/sources/{source}", Role::Admin,
         "Removes a source with all that is stored of it", remove_source},
        {Method::Get, "/api/v1/sources/{source}/series", Role::Viewer,
         "The series of a source with their last values", series_of_source},
        {Method::Get,
         "/api/v1/sources/{source}/raw",
         Role::Viewer,
         "The last messages of a source as they came; source 0: of nobody known",
         raw_of_source,
         {{"limit", "integer", "1 to 1000; 20 when not given"}}},
    };
    return routes;
}

}  // namespace martlet::http
