#pragma once

// The order in which rows of a batch go into a store: that of their keys, since neighbours then
// fall on the same page and pages fill up from the left. Any thread.

#include "base/result.h"
#include "telemetry/store/rows.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <tuple>
#include <vector>

namespace martlet::telemetry {

// Numbers of rows; those with equal keys keep their order. `order` is only memory.
template <typename Row, typename KeyOf>
void sort_numbers(std::vector<std::uint32_t>& order, std::span<const Row> rows, KeyOf key_of) {
    order.resize(rows.size());
    std::iota(order.begin(), order.end(), 0u);
    auto is_before = [&](std::uint32_t a, std::uint32_t b) {
        return key_of(rows[a]) < key_of(rows[b]);
    };
    std::ranges::stable_sort(order, is_before);
}

inline void sort_rollups(std::vector<std::uint32_t>& order, std::span<const RollupRow> rows) {
    sort_numbers(order, rows,
                 [](const RollupRow& row) { return std::tie(row.width, row.series, row.begins); });
}

// Calls `put(row, n)` in order until one fails; n counts the samples of one series and millisecond.
template <typename Put>
Status put_samples(std::vector<std::uint32_t>& order, std::span<const SampleRow> rows, Put put) {
    sort_numbers(order, rows, [](const SampleRow& row) { return std::tie(row.series, row.time); });
    const SampleRow* before = nullptr;
    std::int32_t n = 0;
    for (auto number : order) {
        const auto& row = rows[number];
        bool is_again =
            before != nullptr && before->series == row.series && before->time == row.time;
        n = is_again ? n + 1 : 0;
        before = &row;
        if (Status done = put(row, n); !done.ok()) return done;
    }
    return Done{};
}

}  // namespace martlet::telemetry
