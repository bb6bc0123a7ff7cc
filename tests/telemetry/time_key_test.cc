#include "telemetry/time_key.h"

#include <gtest/gtest.h>

namespace martlet::telemetry {
namespace {

TEST(TimeKey, the_time_of_a_record) {
    for (std::string_view key :
         {"ts",           "time",        "Time",         "TIMESTAMP",    "timestamp",
          "timeStamp",    "time_stamp",  "datetime",     "dateTime",     "date_time",
          "DateTime",     "tst",         "timestamp_ms", "timestamp_us", "timestamp_ns",
          "timestamp_s",  "_timestamp",  "@timestamp",   "created_at",   "createdAt",
          "updated_at",   "received_at", "rxtime",       "rx_time",      "rxTime",
          "unixtime",     "unix_time",   "epoch_time",   "observed_at",  "measured_at",
          "sampleTime",   "sample_time", "eventTime",    "fixTime",      "deviceTime",
          "serverTime",   "gpstime",     "gps_time",     "ts_ms",        "tsms",
          "epochms",      "time_utc",    "timeUTC",      "utc_time",     "timestamp_iso",
          "published_at", "reported-at", "msg_ts",       "time_unix",    "event_timestamp",
          "recorded at"}) {
        auto use = time_key(key).use;
        EXPECT_TRUE(use == TimeUse::Record || (key == "epochms" && use == TimeUse::Perhaps)) << key;
        EXPECT_EQ(is_time_key(key), key != "epochms") << key;
    }
}

TEST(TimeKey, a_unit_at_the_end_is_the_scale) {
    EXPECT_EQ(time_key("timestamp").scale, TimeScale::BySize);
    EXPECT_EQ(time_key("timestamp_ms").scale, TimeScale::Milliseconds);
    EXPECT_EQ(time_key("timestampMs").scale, TimeScale::Milliseconds);
    EXPECT_EQ(time_key("ts_us").scale, TimeScale::Microseconds);
    EXPECT_EQ(time_key("time_ns").scale, TimeScale::Nanoseconds);
    EXPECT_EQ(time_key("time_s").scale, TimeScale::Seconds);
    EXPECT_EQ(time_key("timestamp_seconds").scale, TimeScale::Seconds);
    EXPECT_EQ(time_key("time_utc_ms").scale, TimeScale::Milliseconds);
    EXPECT_EQ(time_key("ts").scale, TimeScale::BySize);
}

TEST(TimeKey, which_of_several_is_meant) {
    EXPECT_LT(time_key("fixTime").rank, time_key("deviceTime").rank);
    EXPECT_LT(time_key("deviceTime").rank, time_key("serverTime").rank);
    EXPECT_LT(time_key("measured_at").rank, time_key("ts").rank);
    EXPECT_LT(time_key("timestamp").rank, time_key("received_at").rank);
    EXPECT_LT(time_key("received_at").rank, time_key("updated_at").rank);
    EXPECT_LT(time_key("SourceTimestamp").rank, time_key("ServerTimestamp").rank);
    for (std::string_view key : {"startsAt", "start_timestamp", "validFrom"}) {
        EXPECT_EQ(time_key(key).use, TimeUse::Record) << key;
        EXPECT_GT(time_key(key).rank, time_key("updated_at").rank) << key;
    }
}

TEST(TimeKey, only_the_value_tells) {
    for (std::string_view key : {"t", "T", "dt", "epoch", "utc", "last_seen", "clock"}) {
        EXPECT_EQ(time_key(key).use, TimeUse::Perhaps) << key;
        EXPECT_FALSE(is_time_key(key)) << key;
    }
    for (std::string_view key : {"boot_time", "expires_at", "start_time", "boot_ts", "last_reset",
                                 "next_update", "on_time", "tmst"}) {
        EXPECT_EQ(time_key(key).use, TimeUse::Moment) << key;
        EXPECT_FALSE(is_time_key(key)) << key;
    }
    EXPECT_EQ(time_key("date").use, TimeUse::Date);
    EXPECT_FALSE(is_time_key("date"));
}

TEST(TimeKey, a_name_that_says_utc) {
    for (std::string_view key : {"datetime_utc", "UTC", "time_utc", "timeUTC", "utctime",
                                 "utc_timestamp_ms", "gps_utc", "TIME-GMT"})
        EXPECT_TRUE(time_key(key).is_utc) << key;
    for (std::string_view key : {"time", "localtime", "utc_offset", "outcome_ts"})
        EXPECT_FALSE(time_key(key).is_utc) << key;
}

TEST(TimeKey, what_is_no_time) {
    for (std::string_view key : {"",
                                 "_",
                                 "uptime",
                                 "up_time",
                                 "upTime",
                                 "uptime_ms",
                                 "lifetime",
                                 "time_left",
                                 "timeLeft",
                                 "runtime",
                                 "run_time",
                                 "response_time",
                                 "time_to_full",
                                 "real_time",
                                 "realtime",
                                 "time_remaining",
                                 "charge_time",
                                 "timeout",
                                 "times",
                                 "timer",
                                 "ms",
                                 "s",
                                 "items",
                                 "tsunami",
                                 "status",
                                 "rate",
                                 "data",
                                 "temperature",
                                 "sometimes",
                                 "at",
                                 "day",
                                 "time_of_flight",
                                 "downtime",
                                 "größe_ts\xff_x"}) {
        EXPECT_EQ(time_key(key).use, TimeUse::None) << key;
    }
    EXPECT_EQ(time_key(std::string(41, 't')).use, TimeUse::None);
}

}  // namespace
}  // namespace martlet::telemetry
