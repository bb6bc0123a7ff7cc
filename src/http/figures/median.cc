#include "http/figures/median.h"

#include "base/figure.h"

#include <algorithm>
#include <vector>

namespace martlet::http {

namespace {

double middle_of(std::vector<double>& values) {
    auto upper = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), upper, values.end());
    if (values.size() % 2 != 0) return *upper;
    double below = *std::max_element(values.begin(), upper);
    // Not their sum, which may be too large for a number.
    return figure(below + (*upper - below) / 2);
}

}  // namespace

Result<std::optional<double>> median_of(telemetry::StoreReader& reader, telemetry::SeriesKey series,
                                        const telemetry::RollupRow& bucket) {
    std::optional<double> median;
    if (bucket.count <= 0 || bucket.count > kMedianOfAtMost) return median;
    auto wanted = static_cast<std::size_t>(bucket.count);
    std::vector<double> values;
    values.reserve(wanted);
    Status read = reader.samples(series, {bucket.first_time, bucket.last_time + 1},
                                 [&](const telemetry::SampleRow& row) {
                                     if (const auto* whole = std::get_if<std::int64_t>(&row.value))
                                         values.push_back(static_cast<double>(*whole));
                                     if (const auto* real = std::get_if<double>(&row.value))
                                         values.push_back(*real);
                                     // One that came since the bucket was read adds to them.
                                     return values.size() <= wanted;
                                 });
    if (!read) return read.error();
    if (values.size() >= wanted) median = middle_of(values);
    return median;
}

}  // namespace martlet::http
