#pragma once

// How handlers of telemetry reach the store, and the answers when it is not there. Any thread.

#include "http/response.h"
#include "http/services.h"
#include "http/store_readers.h"
#include "telemetry/freshness.h"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::http {

Response no_telemetry();  // 503: it is off
Response no_broker();     // 503
Response store_failed(const Error& error);
Response broker_is_busy(const Error& error);  // 503: it gave no answer in time

// From when on sources count as ageing and silent; never null.
std::shared_ptr<const telemetry::FreshnessTable> freshness_table(const Services& services);

// What `handle(reader)` answers, or why there is no reader.
template <typename Handle>
Response with_reader(Services& services, Handle&& handle) {
    if (!services.readers) return no_telemetry();
    auto loan = services.readers->lend();
    if (!loan) return store_failed(loan.error());
    return std::forward<Handle>(handle)(*loan.value());
}

// By key.
Result<std::vector<telemetry::SourceRow>> all_sources(telemetry::StoreReader& reader);

// A source by its key ("12") or by kind and id ("lowi:34945460a1b2").
Result<std::optional<telemetry::SourceRow>> find_source(telemetry::StoreReader& reader,
                                                        std::string_view name);
Response no_such_source(std::string_view name);

// With the source that the path's {source} names.
template <typename Handle>
Response with_source(Services& services, const Request& request, Handle&& handle) {
    std::string_view name = request.parameter("source");
    return with_reader(services, [&](telemetry::StoreReader& reader) {
        auto found = find_source(reader, name);
        if (!found) return store_failed(found.error());
        if (!found.value()) return no_such_source(name);
        return std::forward<Handle>(handle)(reader, *found.value());
    });
}

// A whole number from 1 on; nullopt: something else.
std::optional<std::int64_t> parse_key(std::string_view text);

// The series of that name among those of a source; null: none.
const telemetry::SeriesRow* find_metric(const std::vector<telemetry::SeriesRow>& series,
                                        std::string_view metric);

}  // namespace martlet::http
