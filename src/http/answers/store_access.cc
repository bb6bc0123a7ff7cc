#include "http/answers/store_access.h"

#include "base/text.h"

#include <algorithm>
#include <charconv>

namespace martlet::http {

Response no_telemetry() {
    return Response::error(503, "telemetry is off: `telemetry true` in the configuration opens it");
}

Response no_broker() {
    return Response::error(503, "the broker cannot be asked now");
}

Response store_failed(const Error& error) {
    return Response::error(500, error.text);
}

Response broker_is_busy(const Error& error) {
    return Response::error(503, error.text);
}

Response no_such_source(std::string_view name) {
    return Response::error(404, fmt::format("there is no source {}: wanted is its key, or KIND:ID "
                                            "as /api/v1/sources lists them",
                                            name.substr(0, 200)));
}

std::shared_ptr<const telemetry::FreshnessTable> freshness_table(const Services& services) {
    static const auto built_in = std::make_shared<const telemetry::FreshnessTable>();
    return services.thresholds ? services.thresholds->table() : built_in;
}

Result<std::vector<telemetry::SourceRow>> all_sources(telemetry::StoreReader& reader) {
    auto rows = reader.sources();
    if (!rows) return rows.error();
    std::sort(rows.value().begin(), rows.value().end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
    return rows;
}

std::optional<std::int64_t> parse_key(std::string_view text) {
    std::int64_t key = 0;
    const char* last = text.data() + text.size();
    auto [end, error] = std::from_chars(text.data(), last, key);
    if (error != std::errc() || end != last || key < 1) return std::nullopt;
    return key;
}

Result<std::optional<telemetry::SourceRow>> find_source(telemetry::StoreReader& reader,
                                                        std::string_view name) {
    if (auto key = parse_key(name)) return reader.one_source(*key);
    std::string_view kind = name.substr(0, name.find(':'));
    std::string_view id = kind.size() < name.size() ? name.substr(kind.size() + 1) : "";
    return reader.one_source({std::string(kind), std::string(id)});
}

const telemetry::SeriesRow* find_metric(const std::vector<telemetry::SeriesRow>& series,
                                        std::string_view metric) {
    auto found = std::find_if(series.begin(), series.end(), [&](const telemetry::SeriesRow& row) {
        return row.metric == metric;
    });
    return found == series.end() ? nullptr : &*found;
}

}  // namespace martlet::http
