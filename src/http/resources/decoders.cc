// The decoders, which topics they read, and what became of messages.

#include "base/json_writer.h"
#include "base/text.h"
#include "http/answers/query_reader.h"
#include "http/answers/rows_json.h"
#include "http/answers/store_access.h"
#include "http/resources/resources.h"
#include "telemetry/outcomes.h"

namespace martlet::http {

namespace {

using telemetry::Outcome;
using telemetry::OutcomeTotal;
using telemetry::Verdict;

void write_totals(JsonWriter& json, const std::vector<OutcomeTotal>& totals,
                  std::string_view decoder) {
    json.key("outcomes").begin_array();
    for (const OutcomeTotal& total : totals) {
        if (total.decoder != decoder) continue;
        json.begin_object().key("verdict").text(telemetry::verdict_name(total.verdict));
        json.key("problem").text(total.problem);
        json.key("messages").integer(static_cast<std::int64_t>(total.messages)).end_object();
    }
    json.end_array();
}

Response list_decoders(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    std::vector<OutcomeTotal> totals;
    if (services.outcomes) totals = services.outcomes->totals();
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("decoders").begin_array();
    for (const telemetry::DecoderKind& kind : telemetry::decoder_kinds()) {
        json.begin_object().key("name").text(kind.name).key("help").text(kind.help);
        json.key("default_filters").begin_array();
        for (std::string_view filter : kind.default_filters) json.text(filter);
        json.end_array();
        write_totals(json, totals, kind.name);
        json.end_object();
    }
    json.end_array().key("rules").begin_array();
    if (services.settings) {
        for (const telemetry::Rules::Row& row : services.settings->rules()) {
            json.begin_object().key("filter").text(row.filter).key("decoder").text(row.decoder);
            json.key("is_default").boolean(row.is_default).end_object();
        }
    }
    json.end_array().end_object();
    return Response::json(std::move(body));
}

void write_outcome(JsonWriter& json, const Outcome& outcome) {
    json.begin_object().key("decoder").text(outcome.decoder);
    json.key("source_kind").text(outcome.sender.kind).key("source_id").text(outcome.sender.id);
    json.key("verdict").text(telemetry::verdict_name(outcome.verdict));
    json.key("problem").text(outcome.problem);
    json.key("hint").text(outcome.hint).key("map").text(outcome.map);
    json.key("messages").integer(static_cast<std::int64_t>(outcome.messages));
    json.key("first").integer(outcome.first).key("last").integer(outcome.last);
    json.key("topic").text(outcome.topic);
    write_payload(json, outcome.payload, outcome.payload.size(), outcome.payload_bytes);
    json.end_object();
}

std::optional<Verdict> verdict_of(std::string_view name) {
    for (std::size_t i = 0; i < telemetry::kVerdicts; i++) {
        auto verdict = static_cast<Verdict>(i);
        if (telemetry::verdict_name(verdict) == name) return verdict;
    }
    return std::nullopt;
}

Response list_outcomes(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    telemetry::OutcomeQuery wanted;
    wanted.decoder = query.text("decoder");
    std::string_view verdict = query.text("verdict");
    wanted.verdict = verdict_of(verdict);
    if (!verdict.empty() && !wanted.verdict) {
        query.complain(fmt::format(
            "verdict={}: expected read, nothing, duplicate, withheld, opaque or unreadable",
            verdict.substr(0, 40)));
    }
    std::string_view kind = query.text("source_kind");
    std::string_view id = query.text("source_id");
    if (!id.empty()) wanted.sender = telemetry::SourceId{std::string(kind), std::string(id)};
    if (!kind.empty() && id.empty()) query.complain("source_kind goes together with source_id");
    wanted.only_trouble = query.flag("trouble");
    wanted.limit = query.limit(100, 10'000);
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.outcomes) return no_telemetry();
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("outcomes").begin_array();
    for (const Outcome& outcome : services.outcomes->find(wanted)) write_outcome(json, outcome);
    json.end_array();
    json.key("forgotten").integer(static_cast<std::int64_t>(services.outcomes->forgotten()));
    json.end_object();
    return Response::json(std::move(body));
}

}  // namespace

std::span<const Route> decoder_routes() {
    static const std::vector<Route> routes = {
        {Method::Get, "/api/v1/decoders", Role::Viewer,
         "The decoders, which topics they read, and what became of messages", list_decoders},
        {Method::Get,
         "/api/v1/outcomes",
         Role::Viewer,
         "What became of messages by source and reason, with the last message of each",
         list_outcomes,
         {{"decoder", "string", "only of this one"},
          {"verdict", "string", "read, nothing, duplicate, withheld, opaque or unreadable"},
          {"trouble", "boolean", "only what was opaque, withheld, unreadable or read in part"},
          {"source_kind", "string", "with source_id: only of this source"},
          {"source_id", "string", "what the source calls itself"},
          {"limit", "integer", "1 to 10000; 100 when not given"}}},
    };
    return routes;
}

}  // namespace martlet::http
