#include "http/answers/store_access.h"

#include "base/text.h"

#include <algorithm>
#include <charconv>

namespace martlet::http {

Response no_telemetry() {
    return Response::error(
        503, "telemetry is off: the line 'telemetry true' in the configuration turns it on");
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

namespace {

// By key, or by kind and id.
Result<std::optional<telemetry::SourceRow>> exact_source(telemetry::StoreReader& reader,
                                                         std::string_view name) {
    if (auto key = parse_key(name)) return reader.one_source(*key);
    std::string_view kind = name.substr(0, name.find(':'));
    if (kind.size() == name.size()) return std::optional<telemetry::SourceRow>();
    return reader.one_source({std::string(kind), std::string(name.substr(kind.size() + 1))});
}

std::string exact_name(const telemetry::SourceRow& source) {
    return fmt::format("{}:{}", source.source.kind, source.source.id);
}

// When several sources have the name, none is taken: the caller must say which.
Response ambiguous(std::string_view name, const std::vector<telemetry::SourceRow>& named) {
    constexpr std::size_t kShownMax = 5;
    std::string shown;
    for (std::size_t i = 0; i < std::min(named.size(), kShownMax); i++)
        shown += (i == 0 ? "" : ", ") + exact_name(named[i]);
    if (named.size() > kShownMax) shown += ", ...";
    return Response::error(404, fmt::format("{} sources have the name or id {}: ask for one of {}",
                                            named.size(), name.substr(0, 200), shown));
}

}  // namespace

std::optional<Response> find_source(telemetry::StoreReader& reader, std::string_view name,
                                    telemetry::SourceRow& found) {
    auto exact = exact_source(reader, name);
    if (!exact) return store_failed(exact.error());
    if (exact.value()) {
        found = std::move(*exact.value());
        return std::nullopt;
    }
    auto named = all_sources(reader);
    if (!named) return store_failed(named.error());
    std::erase_if(named.value(), [&](const telemetry::SourceRow& row) {
        return row.source.id != name && row.name != name;
    });
    if (named.value().size() > 1) return ambiguous(name, named.value());
    if (named.value().empty()) {
        return Response::error(404, fmt::format("there is no source {}: expected its key, KIND:ID "
                                                "or its name, as /api/v1/sources lists them",
                                                name.substr(0, 200)));
    }
    found = std::move(named.value().front());
    return std::nullopt;
}

bool is_named_exactly(const telemetry::SourceRow& source, std::string_view name) {
    return parse_key(name) == source.key || name == exact_name(source);
}

std::optional<Response> only_of(telemetry::StoreReader& reader, std::string_view name,
                                std::optional<telemetry::SourceKey>& key) {
    if (name.empty()) return std::nullopt;
    telemetry::SourceRow source;
    if (auto refusal = find_source(reader, name, source)) return refusal;
    key = source.key;
    return std::nullopt;
}

const telemetry::SeriesRow* find_metric(const std::vector<telemetry::SeriesRow>& series,
                                        std::string_view metric) {
    auto found = std::find_if(series.begin(), series.end(), [&](const telemetry::SeriesRow& row) {
        return row.metric == metric;
    });
    return found == series.end() ? nullptr : &*found;
}

}  // namespace martlet::http
