// The fleet: vehicles with their state, and how far and how long they drove.

#include "base/json_writer.h"
#include "http/answers/csv.h"
#include "http/answers/geojson.h"
#include "http/answers/page.h"
#include "http/answers/query_reader.h"
#include "http/answers/rows_json.h"
#include "http/answers/store_access.h"
#include "http/figures/rollup_sums.h"
#include "http/resources/resources.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>

namespace martlet::http {

namespace {

using telemetry::PositionRow;
using telemetry::SeriesRow;
using telemetry::SourceKey;
using telemetry::SourceRow;
using telemetry::StoreReader;
using telemetry::TimeRange;

// Kinds of events that are counted for each vehicle, as its decoder calls them.
constexpr std::array<std::string_view, 8> kCounted = {
    "trip_end",   "harsh_brake", "harsh_acceleration", "harsh_cornering",
    "over_speed", "idling",      "zone_enter",         "emergency"};
constexpr std::size_t kEventsMax = 10'000;

// Of the driving time: series of the decoder, and what they are called here.
struct DrivingPart {
    std::string_view metric;
    std::string_view name;
};
constexpr std::string_view kOverLimit = "over_limit_s";
constexpr std::array kDrivingParts = {DrivingPart{"driving_time.night", "night_s"},
                                      DrivingPart{"driving_time.over_limit", kOverLimit},
                                      DrivingPart{"driving_time.under_30", "under_30_kmh_s"},
                                      DrivingPart{"driving_time.30_to_50", "30_to_50_kmh_s"},
                                      DrivingPart{"driving_time.50_to_80", "50_to_80_kmh_s"},
                                      DrivingPart{"driving_time.80_to_110", "80_to_110_kmh_s"},
                                      DrivingPart{"driving_time.over_110", "over_110_kmh_s"}};

struct Vehicle {
    const SourceRow* source = nullptr;
    std::vector<SeriesRow> series;
    std::string_view state;
    std::optional<PositionRow> position;
    // Nothing: not known, since it tells neither that nor where it is.
    std::optional<double> distance_km, driving_s, fastest_kmh;
    std::array<std::optional<double>, kDrivingParts.size()> driving_parts;
    std::array<std::int64_t, kCounted.size()> events{};
};

std::string_view fact(const SourceRow& source, std::string_view name) {
    auto found = std::find_if(source.facts.begin(), source.facts.end(),
                              [&](const auto& one) { return one.first == name; });
    return found == source.facts.end() ? std::string_view() : std::string_view(found->second);
}

bool is_vehicle(const SourceRow& source) {
    return source.source.kind == "vehicle" || source.source.kind == "owntracks";
}

Status count_events(StoreReader& reader, TimeRange range, Vehicle& vehicle) {
    telemetry::EventQuery query;
    query.source = vehicle.source->key;
    query.range = range;
    query.limit = kEventsMax;
    return reader.events(query, [&](const telemetry::EventRow& row) {
        auto found = std::find(kCounted.begin(), kCounted.end(), row.event.kind);
        if (found != kCounted.end()) {
            vehicle.events[static_cast<std::size_t>(found - kCounted.begin())]++;
        }
        return true;
    });
}

Status read_vehicle(StoreReader& reader, TimeRange range, Vehicle& vehicle) {
    const SeriesRow* distance = find_metric(vehicle.series, "distance");
    Status read = add_steps(reader, distance, range, vehicle.distance_km);
    if (!read) return read;
    const SeriesRow* driving = find_metric(vehicle.series, "driving_time");
    read = add_steps(reader, driving, range, vehicle.driving_s);
    if (!read) return read;
    // A vehicle that tells places and never moved has not driven.
    if (vehicle.position) {
        vehicle.distance_km = vehicle.distance_km.value_or(0);
        vehicle.driving_s = vehicle.driving_s.value_or(0);
    }
    for (std::size_t i = 0; i < kDrivingParts.size(); i++) {
        const SeriesRow* part = find_metric(vehicle.series, kDrivingParts[i].metric);
        read = add_steps(reader, part, range, vehicle.driving_parts[i]);
        if (!read) return read;
        // Those who tell the driving time tell all its parts, but for the limit that they may lack.
        bool is_told = vehicle.driving_s && kDrivingParts[i].name != kOverLimit;
        if (is_told) vehicle.driving_parts[i] = vehicle.driving_parts[i].value_or(0);
    }
    if (const SeriesRow* speed = find_metric(vehicle.series, "speed")) {
        read = reader.rollups(
            speed->key, telemetry::Rollup::Hour, range, [&](const telemetry::RollupRow& row) {
                vehicle.fastest_kmh = std::max(vehicle.fastest_kmh.value_or(row.max), row.max);
                return true;
            });
        if (!read) return read;
    }
    return count_events(reader, range, vehicle);
}

struct Wanted {
    TimeRange range;
    std::string_view state;
    std::string_view group;
    SourceKey after = 0;
    std::size_t limit = 0;
    Time now = 0;
    std::optional<std::int64_t> online_ms;
    std::shared_ptr<const telemetry::FreshnessTable> freshness;
};

using Places = std::map<SourceKey, PositionRow>;

Result<Places> last_places(StoreReader& reader) {
    Places places;
    Status read = reader.last_positions([&](const PositionRow& row) {
        places[row.source] = row;
        return true;
    });
    if (!read) return read.error();
    return places;
}

Result<std::vector<Vehicle>> find_vehicles(StoreReader& reader,
                                           const std::vector<SourceRow>& sources,
                                           const Wanted& wanted) {
    auto places = last_places(reader);
    if (!places) return places.error();
    std::vector<Vehicle> out;
    for (const SourceRow& source : sources) {
        if (!is_vehicle(source) || source.key <= wanted.after) continue;
        if (!wanted.group.empty() && fact(source, "group") != wanted.group) continue;
        auto series = reader.series(source.key);
        if (!series) return series.error();
        Vehicle vehicle;
        vehicle.source = &source;
        vehicle.series = std::move(series).value();
        vehicle.state =
            wanted.freshness->state_of(source, vehicle.series, wanted.now, wanted.online_ms);
        if (!wanted.state.empty() && vehicle.state != wanted.state) continue;
        // One more, to know whether there are more.
        if (out.size() > wanted.limit) break;
        auto place = places.value().find(source.key);
        if (place != places.value().end()) vehicle.position = place->second;
        Status read = read_vehicle(reader, wanted.range, vehicle);
        if (!read) return read.error();
        out.push_back(std::move(vehicle));
    }
    return out;
}

void write_vehicle(JsonWriter& json, const Vehicle& vehicle, Time now) {
    const SourceRow& source = *vehicle.source;
    json.begin_object().key("source").integer(source.key);
    json.key("kind").text(source.source.kind).key("id").text(source.source.id);
    json.key("name").text(source.name).key("group").text(fact(source, "group"));
    json.key("state").text(vehicle.state).key("last_seen").integer(source.last_seen);
    json.key("age_ms").integer(std::max<Time>(now - source.last_seen, 0));
    json.key("values").begin_object();
    for (const SeriesRow& row : vehicle.series) {
        json.key(row.metric);
        write_value(json, row.last_value);
    }
    json.end_object().key("position");
    if (vehicle.position) {
        const telemetry::Position& place = vehicle.position->position;
        json.begin_object().key("latitude").number(place.latitude);
        json.key("longitude").number(place.longitude);
        write_position_properties(json, place, now);
        json.end_object();
    } else {
        json.null();
    }
    json.key("distance_km").figure(vehicle.distance_km);
    json.key("driving_s").figure(vehicle.driving_s);
    json.key("fastest_kmh");
    if (vehicle.fastest_kmh) {
        json.number(*vehicle.fastest_kmh);
    } else {
        json.null();
    }
    json.key("driving").begin_object();
    for (std::size_t i = 0; i < kDrivingParts.size(); i++) {
        json.key(kDrivingParts[i].name).figure(vehicle.driving_parts[i]);
    }
    json.end_object().key("events").begin_object();
    for (std::size_t i = 0; i < kCounted.size(); i++) {
        json.key(kCounted[i]).integer(vehicle.events[i]);
    }
    json.end_object().end_object();
}

std::string as_json(const std::vector<Vehicle>& vehicles, const Wanted& wanted) {
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("from").integer(wanted.range.from).key("to").integer(wanted.range.to);
    json.key("vehicles").begin_array();
    Page page(body, wanted.limit);
    SourceKey last = 0;
    for (const Vehicle& vehicle : vehicles) {
        if (!page.takes_one()) break;
        write_vehicle(json, vehicle, wanted.now);
        last = vehicle.source->key;
    }
    page.end(json, last);
    json.end_object();
    return body;
}

std::string as_csv(std::span<const Vehicle> vehicles, std::size_t limit) {
    std::string out = "id,name,group,state,last_seen,distance_km,driving_s,fastest_kmh";
    for (std::string_view kind : kCounted) {
        out += ',';
        out += kind;
    }
    for (const DrivingPart& part : kDrivingParts) {
        out += ',';
        out += part.name;
    }
    out += "\r\n";
    for (const Vehicle& vehicle : vehicles.first(std::min(vehicles.size(), limit))) {
        append_csv_text(out, vehicle.source->source.id);
        out += ',';
        append_csv_text(out, vehicle.source->name);
        out += ',';
        append_csv_text(out, fact(*vehicle.source, "group"));
        out += ',';
        append_csv_text(out, vehicle.state);
        out += ',';
        append_iso_time(out, vehicle.source->last_seen);
        for (std::optional<double> value : {vehicle.distance_km, vehicle.driving_s}) {
            out += ',';
            append_csv_figure(out, value);
        }
        out += ',';
        if (vehicle.fastest_kmh) append_csv_number(out, *vehicle.fastest_kmh);
        for (std::int64_t count : vehicle.events) {
            out += ',';
            append_csv_value(out, count);
        }
        for (std::optional<double> seconds : vehicle.driving_parts) {
            out += ',';
            append_csv_figure(out, seconds);
        }
        out += "\r\n";
    }
    return out;
}

Response list_fleet(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    Wanted wanted;
    wanted.now = query.now();
    wanted.range = query.range(period_begins(query.now(), Calendar::Day), query.now() + 1);
    wanted.state = query.choice("state", {"", "online", "ageing", "silent", "offline"});
    wanted.group = query.text("group");
    wanted.online_ms = query.duration("online_within");
    wanted.freshness = freshness_table(services);
    wanted.after = query.integer("after", 0, 0, INT64_MAX);
    wanted.limit = query.limit(100, 1000);
    bool is_csv = query.choice("format", {"json", "csv"}) == "csv";
    if (auto refusal = query.refusal()) return std::move(*refusal);
    return with_reader(services, [&](StoreReader& reader) {
        auto sources = all_sources(reader);
        if (!sources) return store_failed(sources.error());
        auto vehicles = find_vehicles(reader, sources.value(), wanted);
        if (!vehicles) return store_failed(vehicles.error());
        if (!is_csv) return Response::json(as_json(vehicles.value(), wanted));
        Response response;
        response.content_type = "text/csv; charset=utf-8";
        response.body = as_csv(vehicles.value(), wanted.limit);
        return response;
    });
}

}  // namespace

std::span<const Route> fleet_routes() {
    static const std::vector<Route> routes = {
        {Method::Get,
         "/api/v1/fleet",
         Role::Viewer,
         "Vehicles with their state, last place, distance, driving time and events",
         list_fleet,
         {{"from", "string", "milliseconds since 1970, ISO 8601, or -24h, ...; today's midnight"},
          {"to", "string", "the same; what is before it; now"},
          {"state", "string", "only those that are online, ageing, silent or offline"},
          {"group", "string", "only those with this fact \"group\""},
          {"online_within", "string", "how long \"online\" lasts, instead of their own: 15m, 2h"},
          {"after", "integer", "only keys above this one: \"next\" of the page before"},
          {"limit", "integer", "1 to 1000; 100 when not given"},
          {"format", "string", "json or csv"}}},
    };
    return routes;
}

}  // namespace martlet::http
