#include "http/answers/rows_json.h"

#include "auth/base64.h"
#include "base/bytes.h"
#include "http/answers/utf8.h"
#include "telemetry/decoders/lowi/fields.h"

#include <algorithm>

namespace martlet::http {

using telemetry::SeriesKind;

bool as_number(const telemetry::Value& value, double& number) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        number = static_cast<double>(*integer);
        return true;
    }
    if (const auto* real = std::get_if<double>(&value)) {
        number = *real;
        return true;
    }
    return false;
}

void write_value(JsonWriter& json, const telemetry::Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        json.integer(*integer);
    } else if (const auto* real = std::get_if<double>(&value)) {
        json.number(*real);
    } else {
        json.text(std::get<std::string>(value));
    }
}

void write_time(JsonWriter& json, Time time) {
    if (time == 0) {
        json.null();
    } else {
        json.integer(time);
    }
}

void write_payload(JsonWriter& json, std::string_view payload, std::size_t bytes_max,
                   std::size_t whole_size) {
    std::string_view shown = payload.substr(0, bytes_max);
    bool is_cut = shown.size() < whole_size;
    // The cut may go through a letter.
    std::string_view sound = is_cut ? without_cut_letter(shown) : shown;
    if (is_utf8(sound)) {
        json.key("text").text(sound);
    } else {
        json.key("base64").text(auth::encode_base64(as_bytes(shown), auth::Padding::Required));
    }
    json.key("bytes").integer(static_cast<std::int64_t>(whole_size));
    json.key("is_cut").boolean(is_cut);
}

void write_time_source(JsonWriter& json, telemetry::TimeSource source) {
    if (source == telemetry::TimeSource::Unknown) {
        json.null();
    } else {
        json.text(name_of(source));
    }
}

void write_series(JsonWriter& json, const telemetry::SeriesRow& row, Time now,
                  std::string_view source_kind) {
    json.begin_object();
    json.key("key").integer(row.key);
    json.key("source").integer(row.source);
    json.key("metric").text(row.metric);
    std::string_view meaning =
        source_kind == "lowi" ? telemetry::lowi_meaning(row.metric) : std::string_view();
    if (!meaning.empty()) json.key("meaning").text(meaning);
    json.key("unit").text(row.unit);
    json.key("unit_source").text(name_of(row.unit_source));
    json.key("kind").text(name_of(row.kind));
    json.key("value");
    write_value(json, row.last_value);
    json.key("time").integer(row.last_time);
    json.key("time_source");
    write_time_source(json, row.time_source);
    json.key("age_ms").integer(std::max<Time>(now - row.last_time, 0));
    bool is_summed = row.kind != SeriesKind::Gauge && row.kind != SeriesKind::State;
    if (is_summed) json.key("total").number(row.total);
    json.end_object();
}

void write_event(JsonWriter& json, const telemetry::EventRow& row,
                 const telemetry::SourceRow* source) {
    json.begin_object();
    json.key("key").integer(row.key);
    json.key("source").integer(row.source);
    if (source) {
        json.key("source_kind").text(source->source.kind);
        json.key("source_id").text(source->source.id);
        json.key("source_name").text(source->name);
    }
    json.key("time").integer(row.event.time);
    json.key("kind").text(row.event.kind);
    json.key("severity").text(name_of(row.event.severity));
    json.key("text").text(row.event.text);
    json.key("details");
    if (row.event.details.empty()) {
        json.null();
    } else {
        json.raw(row.event.details);
    }
    json.key("acknowledged");
    write_time(json, row.acknowledged);
    json.key("acknowledged_by").text(row.acknowledged_by);
    json.end_object();
}

void write_raw(JsonWriter& json, const telemetry::RawRow& row) {
    constexpr std::size_t kShownMax = 16 << 10;
    json.begin_object();
    json.key("time").integer(row.time);
    json.key("topic").text(row.topic);
    write_payload(json, row.payload, kShownMax, row.payload.size());
    json.key("problem").text(row.problem);
    json.end_object();
}

}  // namespace martlet::http
