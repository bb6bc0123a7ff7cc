#pragma once

// What people want to know of an energy meter, made of its rollups: energy by period, self
// consumption, the quarter-hour peaks of the Belgian capacity tariff, and the base load. Plain
// functions over a reader; any thread.

#include "http/figures/rollup_sums.h"
#include "telemetry/store/store.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::http {

// The series of a LOWI that the figures come from; null: it has not that one.
struct MeterSeries {
    const telemetry::SeriesRow* import_high = nullptr;
    const telemetry::SeriesRow* import_low = nullptr;
    const telemetry::SeriesRow* export_high = nullptr;
    const telemetry::SeriesRow* export_low = nullptr;
    const telemetry::SeriesRow* gas = nullptr;
    const telemetry::SeriesRow* water = nullptr;
    const telemetry::SeriesRow* power_import = nullptr;
    // Of the channel that produces.
    const telemetry::SeriesRow* produced_high = nullptr;
    const telemetry::SeriesRow* produced_low = nullptr;

    bool has_energy() const { return import_high || import_low || export_high || export_low; }
    bool has_production() const { return produced_high || produced_low; }
};

// `production`: "CH1"; empty: none.
MeterSeries find_meter(const std::vector<telemetry::SeriesRow>& series,
                       std::string_view production);
// The channel whose name says that it produces ("Solar"); empty: none does.
std::string production_channel(const telemetry::SourceRow& source);

// kWh and m³; nothing: the meter has no such counter, or told no reading in the period.
struct MeterPeriod {
    using Amount = std::optional<double>;

    Time begins = 0;
    Amount import_high, import_low, export_high, export_low;
    Amount production;
    Amount gas, water;

    Amount import() const { return sum(import_high, import_low); }
    Amount exported() const { return sum(export_high, export_low); }
    // The part of the production that was not exported.
    Amount self_consumption() const;
    // The energy that the house used: the import, and the production that it kept.
    Amount consumption() const;

  private:
    static Amount sum(Amount a, Amount b);
};

Result<std::vector<MeterPeriod>> meter_periods(telemetry::StoreReader& reader,
                                               const MeterSeries& meter, telemetry::TimeRange range,
                                               Calendar period);

// The highest import of a quarter of an hour in a month, as power.
struct MonthPeak {
    Time month = 0;  // begins
    Time quarter = 0;
    double peak_kw = 0;
    double billed_kw = 0;  // at least 2.5
};

inline constexpr double kBilledAtLeastKw = 2.5;

Result<std::vector<MonthPeak>> month_peaks(telemetry::StoreReader& reader, const MeterSeries& meter,
                                           telemetry::TimeRange range);

// The lowest import of each night (0 to 6 o'clock) of the range.
struct NightLoad {
    Time night = 0;  // its midnight
    double watts = 0;
};
Result<std::vector<NightLoad>> night_loads(telemetry::StoreReader& reader, const MeterSeries& meter,
                                           telemetry::TimeRange range);
// The middle one of the nights.
std::optional<double> base_load(std::vector<NightLoad> nights);

}  // namespace martlet::http
