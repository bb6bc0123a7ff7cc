#pragma once

// Whether a source that was last heard so long ago is still there: that differs by kind, since some
// speak each second and some each hour. Any thread.

#include "telemetry/store/rows.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace martlet::http {

struct Freshness {
    std::string_view kind;       // of source; empty: all others
    std::int64_t online_ms = 0;  // heard within: "online"
    std::int64_t silent_ms = 0;  // not heard for: "silent"; between the two "ageing"
    std::string_view note = {};  // what people should know of it
};

std::span<const Freshness> freshness_table();
const Freshness& freshness_of(std::string_view source_kind);

// "online", "ageing", "silent"; "offline" when the source's own series "online" said 0 last.
// `online_ms` instead of the table's.
std::string_view source_state(const telemetry::SourceRow& source,
                              std::span<const telemetry::SeriesRow> series, telemetry::Time now,
                              std::optional<std::int64_t> online_ms = std::nullopt);

}  // namespace martlet::http
