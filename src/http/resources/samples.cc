// The values of a series over time.

#include "base/text.h"
#include "http/answers/page.h"
#include "http/answers/query_reader.h"
#include "http/answers/rows_json.h"
#include "http/answers/store_access.h"
#include "http/figures/sample_stream.h"
#include "http/resources/resources.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace martlet::http {

namespace {

using telemetry::Rollup;
using telemetry::RollupRow;
using telemetry::SeriesKind;
using telemetry::SeriesRow;
using telemetry::SourceKey;
using telemetry::StoreReader;
using telemetry::TimeRange;

constexpr std::string_view kBuckets =
    "raw, auto, minute, quarter, hour, day, week, month, year, "
    "or whole minutes up to a day (5m, 90m, 6h)";
constexpr std::string_view kAggregates =
    "min, max, mean, median, sum, first, last, count, step, or "
    "several of them with commas";

constexpr std::size_t kPointsMax = 1'000'000;

// What was asked for, before the series is known.
struct Wanted {
    TimeRange range;
    std::string_view bucket;  // as it was written
    std::vector<Aggregate> aggregates;
    std::size_t limit = 0;  // points; 0: all of them
    bool is_csv = false;

    // An export of all may still choose its bucket by itself.
    std::size_t points() const { return limit == 0 ? kPointsMax : limit; }
};

Wanted read_wanted(QueryReader& query) {
    Wanted wanted;
    wanted.range = query.range(query.now() - kDay, query.now() + 1);
    wanted.bucket = query.text("bucket", "auto", 32);
    bool is_word = wanted.bucket == "auto" || wanted.bucket == "raw";
    if (!is_word && !parse_bucket(wanted.bucket)) {
        query.complain(fmt::format("bucket={}: expected {}", wanted.bucket, kBuckets));
    }
    std::string_view aggregate = query.text("aggregate", "", 100);
    if (!aggregate.empty()) wanted.aggregates = parse_aggregates(aggregate);
    if (!aggregate.empty() && wanted.aggregates.empty()) {
        query.complain(fmt::format("aggregate={}: expected {}", aggregate, kAggregates));
    }
    wanted.is_csv = query.choice("format", {"json", "csv"}) == "csv";
    // An export is meant to be whole, a chart to be drawn.
    wanted.limit = query.limit(wanted.is_csv ? 0 : 1'000, kPointsMax);
    return wanted;
}

// Whether the samples of the range are few enough to be shown as they are. Their own store may
// begin later than that of the rollups, which are kept for longer: then they are not all.
Result<bool> are_few(StoreReader& reader, const SeriesRow& series, const Wanted& wanted) {
    std::size_t count = 0;
    Time first = INT64_MAX;
    Status read = reader.samples(series.key, wanted.range, [&](const telemetry::SampleRow& row) {
        first = std::min(first, row.time);
        return ++count <= wanted.points();
    });
    if (!read) return read.error();
    if (count > wanted.points()) return false;
    bool is_earlier = false;
    read = reader.rollups(series.key, Rollup::Day, wanted.range, [&](const RollupRow& row) {
        is_earlier = row.first_time < first && row.first_time >= wanted.range.from;
        return false;
    });
    if (!read) return read.error();
    return !is_earlier;
}

// The range cut to where there is something, so that "all since 1970" gets a fitting bucket.
Result<TimeRange> filled_range(StoreReader& reader, const SeriesRow& series, TimeRange range) {
    TimeRange out = range;
    out.to = std::clamp(series.last_time + 1, range.from + 1, range.to);
    Status read = reader.rollups(series.key, Rollup::Day,
                                 {period_begins(range.from, Calendar::Day), range.to},
                                 [&](const RollupRow& row) {
                                     out.from = std::clamp(row.first_time, range.from, out.to - 1);
                                     return false;
                                 });
    if (!read) return read.error();
    return out;
}

// `query.bucket` and the range that goes with it.
Status choose_bucket(StoreReader& reader, const Wanted& wanted, SampleQuery& query) {
    bool is_text = std::holds_alternative<std::string>(query.series.last_value);
    if (wanted.bucket == "auto") {
        if (is_text) return Done{};
        if (wanted.aggregates.empty()) {
            auto few = are_few(reader, query.series, wanted);
            if (!few) return few.error();
            if (few.value()) return Done{};
        }
        auto filled = filled_range(reader, query.series, wanted.range);
        if (!filled) return filled.error();
        query.bucket = pick_bucket(filled.value().from, filled.value().to, wanted.points());
    } else if (wanted.bucket != "raw") {
        query.bucket = parse_bucket(wanted.bucket);
    }
    if (query.bucket) query.range.from = query.bucket->begins(query.range.from);
    return Done{};
}

std::optional<Response> misfit(const SeriesRow& series, const Wanted& wanted) {
    bool is_text = std::holds_alternative<std::string>(series.last_value);
    if (is_text && wanted.bucket != "auto" && wanted.bucket != "raw") {
        return Response::error(400,
                               "the values of this series are texts, which cannot be "
                               "aggregated: ask with bucket=raw");
    }
    if (!wanted.aggregates.empty() && wanted.bucket == "raw") {
        return Response::error(400,
                               "aggregate: bucket=raw gives the samples as they are; choose "
                               "another bucket");
    }
    bool asks_step = std::find(wanted.aggregates.begin(), wanted.aggregates.end(),
                               Aggregate::Step) != wanted.aggregates.end();
    if (asks_step && (series.kind == SeriesKind::Gauge || series.kind == SeriesKind::State)) {
        return Response::error(400,
                               "aggregate=step: only counters, meters and increments have "
                               "steps; this series is a " +
                                   std::string(name_of(series.kind)));
    }
    return std::nullopt;
}

Response answer(Services& services, StoreReader& reader, const SeriesRow& series,
                const Wanted& wanted) {
    if (auto refusal = misfit(series, wanted)) return std::move(*refusal);
    SampleQuery query{series, wanted.range, std::nullopt, wanted.aggregates};
    query.limit = wanted.limit == 0 ? SIZE_MAX : wanted.limit;
    query.is_csv = wanted.is_csv;
    if (query.aggregates.empty()) query.aggregates.push_back(usual_aggregate(series.kind));
    Status chosen = choose_bucket(reader, wanted, query);
    if (!chosen) return store_failed(chosen.error());
    Response response;
    response.stream = std::make_unique<SampleStream>(*services.readers, std::move(query));
    if (!wanted.is_csv) return response;
    response.content_type = "text/csv; charset=utf-8";
    response.headers.emplace_back(
        "Content-Disposition", fmt::format("attachment; filename=\"series-{}.csv\"", series.key));
    return response;
}

Response samples_of_series(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    Wanted wanted = read_wanted(query);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    auto key = parse_key(request.parameter("series"));
    return with_reader(services, [&](StoreReader& reader) {
        if (!key)
            return Response::error(404,
                                   "there is no such series: expected its key, a whole number");
        auto series = reader.one_series(*key);
        if (!series) return store_failed(series.error());
        if (!series.value()) return Response::error(404, "there is no series of this key");
        return answer(services, reader, *series.value(), wanted);
    });
}

Response samples_of_source(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    Wanted wanted = read_wanted(query);
    std::string_view metric = query.text("metric");
    if (metric.empty()) query.complain("metric is missing: the name of a series of this source");
    if (auto refusal = query.refusal()) return std::move(*refusal);
    return with_source(
        services, request, [&](StoreReader& reader, const telemetry::SourceRow& source) {
            auto all = reader.series(source.key);
            if (!all) return store_failed(all.error());
            const SeriesRow* series = find_metric(all.value(), metric);
            if (!series) {
                return Response::error(404, fmt::format("this source has no metric {}", metric));
            }
            return answer(services, reader, *series, wanted);
        });
}

bool passes(const SeriesRow& row, std::optional<std::int64_t> source, std::string_view metric,
            std::int64_t after) {
    if (row.key <= after || (source && row.source != *source)) return false;
    return metric.empty() || row.metric == metric;
}

using Kinds = std::map<SourceKey, std::string>;

// Of all sources, or of the one.
Result<Kinds> read_kinds(StoreReader& reader, std::optional<SourceKey> source) {
    Kinds kinds;
    if (source) {
        auto row = reader.one_source(*source);
        if (!row) return row.error();
        if (row.value()) kinds[*source] = row.value()->source.kind;
        return kinds;
    }
    auto rows = reader.sources();
    if (!rows) return rows.error();
    for (telemetry::SourceRow& row : rows.value()) kinds[row.key] = std::move(row.source.kind);
    return kinds;
}

Response list_series(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    std::string_view source = query.text("source");
    std::string_view metric = query.text("metric");
    std::int64_t after = query.integer("after", 0, 0, INT64_MAX);
    std::size_t limit = query.limit(1000, 100'000);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    return with_reader(services, [&](StoreReader& reader) {
        std::optional<SourceKey> wanted;
        if (auto refusal = only_of(reader, source, wanted)) return std::move(*refusal);
        auto rows = reader.series(wanted);
        if (!rows) return store_failed(rows.error());
        auto kinds = read_kinds(reader, wanted);
        if (!kinds) return store_failed(kinds.error());
        std::sort(rows.value().begin(), rows.value().end(),
                  [](const SeriesRow& a, const SeriesRow& b) { return a.key < b.key; });
        std::string body;
        JsonWriter json(body);
        json.begin_object().key("time").integer(query.now()).key("series").begin_array();
        Page page(body, limit);
        std::int64_t last = 0;
        for (const SeriesRow& row : rows.value()) {
            if (!passes(row, wanted, metric, after)) continue;
            if (!page.takes_one()) break;
            write_series(json, row, query.now(), kinds.value()[row.source]);
            last = row.key;
        }
        page.end(json, last);
        json.end_object();
        return Response::json(std::move(body));
    });
}

Response one_series(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    auto key = parse_key(request.parameter("series"));
    return with_reader(services, [&](StoreReader& reader) {
        if (!key)
            return Response::error(404,
                                   "there is no such series: expected its key, a whole number");
        auto row = reader.one_series(*key);
        if (!row) return store_failed(row.error());
        if (!row.value()) return Response::error(404, "there is no series of this key");
        SourceKey source = row.value()->source;
        auto kinds = read_kinds(reader, source);
        if (!kinds) return store_failed(kinds.error());
        std::string body;
        JsonWriter json(body);
        write_series(json, *row.value(), query.now(), kinds.value()[source]);
        return Response::json(std::move(body));
    });
}

std::vector<Parameter> sample_parameters() {
    return {{"from", "string", "milliseconds since 1970, ISO 8601, or -24h, -7d, ...; -24h"},
            {"to", "string", "the same; what is before it; now"},
            {"bucket", "string", kBuckets},
            {"aggregate", "string", kAggregates},
            {"limit", "integer", "points, 1 to 1000000; 1000, of CSV all"},
            {"format", "string", "json or csv"}};
}

std::vector<Parameter> metric_and_sample_parameters() {
    std::vector<Parameter> out = sample_parameters();
    out.insert(out.begin(), {"metric", "string", "which series of the source", true});
    return out;
}

}  // namespace

std::span<const Route> sample_routes() {
    static const std::vector<Route> routes = {
        {Method::Get,
         "/api/v1/series",
         Role::Viewer,
         "Series with their last values",
         list_series,
         {{"source", "string", "only of this source: its key, KIND:ID, or its name"},
          {"metric", "string", "only of this name"},
          {"after", "integer", "only keys above this one: \"next\" of the page before"},
          {"limit", "integer", "1 to 100000; 1000 when not given"}}},
        {Method::Get, "/api/v1/series/{series}", Role::Viewer, "One series with its last value",
         one_series},
        {Method::Get, "/api/v1/series/{series}/samples", Role::Viewer,
         "Values of a series over time: samples, or an aggregate of each bucket", samples_of_series,
         sample_parameters()},
        {Method::Get, "/api/v1/sources/{source}/samples", Role::Viewer,
         "The same by source and name of the series", samples_of_source,
         metric_and_sample_parameters()},
    };
    return routes;
}

}  // namespace martlet::http
