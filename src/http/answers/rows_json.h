#pragma once

// The rows of the telemetry store as JSON, the same wherever they are answered. Any thread.

#include "base/json_writer.h"
#include "http/answers/times.h"
#include "telemetry/store/rows.h"

#include <span>
#include <string_view>

namespace martlet::http {

// As a number, when it is one.
bool as_number(const telemetry::Value& value, double& number);

void write_value(JsonWriter& json, const telemetry::Value& value);
// 0: null.
void write_time(JsonWriter& json, Time time);
// Bytes as "text" when they are UTF-8 and at most `bytes_max`, else as "base64" of the first
// `bytes_max` of them; "bytes" tells the whole size. Members of the object that is open.
void write_payload(JsonWriter& json, std::string_view payload, std::size_t bytes_max,
                   std::size_t whole_size);

// "arrival" or "payload"; null: the store is older than the question.
void write_time_source(JsonWriter& json, telemetry::TimeSource source);

// `source_kind`: whose it is; "meaning" is told where the kind says it.
void write_series(JsonWriter& json, const telemetry::SeriesRow& row, Time now,
                  std::string_view source_kind);
// `source`: whose it is; null: nobody known.
void write_event(JsonWriter& json, const telemetry::EventRow& row,
                 const telemetry::SourceRow* source);
void write_raw(JsonWriter& json, const telemetry::RawRow& row);

}  // namespace martlet::http
