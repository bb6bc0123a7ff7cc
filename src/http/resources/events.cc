// Events: emergencies, texts, resets of counters, and who has acknowledged them.

#include "base/json_writer.h"
#include "base/text.h"
#include "http/answers/csv.h"
#include "http/answers/query_reader.h"
#include "http/answers/rows_json.h"
#include "http/answers/store_access.h"
#include "http/resources/resources.h"

#include <iterator>
#include <map>

namespace martlet::http {

namespace {

using telemetry::EventQuery;
using telemetry::EventRow;
using telemetry::SourceKey;
using telemetry::SourceRow;
using telemetry::StoreReader;

struct Wanted {
    EventQuery query;
    std::string_view severity;  // empty: all
    bool is_csv = false;
};

struct Found {
    std::vector<EventRow> rows;
    bool has_more = false;
};

// Events of one millisecond are not torn apart by the limit, so that the next page may begin
// before it.
Result<Found> find_events(StoreReader& reader, Wanted wanted) {
    constexpr std::size_t kSameTimeMax = 1000;
    constexpr std::size_t kLookedAtMax = 1'000'000;
    Found found;
    std::size_t limit = wanted.query.limit;
    // The store knows nothing of the severity: of many events few may be wanted.
    wanted.query.limit = wanted.severity.empty() ? limit + kSameTimeMax + 1 : kLookedAtMax;
    Status read = reader.events(wanted.query, [&](const EventRow& row) {
        bool is_wanted = wanted.severity.empty() || name_of(row.event.severity) == wanted.severity;
        if (!is_wanted) return true;
        bool is_full = found.rows.size() >= limit;
        bool is_apart = is_full && row.event.time != found.rows.back().event.time;
        found.has_more = is_apart || found.rows.size() >= limit + kSameTimeMax;
        if (found.has_more) return false;
        found.rows.push_back(row);
        return true;
    });
    if (!read) return read.error();
    return found;
}

using SourceMap = std::map<SourceKey, SourceRow>;

Result<SourceMap> sources_by_key(StoreReader& reader) {
    auto rows = reader.sources();
    if (!rows) return rows.error();
    SourceMap out;
    for (SourceRow& row : rows.value()) out.emplace(row.key, std::move(row));
    return out;
}

const SourceRow* find_row(const SourceMap& sources, SourceKey key) {
    auto found = sources.find(key);
    return found == sources.end() ? nullptr : &found->second;
}

std::string as_json(const Found& found, const SourceMap& sources) {
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("events").begin_array();
    for (const EventRow& row : found.rows) {
        write_event(json, row, find_row(sources, row.source));
    }
    json.end_array().key("next_to");
    if (found.has_more) {
        json.integer(found.rows.back().event.time);
    } else {
        json.null();
    }
    json.end_object();
    return body;
}

std::string as_csv(const Found& found, const SourceMap& sources) {
    std::string out =
        "time,source_kind,source_id,source_name,kind,severity,text,acknowledged,"
        "acknowledged_by\r\n";
    for (const EventRow& row : found.rows) {
        const SourceRow* source = find_row(sources, row.source);
        append_iso_time(out, row.event.time);
        for (std::string_view text :
             {source ? std::string_view(source->source.kind) : "",
              source ? std::string_view(source->source.id) : "",
              source ? std::string_view(source->name) : "", std::string_view(row.event.kind),
              name_of(row.event.severity), std::string_view(row.event.text)}) {
            out += ',';
            append_csv_text(out, text);
        }
        out += ',';
        if (row.acknowledged != 0) append_iso_time(out, row.acknowledged);
        out += ',';
        append_csv_text(out, row.acknowledged_by);
        out += "\r\n";
    }
    return out;
}

Response list_events(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    Wanted wanted;
    std::string_view source = query.text("source");
    wanted.query.kind = query.text("kind");
    wanted.severity = query.choice("severity", {"", "info", "warning", "critical"});
    wanted.query.range = query.range(0, INT64_MAX);
    wanted.query.only_unacknowledged = query.flag("unacknowledged");
    wanted.is_csv = query.choice("format", {"json", "csv"}) == "csv";
    wanted.query.limit = query.limit(100, 10'000);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    return with_reader(services, [&](StoreReader& reader) {
        if (auto refusal = only_of(reader, source, wanted.query.source)) return std::move(*refusal);
        auto found = find_events(reader, wanted);
        if (!found) return store_failed(found.error());
        auto sources = sources_by_key(reader);
        if (!sources) return store_failed(sources.error());
        if (!wanted.is_csv) return Response::json(as_json(found.value(), sources.value()));
        Response response;
        response.content_type = "text/csv; charset=utf-8";
        response.headers.emplace_back("Content-Disposition", "attachment; filename=\"events.csv\"");
        response.body = as_csv(found.value(), sources.value());
        return response;
    });
}

Response acknowledge(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.changes) return no_telemetry();
    auto key = parse_key(request.parameter("event"));
    if (!key)
        return Response::error(404, "there is no such event: expected its key, a whole number");
    auto done = services.changes->acknowledge_event(*key, request.caller.account);
    if (!done) return store_failed(done.error());
    if (!done.value()) return Response::error(404, "there is no event of this key");
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("acknowledged").integer(*key);
    json.key("by").text(request.caller.account).end_object();
    return Response::json(std::move(body));
}

}  // namespace

std::span<const Route> event_routes() {
    static const std::vector<Route> routes = {
        {Method::Get,
         "/api/v1/events",
         Role::Viewer,
         "Events, the newest first",
         list_events,
         {{"source", "string", "only of this source: its key, KIND:ID, or its name"},
          {"kind", "string", "only of this kind: emergency, text, counter_reset, ..."},
          {"severity", "string", "info, warning or critical"},
          {"from", "string", "milliseconds since 1970, ISO 8601, or -24h, -7d, ..."},
          {"to", "string", "the same; what is before it. \"next_to\" is the next page's"},
          {"unacknowledged", "boolean", "only those that nobody has acknowledged"},
          {"limit", "integer", "1 to 10000; 100 when not given"},
          {"format", "string", "json or csv"}}},
        {Method::Post, "/api/v1/events/{event}/acknowledge", Role::Operator,
         "Says that somebody has seen to an event", acknowledge},
    };
    return routes;
}

}  // namespace martlet::http
