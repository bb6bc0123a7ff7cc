#include "tests/http/telemetry_api.h"

namespace martlet::http {
namespace {

constexpr Time kDay20 = 1'763'593'200'000;  // 2025-11-20, midnight in Brussels
constexpr Time kBegin = 1'763'740'800'000;  // 2025-11-21T16:00:00Z

class Figures : public TelemetryApi {
  protected:
    void meter_sample(std::string metric, double value, Time time) {
        sample({"lowi", "34945460a1b2"}, std::move(metric), "kWh", SeriesKind::Meter, value, time);
    }
    void power(double watts, Time time) {
        sample({"lowi", "34945460a1b2"}, "CH0/power_import", "W", SeriesKind::Gauge, watts, time);
    }
    // Two days of a house with solar panels.
    void house() {
        note({"lowi", "34945460a1b2"}, "", {{"CH1/name", "Solar roof"}}, kDay20);
        meter_sample("CH0/energy_import_high", 5123.456, kDay20);
        meter_sample("CH0/energy_import_high", 5123.956, kDay20 + 5 * kMinute);
        meter_sample("CH0/energy_import_high", 5124.956, kDay20 + 20 * kMinute);
        meter_sample("CH0/energy_import_high", 5125.456, kDay20 + 24 * kHour);
        meter_sample("CH0/energy_export_high", 100.1, kDay20);
        meter_sample("CH0/energy_export_high", 103.1, kDay20 + 12 * kHour);
        meter_sample("CH1/energy_high", 1000, kDay20);
        meter_sample("CH1/energy_high", 1005, kDay20 + 12 * kHour);
        power(150, kDay20 + kHour);
        power(120, kDay20 + 2 * kHour);
        power(20, kDay20 + 7 * kHour);
        power(130, kDay20 + 25 * kHour);
        commit();
    }
};

TEST_F(Figures, AMeterTellsEnergyPeaksAndBaseLoad) {
    house();
    EXPECT_EQ(
        get("/api/v1/sources/1/meter?from=2025-11-20&to=2025-11-22"),
        "{\"source\":1,\"id\":\"34945460a1b2\",\"from\":1763593200000,\"to\":1763766000000,"
        "\"production_channel\":\"CH1\",\"periods\":[{\"begins\":1763593200000,\"name\":"
        "\"2025-11-20\",\"import_kwh\":1.5,\"export_kwh\":3,\"import_high_kwh\":1.5,"
        "\"import_low_kwh\":null,\"export_high_kwh\":3,\"export_low_kwh\":null,\"production_kwh\":"
        "5,"
        "\"self_consumption_kwh\":2,\"consumption_kwh\":3.5,\"gas_m3\":null,\"water_m3\":null},"
        "{\"begins\":1763679600000,\"name\":\"2025-11-21\",\"import_kwh\":0.5,\"export_kwh\":null,"
        "\"import_high_kwh\":0.5,\"import_low_kwh\":null,\"export_high_kwh\":null,"
        "\"export_low_kwh\":null,\"production_kwh\":null,\"self_consumption_kwh\":null,"
        "\"consumption_kwh\":null,\"gas_m3\":null,\"water_m3\":null}],\"peaks\":[{\"month\":\"2025-"
        "11\",\"quarter\":1763594100000,"
        "\"peak_kw\":4,\"billed_kw\":4}],\"billed_at_least_kw\":2.5,\"billed_mean_kw\":4,"
        "\"base_load_w\":130,\"nights\":[{\"night\":\"2025-11-20\",\"lowest_w\":120},{\"night\":"
        "\"2025-11-21\",\"lowest_w\":130}]}");
}

TEST_F(Figures, AMeterTellsMonthsAsCsv) {
    house();
    EXPECT_EQ(get("/api/v1/sources/1/meter?from=2025-11-20&to=2025-11-22&per=month&format=csv"),
              "period,import_kwh,export_kwh,import_high_kwh,import_low_kwh,export_high_kwh,"
              "export_low_kwh,production_kwh,self_consumption_kwh,gas_m3,water_m3\r\n"
              "2025-11,2,3,2,,3,,5,2,,\r\n");
}

TEST_F(Figures, ASmallPeakIsBilledAsTwoAndAHalf) {
    meter_sample("CH0/energy_import_low", 10, kDay20);
    meter_sample("CH0/energy_import_low", 10.25, kDay20 + kMinute);
    commit();
    EXPECT_NE(get("/api/v1/sources/1/meter?from=2025-11-20&to=2025-11-21")
                  .find("\"peak_kw\":1,\"billed_kw\":2.5}"),
              std::string::npos);
}

TEST_F(Figures, WhatIsNoMeterSaysSo) {
    sample({"topic", "a"}, "value", "", SeriesKind::Gauge, 1.0, kDay20);
    commit();
    EXPECT_EQ(ask(Method::Get, "/api/v1/sources/1/meter").status, 404);
    EXPECT_EQ(ask(Method::Get, "/api/v1/sources/2/meter").status, 404);
    EXPECT_EQ(ask(Method::Get, "/api/v1/sources/1/meter?per=second").status, 400);
    EXPECT_EQ(ask(Method::Get, "/api/v1/sources/1/meter?per=hour&from=2020-01-01").status, 400);
}

// The worked sequence of the signals' facts, through the decoder.
TEST_F(Figures, AStationCountsAsInTheWorkedSequence) {
    const char* payloads[] = {
        R"({"production_count_good":12.4,"electrical_kwh":15774.45})",
        R"({"production_count_good":15.4,"electrical_kwh":15775.45})",
        R"({"production_count":20.4})",
        R"({"production_count_good":20.4})",
        R"({"production_count_good":2})",
        R"({"production_complete_bad":1})",
        R"({"electrical_kwh_interval":0.25})",
        R"({"productive":true,"rssi":-61})",
        R"({"foo":1})",
        "not json",
    };
    const auto* kind = telemetry::find_decoder("busroot");
    ASSERT_NE(kind, nullptr);
    std::string problem;
    auto decoder = kind->make({}, problem);
    ASSERT_NE(decoder, nullptr) << problem;
    Time time = kBegin;
    for (const char* payload : payloads) {
        telemetry::Decoded decoded;
        decoder->decode({"busroot/v2/acme/signals/PRESS7", payload, time}, decoded);
        add(decoded, time);
        time += kMinute;
    }
    commit();
    std::string answer =
        get("/api/v1/sources/station:acme%2FPRESS7/station?from=1763740800000"
            "&to=1763744400000");
    std::string units =
        "{\"good\":10,\"bad\":1,\"kwh\":1.25,\"quality\":0.909090909091,"
        "\"kwh_per_good\":0.125}";
    EXPECT_NE(answer.find("\"productive\":1,\"rssi\":-61,\"counted_by\":\"production_count_good\","
                          "\"total\":" +
                          units + ",\"range\":" + units +
                          ",\"productive_ms\":3180000,\"known_ms\":3180000,"
                          "\"productive_share\":1}"),
              std::string::npos)
        << answer;
    // Half an hour later no counter told a reading; nothing was made of what comes in steps.
    answer = get("/api/v1/stations?from=1763742600000&to=1763744400000");
    EXPECT_NE(answer.find("\"range\":{\"good\":null,\"bad\":0,\"kwh\":null,\"quality\":null,"
                          "\"kwh_per_good\":null},\"productive_ms\":1800000,"
                          "\"known_ms\":1800000,\"productive_share\":1}],\"next\":null}"),
              std::string::npos)
        << answer;
}

TEST_F(Figures, AStateHoldsOverMidnightAndNeverSumsKindsOfCounts) {
    SourceId press{"station", "a/b"};
    sample(press, "productive", "", SeriesKind::State, std::int64_t(1), kDay20 + 23 * kHour);
    sample(press, "productive", "", SeriesKind::State, std::int64_t(0), kDay20 + 25 * kHour);
    sample(press, "production_complete_good", "", SeriesKind::Increment, 5.0, kDay20);
    sample(press, "production_count_good", "", SeriesKind::Counter, 5.0, kDay20);
    sample(press, "production_count_good", "", SeriesKind::Counter, 11.0, kDay20 + kHour);
    commit();
    std::string answer = get("/api/v1/sources/1/station?from=2025-11-21&to=2025-11-22");
    EXPECT_NE(answer.find("\"productive_ms\":3600000,\"known_ms\":86400000,"
                          "\"productive_share\":0.0416666666667}"),
              std::string::npos)
        << answer;
    EXPECT_NE(answer.find("\"not_counted\":[\"production_count_good\"],\"counted_by\":"
                          "\"production_complete_good\",\"total\":{\"good\":5,"
                          "\"bad\":null,\"kwh\":null,\"quality\":1,\"kwh_per_good\":null}"),
              std::string::npos)
        << answer;
}

// 0.35 / 14 is 0.024999999999999998 in binary.
TEST_F(Figures, AFigureHasNoRoundingNoise) {
    SourceId press{"station", "a/b"};
    sample(press, "production_complete_good", "", SeriesKind::Increment, 14.0, kBegin);
    sample(press, "electrical_kwh_interval", "kWh", SeriesKind::Increment, 0.35, kBegin);
    commit();
    std::string answer = get("/api/v1/sources/1/station");
    EXPECT_NE(answer.find("\"kwh_per_good\":0.025}"), std::string::npos) << answer;
}

TEST_F(Figures, WhatIsNotToldIsNull) {
    SourceId press{"station", "a/b"}, trailer{"vehicle", "t"};
    sample(press, "rssi", "dBm", SeriesKind::Gauge, -60.0, kBegin);
    sample(trailer, "battery", "V", SeriesKind::Gauge, 12.5, kBegin);
    commit();
    std::string units =
        "{\"good\":null,\"bad\":null,\"kwh\":null,\"quality\":null,\"kwh_per_good\":null}";
    std::string answer = get("/api/v1/sources/1/station");
    EXPECT_NE(answer.find("\"total\":" + units + ",\"range\":" + units +
                          ",\"productive_ms\":null,\"known_ms\":0,\"productive_share\":null}"),
              std::string::npos)
        << answer;
    answer = get("/api/v1/fleet");
    EXPECT_NE(answer.find("\"distance_km\":null,\"driving_s\":null,\"fastest_kmh\":null,"
                          "\"driving\":{\"night_s\":null,\"over_limit_s\":null,"
                          "\"under_30_kmh_s\":null,"),
              std::string::npos)
        << answer;
}

TEST_F(Figures, TheOperatorSaysByWhatAStationIsCounted) {
    SourceId press{"station", "a/b"};
    sample(press, "production_complete_good", "", SeriesKind::Increment, 5.0, kDay20);
    sample(press, "production_count_good", "", SeriesKind::Counter, 5.0, kDay20);
    sample(press, "production_count_good", "", SeriesKind::Counter, 11.0, kDay20 + kHour);
    note(press, "", {{"counted_by_good", "production_count_good"}}, kDay20 + kHour);
    commit();
    std::string answer = get("/api/v1/sources/1/station");
    EXPECT_NE(answer.find("\"not_counted\":[\"production_complete_good\"],\"counted_by\":"
                          "\"production_count_good\",\"total\":{\"good\":6,"),
              std::string::npos)
        << answer;
    // Set to units that never came: none are counted.
    note(press, "", {{"counted_by_good", ""}, {"counted_by_bad", "production_count_bad"}},
         kDay20 + kHour);
    sample(press, "production_complete_bad", "", SeriesKind::Increment, 2.0, kDay20 + kHour);
    commit();
    answer = get("/api/v1/sources/1/station");
    EXPECT_NE(answer.find("\"not_counted\":[\"production_count_good\",\"production_complete_bad\"]"
                          ",\"counted_by\":\"production_complete_good\",\"total\":{\"good\":5,"
                          "\"bad\":null,"),
              std::string::npos)
        << answer;
}

TEST_F(Figures, TheFleetTellsDistanceAndEvents) {
    SourceId truck{"vehicle", "truck-1"};
    note(truck, "Blue truck", {{"group", "north"}}, kBegin);
    sample(truck, "distance", "km", SeriesKind::Increment, 1.5, kBegin);
    sample(truck, "distance", "km", SeriesKind::Increment, 0.7, kBegin + kMinute);
    sample(truck, "driving_time", "s", SeriesKind::Increment, std::int64_t(60), kBegin + kMinute);
    sample(truck, "driving_time.80_to_110", "s", SeriesKind::Increment, 60.0, kBegin + kMinute);
    sample(truck, "driving_time.night", "s", SeriesKind::Increment, 12.5, kBegin + kMinute);
    sample(truck, "speed", "km/h", SeriesKind::Gauge, 92.5, kBegin);
    event(truck, "harsh_brake", Severity::Warning, "Harsh braking", kBegin);
    event(truck, "trip_end", Severity::Info, "Trip", kBegin + 1);
    sample({"lowi", "1"}, "CH0/power", "W", SeriesKind::Gauge, 1.0, kBegin);
    telemetry::Decoded decoded;
    telemetry::Position& place = decoded.positions.emplace_back();
    place.source = truck;
    place.time = kBegin;
    place.latitude = 59.33;
    place.longitude = 18.06;
    place.speed_kmh = 92.5;
    add(decoded, kBegin);
    commit();
    EXPECT_EQ(get("/api/v1/fleet?from=2025-11-21&to=2025-11-22&format=csv"),
              "id,name,group,state,last_seen,distance_km,driving_s,fastest_kmh,trip_end,"
              "harsh_brake,harsh_acceleration,harsh_cornering,over_speed,idling,zone_enter,"
              "emergency,night_s,over_limit_s,under_30_kmh_s,30_to_50_kmh_s,50_to_80_kmh_s,"
              "80_to_110_kmh_s,over_110_kmh_s\r\n"
              "truck-1,Blue truck,north,silent,2025-11-21T16:01:00.000Z,2.2,60,92.5,1,1,0,0,0,"
              "0,0,0,12.5,,0,0,0,60,0\r\n");
    std::string json = without_ages(get("/api/v1/fleet?from=2025-11-21&to=2025-11-22&group=north"));
    EXPECT_NE(json.find("\"state\":\"silent\",\"last_seen\":1763740860000,\"age_ms\":*,\"values\":"
                        "{\"distance\":0.7,\"driving_time\":60,\"driving_time.80_to_110\":60,"
                        "\"driving_time.night\":12.5,\"speed\":92.5},\"position\":"
                        "{\"latitude\":59.33,\"longitude\":18.06,\"time\":1763740800000,"
                        "\"age_ms\":*,\"speed_kmh\":92.5,\"heading_deg\":null,"
                        "\"uncertainty_m\":null},\"distance_km\":2.2,\"driving_s\":60,"
                        "\"fastest_kmh\":92.5,\"driving\":{\"night_s\":12.5,\"over_limit_s\":null,"
                        "\"under_30_kmh_s\":0,\"30_to_50_kmh_s\":0,\"50_to_80_kmh_s\":0,"
                        "\"80_to_110_kmh_s\":60,\"over_110_kmh_s\":0},\"events\":{\"trip_end\":1,"),
              std::string::npos)
        << json;
    EXPECT_EQ(get("/api/v1/fleet?from=0&to=1&group=south"),
              "{\"from\":0,\"to\":1,\"vehicles\":[],\"next\":null}");
}

}  // namespace
}  // namespace martlet::http
