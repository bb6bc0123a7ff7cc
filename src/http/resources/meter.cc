// The figures of an energy meter (a LOWI): energy by period, peaks, self consumption, base load.

#include "base/json_writer.h"
#include "base/text.h"
#include "http/answers/csv.h"
#include "http/answers/query_reader.h"
#include "http/answers/store_access.h"
#include "http/figures/meter_figures.h"
#include "http/resources/resources.h"

#include <algorithm>

namespace martlet::http {

namespace {

using telemetry::SourceRow;
using telemetry::StoreReader;
using telemetry::TimeRange;

struct Figures {
    std::vector<MeterPeriod> periods;
    std::vector<MonthPeak> peaks;
    std::vector<NightLoad> nights;
    std::string production;  // the channel
    Calendar period = Calendar::Day;
};

Calendar calendar_of(std::string_view word) {
    if (word == "hour") return Calendar::Hour;
    if (word == "week") return Calendar::Week;
    if (word == "month") return Calendar::Month;
    if (word == "year") return Calendar::Year;
    return Calendar::Day;
}

Status gather(StoreReader& reader, const MeterSeries& meter, TimeRange range, Figures& figures) {
    auto periods = meter_periods(reader, meter, range, figures.period);
    if (!periods) return periods.error();
    figures.periods = std::move(periods).value();
    // The yearly basis is the mean of twelve months: so many are looked at, whatever the range.
    Time last_month = period_begins(range.to - 1, Calendar::Month);
    Time first_month = std::max(period_begins(range.from, Calendar::Month),
                                period_begins(last_month, Calendar::Month, -11));
    auto peaks =
        month_peaks(reader, meter, {first_month, period_begins(last_month, Calendar::Month, 1)});
    if (!peaks) return peaks.error();
    figures.peaks = std::move(peaks).value();
    auto nights = night_loads(reader, meter, {std::max(range.from, range.to - 7 * kDay), range.to});
    if (!nights) return nights.error();
    figures.nights = std::move(nights).value();
    return Done{};
}

void write_period(JsonWriter& json, const MeterPeriod& one, const Figures& figures) {
    json.begin_object().key("begins").integer(one.begins);
    json.key("name").text(period_name(one.begins, figures.period));
    json.key("import_kwh").figure(one.import()).key("export_kwh").figure(one.exported());
    json.key("import_high_kwh").figure(one.import_high);
    json.key("import_low_kwh").figure(one.import_low);
    json.key("export_high_kwh").figure(one.export_high);
    json.key("export_low_kwh").figure(one.export_low);
    if (!figures.production.empty()) {
        json.key("production_kwh").figure(one.production);
        json.key("self_consumption_kwh").figure(one.self_consumption());
        json.key("consumption_kwh").figure(one.consumption());
    }
    json.key("gas_m3").figure(one.gas).key("water_m3").figure(one.water).end_object();
}

void write_peaks(JsonWriter& json, const std::vector<MonthPeak>& peaks) {
    double billed = 0;
    json.key("peaks").begin_array();
    for (const MonthPeak& peak : peaks) {
        billed += peak.billed_kw;
        json.begin_object().key("month").text(period_name(peak.month, Calendar::Month));
        json.key("quarter").integer(peak.quarter);
        json.key("peak_kw").figure(peak.peak_kw);
        json.key("billed_kw").figure(peak.billed_kw).end_object();
    }
    json.end_array();
    json.key("billed_at_least_kw").number(kBilledAtLeastKw);
    json.key("billed_mean_kw");
    if (peaks.empty()) {
        json.null();
    } else {
        json.figure(billed / static_cast<double>(peaks.size()));
    }
}

std::string as_json(const SourceRow& source, const Figures& figures, TimeRange range) {
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("source").integer(source.key).key("id").text(source.source.id);
    json.key("from").integer(range.from).key("to").integer(range.to);
    json.key("production_channel").text(figures.production);
    json.key("periods").begin_array();
    for (const MeterPeriod& one : figures.periods) write_period(json, one, figures);
    json.end_array();
    write_peaks(json, figures.peaks);
    auto base = base_load(figures.nights);
    json.key("base_load_w");
    if (base) {
        json.number(*base);
    } else {
        json.null();
    }
    json.key("nights").begin_array();
    for (const NightLoad& night : figures.nights) {
        json.begin_object().key("night").text(period_name(night.night, Calendar::Day));
        json.key("lowest_w").number(night.watts).end_object();
    }
    json.end_array().end_object();
    return body;
}

std::string as_csv(const Figures& figures) {
    std::string out =
        "period,import_kwh,export_kwh,import_high_kwh,import_low_kwh,"
        "export_high_kwh,export_low_kwh,production_kwh,self_consumption_kwh,"
        "gas_m3,water_m3\r\n";
    for (const MeterPeriod& one : figures.periods) {
        append_csv_text(out, period_name(one.begins, figures.period));
        for (std::optional<double> value :
             {one.import(), one.exported(), one.import_high, one.import_low, one.export_high,
              one.export_low, one.production, one.self_consumption(), one.gas, one.water}) {
            out += ',';
            append_csv_figure(out, value);
        }
        out += "\r\n";
    }
    return out;
}

Response meter_of_source(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    Figures figures;
    figures.period = calendar_of(query.choice("per", {"day", "hour", "week", "month", "year"}));
    TimeRange range = query.range(period_begins(query.now(), figures.period, -30), query.now() + 1);
    std::string production(query.text("production", "", 8));
    bool is_csv = query.choice("format", {"json", "csv"}) == "csv";
    if (figures.period == Calendar::Hour && range.to - range.from > 366 * kDay) {
        query.complain("per=hour: at most 366 days at once");
    }
    if (auto refusal = query.refusal()) return std::move(*refusal);
    range.from = period_begins(range.from, figures.period);
    return with_source(services, request, [&](StoreReader& reader, const SourceRow& source) {
        auto series = reader.series(source.key);
        if (!series) return store_failed(series.error());
        figures.production = production.empty() ? production_channel(source) : production;
        MeterSeries meter = find_meter(series.value(), figures.production);
        if (!meter.has_energy()) {
            return Response::error(404,
                                   "this source is no energy meter: it has no "
                                   "CH0/energy_import_high and the like");
        }
        if (!meter.has_production()) figures.production.clear();
        Status done = gather(reader, meter, range, figures);
        if (!done) return store_failed(done.error());
        if (!is_csv) return Response::json(as_json(source, figures, range));
        Response response;
        response.content_type = "text/csv; charset=utf-8";
        response.body = as_csv(figures);
        return response;
    });
}

}  // namespace

std::span<const Route> meter_routes() {
    static const std::vector<Route> routes = {
        {Method::Get,
         "/api/v1/sources/{source}/meter",
         Role::Viewer,
         "An energy meter's import and export by period, quarter-hour peaks, self consumption and "
         "base load",
         meter_of_source,
         {{"per", "string", "hour, day, week, month or year of local time; day"},
          {"from", "string", "milliseconds since 1970, ISO 8601, or -24h, -7d, ...; 30 periods"},
          {"to", "string", "the same; what is before it; now"},
          {"production", "string", "the channel that produces: CH1; else one named Solar, PV, ..."},
          {"format", "string", "json or csv"}}},
    };
    return routes;
}

}  // namespace martlet::http
