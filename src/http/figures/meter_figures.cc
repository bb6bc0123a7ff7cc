#include "http/figures/meter_figures.h"

#include "http/answers/store_access.h"

#include <algorithm>
#include <array>
#include <map>

namespace martlet::http {

namespace {

using telemetry::Rollup;
using telemetry::RollupRow;
using telemetry::SeriesRow;
using telemetry::StoreReader;
using telemetry::TimeRange;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return out;
}

using Periods = std::map<Time, MeterPeriod>;

Status add_member(StoreReader& reader, const SeriesRow* series, TimeRange range, Calendar period,
                  MeterPeriod::Amount MeterPeriod::*member, Periods& periods) {
    Sums sums;
    Status added = add_steps(reader, series, range, period, sums);
    if (!added) return added;
    for (const auto& [begins, sum] : sums) {
        MeterPeriod::Amount& value = periods[begins].*member;
        value = without_dust(value.value_or(0) + sum);
    }
    return Done{};
}

}  // namespace

MeterSeries find_meter(const std::vector<SeriesRow>& series, std::string_view production) {
    MeterSeries meter;
    meter.import_high = find_metric(series, "CH0/energy_import_high");
    meter.import_low = find_metric(series, "CH0/energy_import_low");
    meter.export_high = find_metric(series, "CH0/energy_export_high");
    meter.export_low = find_metric(series, "CH0/energy_export_low");
    meter.gas = find_metric(series, "CH0/gas");
    meter.water = find_metric(series, "CH0/water");
    meter.power_import = find_metric(series, "CH0/power_import");
    if (production.empty()) return meter;
    meter.produced_high = find_metric(series, std::string(production) + "/energy_high");
    meter.produced_low = find_metric(series, std::string(production) + "/energy_low");
    return meter;
}

std::string production_channel(const telemetry::SourceRow& source) {
    constexpr std::array<std::string_view, 6> kWords = {"solar",  "zon",  "pv",
                                                        "soleil", "sol ", "wind"};
    for (const auto& [name, text] : source.facts) {
        if (!name.ends_with("/name")) continue;
        std::string shown = lower(text);
        bool produces = std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) {
            return shown.find(word) != std::string::npos;
        });
        if (produces) return name.substr(0, name.size() - 5);
    }
    return {};
}

// One counter may be all that a meter has.
MeterPeriod::Amount MeterPeriod::sum(Amount a, Amount b) {
    if (!a && !b) return std::nullopt;
    return without_dust(a.value_or(0) + b.value_or(0));
}

MeterPeriod::Amount MeterPeriod::self_consumption() const {
    Amount gone = exported();
    if (!production || !gone) return std::nullopt;
    return without_dust(std::max(*production - *gone, 0.0));
}

MeterPeriod::Amount MeterPeriod::consumption() const {
    Amount kept = self_consumption();
    return import() && kept ? sum(import(), kept) : std::nullopt;
}

Result<std::vector<MeterPeriod>> meter_periods(StoreReader& reader, const MeterSeries& meter,
                                               TimeRange range, Calendar period) {
    struct Part {
        const SeriesRow* series;
        MeterPeriod::Amount MeterPeriod::*member;
    };
    const std::array parts = {
        Part{meter.import_high, &MeterPeriod::import_high},
        Part{meter.import_low, &MeterPeriod::import_low},
        Part{meter.export_high, &MeterPeriod::export_high},
        Part{meter.export_low, &MeterPeriod::export_low},
        Part{meter.gas, &MeterPeriod::gas},
        Part{meter.water, &MeterPeriod::water},
        Part{meter.produced_high, &MeterPeriod::production},
        Part{meter.produced_low, &MeterPeriod::production},
    };
    Periods periods;
    for (const Part& part : parts) {
        Status added = add_member(reader, part.series, range, period, part.member, periods);
        if (!added) return added.error();
    }
    std::vector<MeterPeriod> out;
    for (auto& [begins, one] : periods) {
        one.begins = begins;
        out.push_back(one);
    }
    return out;
}

Result<std::vector<MonthPeak>> month_peaks(StoreReader& reader, const MeterSeries& meter,
                                           TimeRange range) {
    std::map<Time, double> quarters;
    for (const SeriesRow* series : {meter.import_high, meter.import_low}) {
        if (!series) continue;
        Status read =
            reader.rollups(series->key, Rollup::Quarter, range, [&](const RollupRow& row) {
                quarters[row.begins] += row.step;
                return true;
            });
        if (!read) return read.error();
    }
    std::vector<MonthPeak> out;
    Time ends = INT64_MIN;
    for (const auto& [begins, energy] : quarters) {
        if (begins >= ends) {
            out.push_back({period_begins(begins, Calendar::Month), begins, 0, 0});
            ends = period_begins(begins, Calendar::Month, 1);
        }
        MonthPeak& month = out.back();
        double kilowatts = without_dust(energy * 4);
        if (kilowatts > month.peak_kw) {
            month.peak_kw = kilowatts;
            month.quarter = begins;
        }
        month.billed_kw = std::max(month.peak_kw, kBilledAtLeastKw);
    }
    return out;
}

Result<std::vector<NightLoad>> night_loads(StoreReader& reader, const MeterSeries& meter,
                                           TimeRange range) {
    std::vector<NightLoad> out;
    if (!meter.power_import) return out;
    for (Time midnight = period_begins(range.from, Calendar::Day); midnight < range.to;
         midnight = period_begins(midnight, Calendar::Day, 1)) {
        std::optional<double> lowest;
        Status read = reader.rollups(meter.power_import->key, Rollup::Quarter,
                                     {midnight, midnight + 6 * kHour}, [&](const RollupRow& row) {
                                         lowest = std::min(lowest.value_or(row.min), row.min);
                                         return true;
                                     });
        if (!read) return read.error();
        if (lowest) out.push_back({midnight, *lowest});
    }
    return out;
}

std::optional<double> base_load(std::vector<NightLoad> nights) {
    if (nights.empty()) return std::nullopt;
    auto middle = nights.begin() + static_cast<std::ptrdiff_t>(nights.size() / 2);
    std::nth_element(nights.begin(), middle, nights.end(),
                     [](const NightLoad& a, const NightLoad& b) { return a.watts < b.watts; });
    return middle->watts;
}

}  // namespace martlet::http
