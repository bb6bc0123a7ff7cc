#include "cli/decode/reading.h"

#include "auth/base64.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "telemetry/decoded_text.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/operator_units.h"
#include "telemetry/outcomes.h"
#include "telemetry/payload_json.h"

namespace martlet::cli {

namespace {

using telemetry::Decoded;
using telemetry::Incoming;

void write_value(martlet::JsonWriter& json, const telemetry::Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        json.integer(*integer);
    } else if (const auto* real = std::get_if<double>(&value)) {
        json.number(*real);
    } else {
        json.text(std::get<std::string>(value));
    }
}

void write_source(martlet::JsonWriter& json, const telemetry::SourceId& source) {
    json.key("source").text(source.kind + ':' + source.id);
}

void write_samples(martlet::JsonWriter& json, const Decoded& decoded) {
    json.key("samples").begin_array();
    for (const telemetry::Sample& sample : decoded.samples) {
        json.begin_object();
        write_source(json, sample.source);
        json.key("metric").text(sample.metric).key("value");
        write_value(json, sample.value);
        json.key("unit").text(sample.unit).key("unit_source").text(name_of(sample.unit_source));
        json.key("kind").text(name_of(sample.kind)).key("time").integer(sample.time).end_object();
    }
    json.end_array();
}

void write_positions(martlet::JsonWriter& json, const Decoded& decoded) {
    json.key("positions").begin_array();
    for (const telemetry::Position& position : decoded.positions) {
        json.begin_object();
        write_source(json, position.source);
        json.key("latitude").number(position.latitude).key("longitude").number(position.longitude);
        // NaN becomes null.
        json.key("altitude_m").number(position.altitude_m);
        json.key("speed_kmh").number(position.speed_kmh).key("time").integer(position.time);
        json.end_object();
    }
    json.end_array();
}

void write_events(martlet::JsonWriter& json, const Decoded& decoded) {
    json.key("events").begin_array();
    for (const telemetry::Event& event : decoded.events) {
        json.begin_object();
        write_source(json, event.source);
        json.key("kind").text(event.kind).key("severity").text(name_of(event.severity));
        json.key("text").text(event.text).key("time").integer(event.time).end_object();
    }
    json.end_array();
}

void write_notes(martlet::JsonWriter& json, const Decoded& decoded) {
    json.key("facts").begin_array();
    for (const telemetry::SourceNote& note : decoded.notes) {
        json.begin_object();
        write_source(json, note.source);
        if (!note.name.empty()) json.key("name").text(note.name);
        for (const auto& [name, text] : note.facts) json.key("fact " + name).text(text);
        json.end_object();
    }
    json.end_array();
}

std::string json_line(const Incoming& message, std::string_view decoder, const Decoded& decoded) {
    std::string text;
    martlet::JsonWriter json(text);
    json.begin_object().key("topic").text(message.topic);
    json.key("bytes").integer(static_cast<std::int64_t>(message.payload.size()));
    json.key("decoder").text(decoder).key("verdict").text(verdict_name(decoded.verdict));
    json.key("problem").text(decoded.problem).key("hint").text(decoded.hint);
    json.key("map").text(decoded.map).key("sender");
    if (decoded.sender.id.empty()) {
        json.null();
    } else {
        json.text(decoded.sender.kind + ':' + decoded.sender.id);
    }
    write_samples(json, decoded);
    write_positions(json, decoded);
    write_events(json, decoded);
    write_notes(json, decoded);
    json.end_object();
    return text + '\n';
}

std::string lines(const Incoming& message, std::string_view decoder, const Decoded& decoded) {
    std::string text = fmt::format("decoder {}\n", decoder);
    // Control characters of a payload must not act on this terminal.
    for (const std::string& line :
         telemetry::describe(decoded, message.received, {.unit_sources = true}))
        text += telemetry::without_orders(line) + '\n';
    return text;
}

}  // namespace

Result<Reading> Reading::make(telemetry::Options options) {
    auto rules = telemetry::Rules::make(options);
    if (!rules) return rules.error();
    return Reading(std::move(options), std::move(rules).value());
}

Reading::Shown Reading::show(std::string_view topic, std::string_view payload, bool is_json) {
    Shown shown;
    telemetry::Rules::Choice choice = rules_.choose(topic);
    Incoming message;
    message.topic = topic;
    message.payload = payload;
    message.received = read_clocks().wall.count();
    message.filter = choice.filter;
    Decoded decoded;
    shown.has_decoder = choice.decoder != nullptr;
    if (shown.has_decoder) {
        choice.decoder->decode(message, decoded);
        telemetry::OperatorUnits(options_.units).apply(decoded.samples);
    } else {
        decoded.problem = "no rule of telemetry takes this topic";
    }
    if (decoded.verdict == telemetry::Verdict::Nothing && decoded.problem.empty())
        decoded.problem = why_nothing(choice.name, payload);
    shown.is_unreadable = decoded.verdict == telemetry::Verdict::Unreadable;
    std::string_view name = shown.has_decoder ? choice.name : "none";
    shown.text = is_json ? json_line(message, name, decoded) : lines(message, name, decoded);
    return shown;
}

std::string why_nothing(std::string_view decoder, std::string_view payload) {
    if (payload.empty()) return "the payload is empty";
    if (payload.find_first_not_of(" \t\r\n") == std::string_view::npos) return "only blanks in it";
    if (decoder != "json")
        return fmt::format("sound, but the decoder {} keeps nothing of it", decoder);
    if (payload == "null") return "null is no value";
    bool is_json = telemetry::PayloadJson().read(payload).empty();
    return fmt::format("{}, but no value in it that telemetry keeps (numbers, states, places)",
                       is_json ? "JSON" : "text");
}

}  // namespace martlet::cli
