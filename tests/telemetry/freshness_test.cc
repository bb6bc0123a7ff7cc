// From when on sources count as ageing and silent, and that each silence is told once.

#include "telemetry/freshness.h"

#include "telemetry/silence.h"
#include "telemetry/usual_interval.h"
#include "tests/telemetry/ledger_book.h"

#include <gtest/gtest.h>

#include <optional>
#include <span>

namespace martlet::telemetry {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

SourceRow source(std::string kind, std::string id = "one") {
    SourceRow row;
    row.key = 1;
    row.source = {std::move(kind), std::move(id)};
    row.last_seen = kNow;
    return row;
}

std::string state(const FreshnessTable& table, const SourceRow& row, std::int64_t age,
                  std::span<const SeriesRow> series = {}) {
    return std::string(table.state_of(row, series, kNow + age));
}

TEST(UsualIntervals, AreKnownAfterFourGaps) {
    UsualInterval interval;
    for (int i = 0; i < 4; i++) interval.hear(kNow + i * 900 * kSecond);
    EXPECT_EQ(interval.ms(), 0);
    interval.hear(kNow + 4 * 900 * kSecond);
    EXPECT_EQ(interval.ms(), 900 * kSecond);
    // An outage is no interval, two are.
    interval.hear(kNow + 3 * kDay);
    EXPECT_EQ(interval.ms(), 900 * kSecond);
    interval.hear(kNow + 5 * kDay);
    EXPECT_EQ(interval.ms(), 2 * kDay);
}

TEST(UsualIntervals, BurstsAreOneMessageAndStreamsAreQuick) {
    UsualInterval burst;
    for (int i = 0; i < 100; i++) burst.hear(kNow + i / 10 * kMinute + i % 10 * 100);
    EXPECT_EQ(burst.ms(), kMinute);
    UsualInterval drive;
    Time time = kNow;
    for (int i = 0; i < 600; i++) drive.hear(time += kSecond);
    drive.hear(time += 10 * kHour);
    EXPECT_LE(drive.ms(), 5 * kSecond);
}

TEST(UsualIntervals, GoOnAfterARestart) {
    UsualInterval interval(900 * kSecond, kNow);
    EXPECT_EQ(interval.ms(), 900 * kSecond);
    interval.hear(kNow + kDay);
    EXPECT_EQ(interval.ms(), 900 * kSecond);
    for (int i = 1; i < 9; i++) interval.hear(kNow + kDay + i * 10 * kSecond);
    EXPECT_EQ(interval.ms(), 10 * kSecond);
}

TEST(FreshnessTables, SayHowLongEachKindMayTake) {
    struct Case {
        const char* kind;
        std::int64_t interval_ms;  // 0: not known yet
        std::int64_t online_ms;
        std::int64_t silent_ms;
    };
    const Case cases[] = {
        {"meshtastic", 0, 2 * kHour, kDay},
        {"meshtastic", 900 * kSecond, 45 * kMinute, kDay},
        {"meshtastic", 3 * kHour, 2 * kHour, kDay},
        {"lowi", 0, 3 * kMinute, kHour},
        {"lowi", 60 * kSecond, 3 * kMinute, kHour},
        {"lowi", 10 * kSecond, 30 * kSecond, kHour},
        {"station", 15 * kSecond, kMinute, kHour},
        {"vehicle", 0, 5 * kMinute, kDay},
        {"vehicle", 5 * kSecond, 5 * kMinute, kDay},
        {"vehicle", 6 * kHour, 18 * kHour, 36 * kHour},
        {"sparkplug", 5 * kSecond, 15 * kMinute, kDay},
        {"topic", 0, 15 * kMinute, kDay},
        {"topic", 10 * kSecond, 30 * kSecond, kDay},
        {"topic", 7 * kDay, 14 * kDay, 28 * kDay},
    };
    FreshnessTable table;
    for (const Case& one : cases) {
        SourceRow row = source(one.kind);
        row.interval_ms = one.interval_ms;
        EXPECT_EQ(table.of(row).online_ms, one.online_ms) << one.kind << ' ' << one.interval_ms;
        EXPECT_EQ(table.of(row).silent_ms, one.silent_ms) << one.kind << ' ' << one.interval_ms;
        EXPECT_EQ(state(table, row, one.online_ms), "online");
        EXPECT_EQ(state(table, row, one.online_ms + 1), "ageing");
        EXPECT_EQ(state(table, row, one.silent_ms + 1), "silent");
    }
}

TEST(FreshnessTables, ContainersAndTrailersTakeHours) {
    FreshnessTable table;
    SourceRow by_group = source("vehicle");
    by_group.facts = {{"group", "Trailers north"}};
    SourceRow by_type = source("vehicle");
    by_type.facts = {{"type", "reefer container"}};
    SourceRow by_number = source("vehicle", "MSKU1234567");
    for (const SourceRow& row : {by_group, by_type, by_number}) {
        EXPECT_EQ(state(table, row, 17 * kHour), "online");
        EXPECT_EQ(state(table, row, 19 * kHour), "ageing");
        EXPECT_EQ(state(table, row, 73 * kHour), "silent");
    }
    EXPECT_EQ(state(table, source("vehicle", "ABCD1234567"), 17 * kHour), "ageing");
    EXPECT_EQ(state(table, source("vehicle", "MSKU123456"), 17 * kHour), "ageing");
}

TEST(FreshnessTables, MapReportsComeEachQuarter) {
    FreshnessTable table;
    SourceRow row = source("meshtastic");
    SeriesRow report;
    report.metric = "map_report/num_online_local_nodes";
    report.last_time = kNow - kMinute;
    EXPECT_EQ(state(table, row, 45 * kMinute, {&report, 1}), "online");
    EXPECT_EQ(state(table, row, 46 * kMinute, {&report, 1}), "ageing");
    // They were turned off since.
    report.last_time = kNow - 3 * kHour;
    EXPECT_EQ(state(table, row, 46 * kMinute, {&report, 1}), "online");
}

TEST(FreshnessTables, TheMostParticularThresholdCounts) {
    FreshnessTable table({{"vehicle", "", "", 10 * kMinute, 2 * kHour},
                          {"vehicle", "slow", "", kHour, 5 * kHour},
                          {"vehicle", "", "t7", 2 * kDay, 0},
                          {"", "slow", "", 3 * kHour, 4 * kHour},
                          {"lowi", "", "", 7 * kSecond, 0}});
    SourceRow row = source("vehicle");
    EXPECT_EQ(table.of(row).online_ms, 10 * kMinute);
    EXPECT_EQ(table.of(row).silent_ms, 2 * kHour);
    row.facts = {{"group", "slow"}};
    EXPECT_EQ(table.of(row).online_ms, kHour);
    row.source.id = "t7";
    EXPECT_EQ(table.of(row).online_ms, 2 * kDay);
    EXPECT_EQ(table.of(row).silent_ms, 2 * kDay) << "never before it stops being online";
    row.source.kind = "topic";
    EXPECT_EQ(table.of(row).online_ms, 3 * kHour) << "a group of any kind";
    SourceRow meter = source("lowi");
    meter.interval_ms = kMinute;
    EXPECT_EQ(table.of(meter).online_ms, 7 * kSecond) << "before what it does by itself";
    EXPECT_EQ(table.of(meter).silent_ms, kHour);
}

TEST(ThresholdsOfTheOperator, AreReplacedAtOnce) {
    Thresholds thresholds({{"lowi", "", "", 7, 9}});
    auto before = thresholds.table();
    thresholds.set({});
    EXPECT_EQ(before->of(source("lowi")).online_ms, 7);
    EXPECT_EQ(thresholds.table()->of(source("lowi")).online_ms, 3 * kMinute);
}

class Silences : public testing::Test {
  protected:
    void hear(const std::string& id, Time time, std::string metric = "x", Value value = 1.0) {
        Sample one = sample(std::move(metric), SeriesKind::State, std::move(value), time);
        one.source = {"lowi", id};
        book_.add({one}, time);
    }
    // Asks each minute, as the thread does more often; what was told.
    std::vector<std::string> told_until(Time from, Time to) {
        for (Time at = from; at <= to; at += kMinute)
            silence_->sweep(book_.ledger(), table_, at, false);
        return told();
    }
    std::vector<std::string> told() {
        book_.commit();
        std::vector<std::string> lines;
        for (; told_ < book_.events().size(); told_++) {
            const Event& event = book_.events()[told_].event;
            lines.push_back(event.kind + ": " + event.text);
        }
        return lines;
    }
    void restart() {
        book_.restart();
        silence_.emplace(book_.ledger());
    }

    using Lines = std::vector<std::string>;
    Book book_;
    FreshnessTable table_;
    std::optional<Silence> silence_{std::in_place, book_.ledger()};
    std::size_t told_ = 0;
};

TEST_F(Silences, AreToldOnceAndSoIsTheReturn) {
    hear("a", kNow);
    EXPECT_EQ(told_until(kNow, kNow + 60 * kMinute), Lines{});
    EXPECT_EQ(told_until(kNow + 61 * kMinute, kNow + 300 * kMinute),
              Lines{"silent: Silent since 2025-10-09 08:53:20 UTC: no message for more than 60 "
                    "min."});
    EXPECT_EQ(book_.events()[0].event.severity, Severity::Warning);
    EXPECT_EQ(book_.events()[0].event.details,
              "{\"last_seen\":1760000000000,\"silent_ms\":3600000}");
    EXPECT_EQ(book_.events()[0].source, book_.ledger().key_of({"lowi", "a"}));
    hear("a", kNow + 301 * kMinute);
    hear("a", kNow + 302 * kMinute);
    EXPECT_EQ(told(), Lines{"back: Heard again after 5 h."});
    EXPECT_EQ(told_until(kNow + 303 * kMinute, kNow + 600 * kMinute).size(), 1u);
}

TEST_F(Silences, AreNotToldAgainAfterARestart) {
    hear("a", kNow);
    EXPECT_EQ(told_until(kNow, kNow + 90 * kMinute).size(), 1u);
    hear("b", kNow + 90 * kMinute);
    restart();
    EXPECT_EQ(told_until(kNow + 100 * kMinute, kNow + 151 * kMinute), Lines{});
    // "b" has its whole hour from the restart on.
    EXPECT_EQ(told_until(kNow + 152 * kMinute, kNow + 161 * kMinute).size(), 1u);
    hear("a", kNow + 170 * kMinute);
    EXPECT_EQ(told(), Lines{"back: Heard again after 2 h."});
}

TEST_F(Silences, OfTheTimeBeforeThereWereSuchEventsAreNotTold) {
    for (int i = 0; i < 50; i++) hear("old" + std::to_string(i), kNow - 30 * kDay);
    hear("new", kNow);
    restart();
    EXPECT_EQ(told_until(kNow + kMinute, kNow + 50 * kMinute), Lines{});
    EXPECT_EQ(told_until(kNow + 51 * kMinute, kNow + kDay).size(), 1u) << "only \"new\"";
    hear("old7", kNow + kDay);
    EXPECT_EQ(told(), Lines{}) << "nobody said that it was gone";
    EXPECT_EQ(told_until(kNow + kDay, kNow + kDay + 2 * kHour).size(), 1u);
}

TEST_F(Silences, WhileNothingCanBeHeardNobodyIsSilent) {
    hear("a", kNow);
    for (Time at = kNow; at < kNow + 5 * kHour; at += kMinute)
        silence_->sweep(book_.ledger(), table_, at, true);
    EXPECT_EQ(told_until(kNow + 5 * kHour, kNow + 350 * kMinute), Lines{});
    // The machine slept for a day.
    EXPECT_EQ(told_until(kNow + kDay, kNow + kDay + 50 * kMinute), Lines{});
    EXPECT_EQ(told_until(kNow + kDay + 51 * kMinute, kNow + kDay + 70 * kMinute).size(), 1u);
}

TEST_F(Silences, WhoSaysThatItIsOffIsNotSilent) {
    hear("a", kNow, "online", std::int64_t{0});
    EXPECT_EQ(told_until(kNow, kNow + 5 * kHour), Lines{});
}

TEST_F(Silences, AreLookedForInSlices) {
    for (int i = 0; i < 5000; i++) hear(std::to_string(i), kNow);
    EXPECT_EQ(silence_->sweep(book_.ledger(), table_, kNow, false).count(), 1000);
    EXPECT_EQ(silence_->sweep(book_.ledger(), table_, kNow + 1, false).count(), 1000);
    EXPECT_EQ(silence_->sweep(book_.ledger(), table_, kNow + 2, false).count(), 10'000);
    told_until(kNow + kMinute, kNow + 59 * kMinute);
    book_.ledger().forget(17);
    EXPECT_EQ(told_until(kNow + 60 * kMinute, kNow + 70 * kMinute).size(), 4999u);
}

TEST_F(Silences, ShortOnesAreLookedForMoreOften) {
    FreshnessTable quick({{"lowi", "", "", 10 * kSecond, 20 * kSecond}});
    hear("a", kNow);
    EXPECT_EQ(silence_->sweep(book_.ledger(), quick, kNow, false).count(), 5'000);
}

TEST(SpanTexts, AreForPeople) {
    EXPECT_EQ(span_text(-5), "0 s");
    EXPECT_EQ(span_text(90 * kSecond), "90 s");
    EXPECT_EQ(span_text(15 * kMinute), "15 min");
    EXPECT_EQ(span_text(18 * kHour), "18 h");
    EXPECT_EQ(span_text(3 * kDay), "3 days");
}

}  // namespace
}  // namespace martlet::telemetry
