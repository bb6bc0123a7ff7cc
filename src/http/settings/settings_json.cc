#include "http/settings/settings_json.h"

#include "base/text.h"

#include <algorithm>
#include <string_view>

namespace martlet::http {

namespace {

using telemetry::DecoderOption;
using telemetry::RuleOption;
using telemetry::ThresholdOption;
using telemetry::UnitOption;

// Reads each row of an array; `read` answers false when a row is not as `form` says.
template <typename Row, typename Read>
Result<std::vector<Row>> read_rows(const JsonValue& rows, std::string_view form, Read read) {
    if (rows.type != JsonValue::Type::Array)
        return Error{fmt::format("expected an array of {}", form)};
    std::vector<Row> all;
    for (const JsonValue& item : rows.items) {
        Row& row = all.emplace_back();
        if (item.type != JsonValue::Type::Object || !read(item, row))
            return Error{fmt::format("row {}: expected {}", all.size(), form)};
    }
    return all;
}

// False: it is there and no text.
bool read_text(const JsonValue& row, std::string_view name, std::string& text) {
    const JsonValue* value = row.find(name);
    if (value == nullptr || value->type == JsonValue::Type::Null) return true;
    if (value->type != JsonValue::Type::Text) return false;
    text = value->text;
    return true;
}

bool read_kind(const std::string& name, std::optional<telemetry::SeriesKind>& kind) {
    if (name.empty()) return true;
    kind = telemetry::series_kind_of(name);
    return telemetry::name_of(*kind) == name;
}

}  // namespace

void write_rules(JsonWriter& json, const std::vector<RuleOption>& rules) {
    json.begin_array();
    for (const RuleOption& rule : rules) {
        json.begin_object().key("filter").text(rule.filter);
        json.key("decoder").text(rule.decoder).end_object();
    }
    json.end_array();
}

void write_decoder_options(JsonWriter& json, const std::vector<DecoderOption>& options,
                           Secrets secrets) {
    json.begin_array();
    for (const DecoderOption& option : options) {
        json.begin_object().key("decoder").text(option.decoder).key("name").text(option.name);
        bool is_hidden = secrets == Secrets::Hidden;
        json.key("value").text(is_hidden ? telemetry::shown_value(option) : option.value);
        json.end_object();
    }
    json.end_array();
}

void write_units(JsonWriter& json, const std::vector<UnitOption>& units) {
    json.begin_array();
    for (const UnitOption& unit : units) {
        json.begin_object().key("source_kind").text(unit.kind).key("source_id").text(unit.id);
        json.key("metric").text(unit.metric).key("unit").text(unit.unit).key("kind");
        if (unit.series_kind) {
            json.text(telemetry::name_of(*unit.series_kind));
        } else {
            json.null();
        }
        json.end_object();
    }
    json.end_array();
}

void write_thresholds(JsonWriter& json, const std::vector<ThresholdOption>& thresholds) {
    json.begin_array();
    for (const ThresholdOption& threshold : thresholds) {
        json.begin_object().key("source_kind").text(threshold.kind);
        json.key("group").text(threshold.group).key("source_id").text(threshold.id);
        json.key("online_ms").integer(threshold.online_ms);
        json.key("silent_ms").integer(threshold.silent_ms).end_object();
    }
    json.end_array();
}

Result<std::vector<RuleOption>> read_rules(const JsonValue& rows) {
    return read_rows<RuleOption>(rows, "{\"filter\": text, \"decoder\": text}",
                                 [](const JsonValue& row, RuleOption& rule) {
                                     return read_text(row, "filter", rule.filter) &&
                                            read_text(row, "decoder", rule.decoder) &&
                                            !rule.filter.empty() && !rule.decoder.empty();
                                 });
}

Result<std::vector<DecoderOption>> read_decoder_options(const JsonValue& rows,
                                                        const std::vector<DecoderOption>& known) {
    std::vector<bool> is_used(known.size());
    auto unhide = [&](DecoderOption& option) {
        for (std::size_t i = 0; i < known.size(); i++) {
            const DecoderOption& old = known[i];
            bool is_it = !is_used[i] && old.decoder == option.decoder && old.name == option.name &&
                         telemetry::shown_value(old) == option.value;
            if (!is_it) continue;
            is_used[i] = true;
            option.value = old.value;
            return;
        }
    };
    return read_rows<DecoderOption>(rows, "{\"decoder\": text, \"name\": text, \"value\": text}",
                                    [&](const JsonValue& row, DecoderOption& option) {
                                        bool is_sound = read_text(row, "decoder", option.decoder) &&
                                                        read_text(row, "name", option.name) &&
                                                        read_text(row, "value", option.value) &&
                                                        !option.decoder.empty() &&
                                                        !option.name.empty() &&
                                                        !option.value.empty();
                                        if (is_sound) unhide(option);
                                        return is_sound;
                                    });
}

Result<std::vector<UnitOption>> read_units(const JsonValue& rows) {
    return read_rows<UnitOption>(
        rows,
        "{\"source_kind\": text, \"source_id\": text, \"metric\": text, \"unit\": text, \"kind\": "
        "gauge, counter, meter, increment, state or null}",
        [](const JsonValue& row, UnitOption& unit) {
            std::string kind;
            return read_text(row, "source_kind", unit.kind) &&
                   read_text(row, "source_id", unit.id) && read_text(row, "metric", unit.metric) &&
                   read_text(row, "unit", unit.unit) && read_text(row, "kind", kind) &&
                   read_kind(kind, unit.series_kind) && !unit.metric.empty();
        });
}

Result<std::vector<ThresholdOption>> read_thresholds(const JsonValue& rows) {
    return read_rows<ThresholdOption>(
        rows,
        "{\"source_kind\": text, \"group\": text, \"source_id\": text, \"online_ms\": integer, "
        "\"silent_ms\": integer}",
        [](const JsonValue& row, ThresholdOption& threshold) {
            threshold.online_ms = row.integer_of("online_ms").value_or(0);
            threshold.silent_ms = row.integer_of("silent_ms").value_or(0);
            return read_text(row, "source_kind", threshold.kind) &&
                   read_text(row, "group", threshold.group) &&
                   read_text(row, "source_id", threshold.id) && !threshold.kind.empty() &&
                   threshold.online_ms > 0 && threshold.silent_ms > 0;
        });
}

bool is_map_name(std::string_view name) {
    auto is_sound = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    };
    return !name.empty() && name.size() <= 64 && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), is_sound);
}

}  // namespace martlet::http
