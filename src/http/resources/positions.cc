// Where sources are and were, for maps.

#include "base/text.h"
#include "http/answers/geojson.h"
#include "http/answers/query_reader.h"
#include "http/answers/series_look_up.h"
#include "http/answers/store_access.h"
#include "http/resources/resources.h"

#include <deque>
#include <map>
#include <vector>

namespace martlet::http {

namespace {

using telemetry::PositionRow;
using telemetry::SourceKey;
using telemetry::SourceRow;
using telemetry::StoreReader;
using telemetry::TimeRange;

constexpr std::string_view kGeoJson = "application/geo+json";
constexpr std::size_t kLookedUpOneByOneMax = 500;

void begin_collection(JsonWriter& json) {
    json.begin_object().key("type").text("FeatureCollection").key("features").begin_array();
}

Response geo_json(std::string body) {
    Response response = Response::json(std::move(body));
    response.content_type = kGeoJson;
    return response;
}

void write_place(JsonWriter& json, const SourceRow& source, const PositionRow& row,
                 std::string_view state, Time now) {
    json.begin_object().key("type").text("Feature").key("id").integer(source.key);
    json.key("geometry").begin_object().key("type").text("Point").key("coordinates");
    write_coordinates(json, row.position);
    json.end_object();
    json.key("properties").begin_object().key("source").integer(source.key);
    json.key("kind").text(source.source.kind).key("id").text(source.source.id);
    json.key("name").text(source.name);
    json.key("state").text(state);
    json.key("last_seen").integer(source.last_seen);
    write_position_properties(json, row.position, now);
    json.end_object().end_object();
}

Response last_places(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    std::string_view kind = query.text("kind");
    Time since = query.time("since", 0);
    std::size_t limit = query.limit(10'000, 100'000);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    return with_reader(services, [&](StoreReader& reader) {
        auto sources = reader.sources();
        if (!sources) return store_failed(sources.error());
        auto freshness = freshness_table(services);
        std::map<SourceKey, const SourceRow*> by_key;
        for (const SourceRow& row : sources.value()) {
            if (kind.empty() || row.source.kind == kind) by_key[row.key] = &row;
        }
        std::vector<PositionRow> places;
        bool is_cut = false;
        Status read = reader.last_positions([&](const PositionRow& row) {
            if (!by_key.contains(row.source) || row.position.time < since) return true;
            is_cut = places.size() == limit;
            if (!is_cut) places.push_back(row);
            return !is_cut;
        });
        if (!read) return store_failed(read.error());
        std::string body;
        JsonWriter json(body);
        begin_collection(json);
        // Some say themselves that they are off.
        SeriesLookUp series(reader, places.size() > kLookedUpOneByOneMax);
        for (const PositionRow& row : places) {
            const SourceRow& source = *by_key[row.source];
            auto own = series.of(source.key);
            if (!own) return store_failed(own.error());
            write_place(json, source, row, freshness->state_of(source, own.value(), query.now()),
                        query.now());
        }
        json.end_array().key("is_cut").boolean(is_cut).end_object();
        return geo_json(std::move(body));
    });
}

// The newest `limit` of them, oldest first.
Result<std::vector<PositionRow>> read_trail(StoreReader& reader, SourceKey source, TimeRange range,
                                            std::size_t limit, bool& is_cut) {
    std::deque<PositionRow> trail;
    Status read = reader.positions(source, range, [&](const PositionRow& row) {
        trail.push_back(row);
        if (trail.size() > limit) {
            trail.pop_front();
            is_cut = true;
        }
        return true;
    });
    if (!read) return read.error();
    return std::vector<PositionRow>(trail.begin(), trail.end());
}

void write_points(JsonWriter& json, const std::vector<PositionRow>& trail, Time now) {
    for (const PositionRow& row : trail) {
        json.begin_object().key("type").text("Feature");
        json.key("geometry").begin_object().key("type").text("Point").key("coordinates");
        write_coordinates(json, row.position);
        json.end_object().key("properties").begin_object();
        write_position_properties(json, row.position, now);
        json.end_object().end_object();
    }
}

Response trail_of_source(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    TimeRange range = query.range(query.now() - kDay, query.now() + 1);
    bool is_line = query.choice("form", {"points", "line"}) == "line";
    std::size_t limit = query.limit(1000, 10'000);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    return with_source(services, request, [&](StoreReader& reader, const SourceRow& source) {
        bool is_cut = false;
        auto trail = read_trail(reader, source.key, range, limit, is_cut);
        if (!trail) return store_failed(trail.error());
        std::string body;
        JsonWriter json(body);
        begin_collection(json);
        // A line has two ends.
        if (is_line && trail.value().size() > 1) {
            write_line(json, trail.value());
        } else {
            write_points(json, trail.value(), query.now());
        }
        json.end_array().key("next_to");
        if (is_cut) {
            json.integer(trail.value().front().position.time);
        } else {
            json.null();
        }
        json.end_object();
        return geo_json(std::move(body));
    });
}

}  // namespace

std::span<const Route> position_routes() {
    static const std::vector<Route> routes = {
        {Method::Get,
         "/api/v1/positions",
         Role::Viewer,
         "Where each source was last, as GeoJSON",
         last_places,
         {{"kind", "string", "only sources of this kind"},
          {"since", "string", "only places not older: ISO 8601, milliseconds, -24h, ..."},
          {"limit", "integer", "1 to 100000; 10000 when not given"}},
         "",
         kGeoJson},
        {Method::Get,
         "/api/v1/sources/{source}/positions",
         Role::Viewer,
         "The trail of a source as GeoJSON, oldest first",
         trail_of_source,
         {{"from", "string", "milliseconds since 1970, ISO 8601, or -24h, -7d, ...; -24h"},
          {"to", "string", "the same; what is before it; now"},
          {"form", "string", "points, or line: one LineString with the times beside it"},
          {"limit", "integer", "the newest so many of the range, 1 to 10000; 1000"}},
         "",
         kGeoJson},
    };
    return routes;
}

}  // namespace martlet::http
