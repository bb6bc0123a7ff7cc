// The figures of production stations (Busroot): good and bad units, energy, productive time.

#include "base/json_writer.h"
#include "http/answers/page.h"
#include "http/answers/query_reader.h"
#include "http/answers/rows_json.h"
#include "http/answers/store_access.h"
#include "http/figures/rollup_sums.h"
#include "http/figures/state_time.h"
#include "http/resources/resources.h"

#include <algorithm>

namespace martlet::http {

namespace {

using telemetry::SeriesRow;
using telemetry::SourceRow;
using telemetry::StoreReader;
using telemetry::TimeRange;

// Nothing: not known, since the station does not tell it.
struct Units {
    std::optional<double> good, bad, kwh;

    // The share of good units among those that the station tells.
    std::optional<double> quality() const {
        double all = good.value_or(0) + bad.value_or(0);
        return all > 0 ? std::optional(good.value_or(0) / all) : std::nullopt;
    }
    std::optional<double> kwh_per_good() const {
        bool is_known = kwh && good && *good > 0;
        return is_known ? std::optional(*kwh / *good) : std::nullopt;
    }
};

// A station may send running counts and new units, but they tell the same units: the one that the
// operator has chosen stands for it (its metric in this fact), else the one that came first, never
// the sum. Keys are given in the order of coming.
struct CountedBy {
    const SeriesRow* counted = nullptr;
    const SeriesRow* left_out = nullptr;
};

CountedBy counted_by(const SourceRow& source, std::string_view fact,
                     const std::vector<SeriesRow>& series, std::string_view count,
                     std::string_view complete) {
    const SeriesRow* a = find_metric(series, count);
    const SeriesRow* b = find_metric(series, complete);
    auto chosen = std::find_if(source.facts.begin(), source.facts.end(),
                               [&](const auto& known) { return known.first == fact; });
    bool is_complete = !a || (b && b->key < a->key);
    if (chosen != source.facts.end()) is_complete = chosen->second == complete;
    return is_complete ? CountedBy{b, a} : CountedBy{a, b};
}

struct StationSeries {
    const SeriesRow* good = nullptr;
    const SeriesRow* bad = nullptr;
    // A reading of the meter and energy since the last message, of which both count.
    const SeriesRow* meter = nullptr;
    const SeriesRow* interval = nullptr;
    const SeriesRow* productive = nullptr;
    const SeriesRow* rssi = nullptr;
    // Units told in the other way.
    const SeriesRow* good_left_out = nullptr;
    const SeriesRow* bad_left_out = nullptr;
};

StationSeries find_station(const SourceRow& source, const std::vector<SeriesRow>& series) {
    CountedBy good = counted_by(source, "counted_by_good", series, "production_count_good",
                                "production_complete_good");
    CountedBy bad = counted_by(source, "counted_by_bad", series, "production_count_bad",
                               "production_complete_bad");
    return {good.counted,
            bad.counted,
            find_metric(series, "electrical_kwh"),
            find_metric(series, "electrical_kwh_interval"),
            find_metric(series, "productive"),
            find_metric(series, "rssi"),
            good.left_out,
            bad.left_out};
}

// Absent unless something is left out.
void write_left_out(JsonWriter& json, const StationSeries& station) {
    if (!station.good_left_out && !station.bad_left_out) return;
    json.key("not_counted").begin_array();
    for (const SeriesRow* series : {station.good_left_out, station.bad_left_out}) {
        if (series) json.text(series->metric);
    }
    json.end_array();
}

void add_total(const SeriesRow* series, std::optional<double>& sum) {
    if (series) sum = without_dust(sum.value_or(0) + series->total);
}

Units totals(const StationSeries& station) {
    Units units;
    add_total(station.good, units.good);
    add_total(station.bad, units.bad);
    add_total(station.meter, units.kwh);
    add_total(station.interval, units.kwh);
    return units;
}

Result<Units> units_in(StoreReader& reader, const StationSeries& station, TimeRange range) {
    Units units;
    std::optional<double> metered;
    for (auto [series, sum] :
         {std::pair{station.good, &units.good}, std::pair{station.bad, &units.bad},
          std::pair{station.meter, &metered}, std::pair{station.interval, &units.kwh}}) {
        Status added = add_steps(reader, series, range, *sum);
        if (!added) return added.error();
    }
    if (metered) units.kwh = without_dust(*metered + units.kwh.value_or(0));
    // Intervals alone are not all the energy of a station that has a meter.
    if (station.meter && !metered) units.kwh.reset();
    return units;
}

void write_units(JsonWriter& json, std::string_view name, const Units& units) {
    json.key(name).begin_object();
    json.key("good").figure(units.good).key("bad").figure(units.bad);
    json.key("kwh").figure(units.kwh);
    json.key("quality").figure(units.quality());
    json.key("kwh_per_good").figure(units.kwh_per_good());
    json.end_object();
}

void write_last(JsonWriter& json, std::string_view name, const SeriesRow* series) {
    json.key(name);
    if (series) {
        write_value(json, series->last_value);
    } else {
        json.null();
    }
}

void write_productive(JsonWriter& json, const StateTime& time) {
    std::optional<double> on_ms, share;
    if (time.known_ms > 0) {
        on_ms = static_cast<double>(time.on_ms);
        share = *on_ms / static_cast<double>(time.known_ms);
    }
    json.key("productive_ms").figure(on_ms).key("known_ms").integer(time.known_ms);
    json.key("productive_share").figure(share);
}

struct Wanted {
    TimeRange range;
    std::optional<std::int64_t> online_ms;
    std::shared_ptr<const telemetry::FreshnessTable> freshness;
};

Status write_station(JsonWriter& json, StoreReader& reader, const SourceRow& source,
                     const Wanted& wanted, Time now) {
    auto series = reader.series(source.key);
    if (!series) return series.error();
    StationSeries station = find_station(source, series.value());
    TimeRange range = wanted.range;
    auto units = units_in(reader, station, range);
    if (!units) return units.error();
    auto time = state_time(reader, station.productive, {range.from, std::min(range.to, now)});
    if (!time) return time.error();
    json.begin_object().key("source").integer(source.key).key("id").text(source.source.id);
    json.key("name").text(source.name);
    json.key("state").text(
        wanted.freshness->state_of(source, series.value(), now, wanted.online_ms));
    json.key("last_seen").integer(source.last_seen);
    write_last(json, "productive", station.productive);
    write_last(json, "rssi", station.rssi);
    write_left_out(json, station);
    json.key("counted_by").text(station.good ? station.good->metric : "");
    write_units(json, "total", totals(station));
    write_units(json, "range", units.value());
    write_productive(json, time.value());
    json.end_object();
    return Done{};
}

Wanted read_wanted(Services& services, QueryReader& query) {
    Wanted wanted;
    wanted.freshness = freshness_table(services);
    wanted.online_ms = query.duration("online_within");
    TimeRange& range = wanted.range;
    range = query.range(period_begins(query.now(), Calendar::Day), query.now() + 1);
    if (range.to - range.from > 366 * kDay) query.complain("at most 366 days at once");
    return wanted;
}

Response list_stations(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    Wanted wanted = read_wanted(services, query);
    auto after = query.integer("after", 0, 0, INT64_MAX);
    std::size_t limit = query.limit(100, 1000);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    return with_reader(services, [&](StoreReader& reader) {
        auto sources = all_sources(reader);
        if (!sources) return store_failed(sources.error());
        std::string body;
        JsonWriter json(body);
        json.begin_object().key("from").integer(wanted.range.from);
        json.key("to").integer(wanted.range.to);
        json.key("stations").begin_array();
        Page page(body, limit);
        telemetry::SourceKey last = 0;
        for (const SourceRow& source : sources.value()) {
            if (source.source.kind != "station" || source.key <= after) continue;
            if (!page.takes_one()) break;
            Status written = write_station(json, reader, source, wanted, query.now());
            if (!written) return store_failed(written.error());
            last = source.key;
        }
        page.end(json, last);
        json.end_object();
        return Response::json(std::move(body));
    });
}

Response one_station(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    Wanted wanted = read_wanted(services, query);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    return with_source(services, request, [&](StoreReader& reader, const SourceRow& source) {
        std::string body;
        JsonWriter json(body);
        Status written = write_station(json, reader, source, wanted, query.now());
        if (!written) return store_failed(written.error());
        return Response::json(std::move(body));
    });
}

}  // namespace

std::span<const Route> station_routes() {
    static const std::vector<Route> routes = {
        {Method::Get,
         "/api/v1/stations",
         Role::Viewer,
         "Production stations: units, energy and productive time, in all and in a range",
         list_stations,
         {{"from", "string", "milliseconds since 1970, ISO 8601, or -24h, ...; today's midnight"},
          {"to", "string", "the same; what is before it; now"},
          {"online_within", "string", "how long \"online\" lasts, instead of its own: 15m, 2h"},
          {"after", "integer", "only keys above this one: \"next\" of the page before"},
          {"limit", "integer", "1 to 1000; 100 when not given"}}},
        {Method::Get,
         "/api/v1/sources/{source}/station",
         Role::Viewer,
         "The same of one station",
         one_station,
         {{"from", "string", "milliseconds since 1970, ISO 8601, or -24h, ...; today's midnight"},
          {"to", "string", "the same; what is before it; now"},
          {"online_within", "string", "how long \"online\" lasts, instead of its own"}}},
    };
    return routes;
}

}  // namespace martlet::http
