#pragma once

// The settings of telemetry as JSON: in the file that keeps them, in requests and in answers. Any
// thread.

#include "base/json_writer.h"
#include "base/result.h"
#include "http/json_body.h"
#include "telemetry/operator_settings.h"

#include <string>
#include <vector>

namespace martlet::http {

// Secrets of decoder options: shown as they are in the file only.
enum class Secrets : std::uint8_t { Shown, Hidden };

// Each writes one array.
void write_rules(JsonWriter& json, const std::vector<telemetry::RuleOption>& rules);
void write_decoder_options(JsonWriter& json, const std::vector<telemetry::DecoderOption>& options,
                           Secrets secrets);
void write_units(JsonWriter& json, const std::vector<telemetry::UnitOption>& units);
void write_thresholds(JsonWriter& json, const std::vector<telemetry::ThresholdOption>& thresholds);

// Each reads one array. The error says which row is wrong, and how it should be.
Result<std::vector<telemetry::RuleOption>> read_rules(const JsonValue& rows);
// A value that is one of `known` as it is shown to people stands for that one.
Result<std::vector<telemetry::DecoderOption>> read_decoder_options(
    const JsonValue& rows, const std::vector<telemetry::DecoderOption>& known);
Result<std::vector<telemetry::UnitOption>> read_units(const JsonValue& rows);
Result<std::vector<telemetry::ThresholdOption>> read_thresholds(const JsonValue& rows);

// 1 to 64 letters, digits or one of . _ -, not with a dot first.
bool is_map_name(std::string_view name);

// A file that is not there holds nothing; one that is not ours is an error that says so.
Result<telemetry::OperatorSettings> read_settings_file(const std::string& path);
Status write_settings_file(const std::string& path, const telemetry::OperatorSettings& settings);

}  // namespace martlet::http
