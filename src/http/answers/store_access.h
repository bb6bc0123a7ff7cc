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

// A source by its key ("12"), by kind and id ("lowi:34945460a1b2"), or by an id or a name that no
// other source has ("34945460a1b2", "Kitchen"). Nothing: it is in `found`; else the answer.
std::optional<Response> find_source(telemetry::StoreReader& reader, std::string_view name,
                                    telemetry::SourceRow& found);
// Whether it is named by key or by kind and id, which no device can take over.
bool is_named_exactly(const telemetry::SourceRow& source, std::string_view name);
// For the query's `source`: the key of the source of that name; an empty name stands for all.
std::optional<Response> only_of(telemetry::StoreReader& reader, std::string_view name,
                                std::optional<telemetry::SourceKey>& key);

// With the source that the path's {source} names.
template <typename Handle>
Response with_source(Services& services, const Request& request, Handle&& handle) {
    std::string_view name = request.parameter("source");
    return with_reader(services, [&](telemetry::StoreReader& reader) {
        telemetry::SourceRow source;
        if (auto refusal = find_source(reader, name, source)) return std::move(*refusal);
        return std::forward<Handle>(handle)(reader, source);
    });
}

// A whole number from 1 on; nullopt: something else.
std::optional<std::int64_t> parse_key(std::string_view text);

// The series of that name among those of a source; null: none.
const telemetry::SeriesRow* find_metric(const std::vector<telemetry::SeriesRow>& series,
                                        std::string_view metric);

}  // namespace martlet::http
