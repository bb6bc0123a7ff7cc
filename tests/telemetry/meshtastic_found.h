#pragma once

// Looks things up in what the Meshtastic decoder made of a message; for its tests.

#include "telemetry/decoder.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::telemetry {

inline constexpr Time kReceived = 1'763'640'300'000;

struct Found {
    Decoded out;

    const Sample* sample(std::string_view source, std::string_view metric) const {
        for (const Sample& each : out.samples) {
            if (each.source.id == source && each.metric == metric) return &each;
        }
        return nullptr;
    }
    // NaN: no such number.
    double number(std::string_view source, std::string_view metric) const {
        const Sample* found = sample(source, metric);
        if (found == nullptr) return std::numeric_limits<double>::quiet_NaN();
        auto* whole = std::get_if<std::int64_t>(&found->value);
        return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(found->value);
    }
    const SourceNote* note(std::string_view source) const {
        for (const SourceNote& each : out.notes) {
            if (each.source.id == source) return &each;
        }
        return nullptr;
    }
    std::string fact(std::string_view source, std::string_view name) const {
        const SourceNote* found = note(source);
        if (found == nullptr) return "(no note)";
        for (const auto& [key, text] : found->facts) {
            if (key == name) return text;
        }
        return "(none)";
    }
    const Event* event(std::string_view kind) const {
        for (const Event& each : out.events) {
            if (each.kind == kind) return &each;
        }
        return nullptr;
    }
};

inline std::unique_ptr<Decoder> make_meshtastic(const DecoderOptions& options = {}) {
    std::string problem;
    auto decoder = find_decoder("meshtastic")->make(options, problem);
    EXPECT_EQ(problem, "");
    return decoder;
}

inline Found decode(Decoder& decoder, std::string_view topic, std::string_view payload,
                    Time received = kReceived) {
    Found found;
    decoder.decode({topic, payload, received, false, 0}, found.out);
    return found;
}

}  // namespace martlet::telemetry
