#include "http/answers/series_look_up.h"

#include <utility>

namespace martlet::http {

using telemetry::SeriesRow;

Result<std::vector<SeriesRow>> SeriesLookUp::of(telemetry::SourceKey source) {
    if (!are_many_) return reader_.series(source);
    if (!is_read_) {
        auto rows = reader_.series(std::nullopt);
        if (!rows) return rows.error();
        for (SeriesRow& row : rows.value()) rows_[row.source].push_back(std::move(row));
        is_read_ = true;
    }
    auto found = rows_.find(source);
    return found == rows_.end() ? std::vector<SeriesRow>() : std::move(found->second);
}

}  // namespace martlet::http
