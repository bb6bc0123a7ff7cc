#include "http/figures/freshness.h"

#include "http/answers/rows_json.h"
#include "http/answers/times.h"

#include <algorithm>
#include <array>

namespace martlet::http {

namespace {

// A mesh node counts as online for two hours in its own firmware. A LOWI speaks each minute: three
// missed is an outage.
constexpr std::array kTable = {
    Freshness{"meshtastic", 2 * kHour, kDay,
              "May mislead: nodes tell of themselves every 3 hours unless set otherwise, and many "
              "far more rarely. \"Online nodes\" of a map report are those that its sender heard "
              "within 2 hours."},
    Freshness{"lowi", 3 * kMinute, kHour, "Three intervals of one minute without a message."},
    Freshness{"station", 5 * kMinute, kHour},
    Freshness{"vehicle", 5 * kMinute, kDay,
              "Trailers and containers are silent for long by nature."},
    Freshness{"owntracks", 30 * kMinute, kDay},
    Freshness{"sparkplug", 15 * kMinute, kDay,
              "Offline after a death certificate, whenever the last value came."},
    Freshness{"", 15 * kMinute, kDay},
};

bool said_offline(std::span<const telemetry::SeriesRow> series) {
    auto found = std::find_if(series.begin(), series.end(), [](const telemetry::SeriesRow& row) {
        return row.metric == "online";
    });
    double number = 1;
    return found != series.end() && as_number(found->last_value, number) && number == 0;
}

}  // namespace

std::span<const Freshness> freshness_table() {
    return kTable;
}

const Freshness& freshness_of(std::string_view source_kind) {
    auto found = std::find_if(kTable.begin(), kTable.end(),
                              [&](const Freshness& row) { return row.kind == source_kind; });
    return found == kTable.end() ? kTable.back() : *found;
}

std::string_view source_state(const telemetry::SourceRow& source,
                              std::span<const telemetry::SeriesRow> series, telemetry::Time now,
                              std::optional<std::int64_t> online_ms) {
    if (said_offline(series)) return "offline";
    const Freshness& row = freshness_of(source.source.kind);
    std::int64_t age = now - source.last_seen;
    std::int64_t online = online_ms.value_or(row.online_ms);
    if (age <= online) return "online";
    return age <= std::max(row.silent_ms, online) ? "ageing" : "silent";
}

}  // namespace martlet::http
