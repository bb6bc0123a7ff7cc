#pragma once

// What must hold of everything that a decoder makes of foreign bytes; shared by the targets that
// run decoders.

#include "base/check.h"
#include "mqtt/topic.h"
#include "telemetry/decoder.h"
#include "telemetry/ledger_text.h"
#include "telemetry/payload_json.h"

#include <cmath>
#include <string_view>

namespace martlet::telemetry {

inline constexpr std::size_t kDecodedTextMax = std::size_t{1} << 21;

// Databases take no text that is not UTF-8, nor one with a NUL.
inline void require_text(std::string_view text) {
    CHECK(text.size() <= kDecodedTextMax);
    CHECK(text.empty() || mqtt::is_valid_utf8(text));
}

inline void require_source(const SourceId& source) {
    CHECK(!source.kind.empty());
    CHECK(!source.id.empty());
    require_text(source.id);
}

inline void require_sample(const Sample& sample) {
    require_source(sample.source);
    CHECK(!sample.metric.empty());
    CHECK(sample.metric.size() <= 512);
    require_text(sample.metric);
    require_text(sample.unit);
    if (const auto* number = std::get_if<double>(&sample.value)) CHECK(std::isfinite(*number));
    if (const auto* text = std::get_if<std::string>(&sample.value)) require_text(*text);
}

inline void require_position(const Position& position) {
    require_source(position.source);
    CHECK(std::abs(position.latitude) <= 90);
    CHECK(std::abs(position.longitude) <= 180);
}

inline void require_event(const Event& event) {
    CHECK(!event.kind.empty());
    require_text(event.kind);
    // What people write has lines.
    CHECK(is_storable_text(event.text, kDecodedTextMax));
    require_text(event.details);
    PayloadJson json;
    if (!event.details.empty()) CHECK(json.read(event.details) == "");
}

inline void require_sound(const Decoded& out) {
    bool has_reason = out.verdict == Verdict::Unreadable || out.verdict == Verdict::Opaque;
    CHECK(!has_reason || !out.problem.empty());
    require_text(out.problem);
    require_text(out.sender.id);
    for (const auto& note : out.notes) {
        require_source(note.source);
        require_text(note.name);
        for (const auto& [name, text] : note.facts) {
            CHECK(!name.empty());
            require_text(name);
            require_text(text);
        }
    }
    for (const auto& sample : out.samples) require_sample(sample);
    for (const auto& position : out.positions) require_position(position);
    for (const auto& event : out.events) require_event(event);
    for (const auto& message : out.messages) CHECK(mqtt::is_valid_topic_name(message.topic));
}

}  // namespace martlet::telemetry
