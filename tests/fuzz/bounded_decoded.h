#pragma once

// Bounds on what the JSON decoder makes of one message, with maps and without; shared by the
// targets of maps.

#include "tests/fuzz/sound_decoded.h"

namespace martlet::telemetry {

inline void require_bounded(const Decoded& out) {
    constexpr std::size_t kMost = 20'000;
    constexpr std::size_t kMetricMax = 256;
    constexpr std::size_t kUnitBytesMax = 48;
    // A topic, and the names of nested records.
    constexpr std::size_t kSourceBytesMax = 65'535 + 64 * 66;
    constexpr std::size_t kTextMax = 4096;
    CHECK(out.samples.size() <= kMost);
    CHECK(out.positions.size() <= kMost);
    CHECK(out.events.size() <= kMost);
    CHECK(out.notes.size() <= kMost);
    CHECK(is_storable_text(out.problem, kTextMax));
    CHECK(is_storable_text(out.hint, kTextMax));
    CHECK(is_storable_text(out.map, 64));
    CHECK(is_storable_text(out.sender.id, kSourceBytesMax));
    for (const Sample& sample : out.samples) {
        CHECK(is_storable_text(sample.source.kind, 64));
        CHECK(is_storable_text(sample.source.id, kSourceBytesMax));
        CHECK(is_storable_text(sample.metric, kMetricMax));
        CHECK(is_storable_text(sample.unit, kUnitBytesMax));
        if (const auto* text = std::get_if<std::string>(&sample.value))
            CHECK(is_storable_text(*text, kTextMax));
    }
    for (const Position& position : out.positions) {
        CHECK(!std::isinf(position.altitude_m) && !std::isinf(position.speed_kmh));
        CHECK(!std::isinf(position.heading_deg) && !std::isinf(position.uncertainty_m));
    }
    for (const Event& event : out.events) {
        CHECK(is_storable_text(event.kind, kTextMax));
        CHECK(is_storable_text(event.text, kTextMax));
    }
    for (const SourceNote& note : out.notes) {
        CHECK(is_storable_text(note.name, kTextMax));
        CHECK(note.facts.size() <= 512);
        for (const auto& [name, text] : note.facts) {
            CHECK(is_storable_text(name, kTextMax));
            CHECK(is_storable_text(text, kTextMax));
        }
    }
}

}  // namespace martlet::telemetry
