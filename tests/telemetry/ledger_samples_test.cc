#include "telemetry/ledger_decimal.h"
#include "tests/telemetry/ledger_book.h"

#include <array>
#include <charconv>
#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace martlet::telemetry {
namespace {

// M3: the worked sequence of production signals, and the same with a restart after each message.
void work_sequence(bool with_restarts) {
    struct Step {
        std::string metric;
        SeriesKind kind;
        Value value;
        double good, bad, kwh;
    };
    const std::vector<Step> steps = {
        {"count_good", SeriesKind::Counter, 12.4, 0, 0, 0},
        {"kwh", SeriesKind::Meter, 15774.45, 0, 0, 0},
        {"count_good", SeriesKind::Counter, 15.4, 3, 0, 0},
        {"kwh", SeriesKind::Meter, 15775.45, 3, 0, 1},
        {"count_good", SeriesKind::Counter, 20.4, 8, 0, 1},
        {"count_good", SeriesKind::Counter, 20.4, 8, 0, 1},
        {"count_good", SeriesKind::Counter, std::int64_t{2}, 10, 0, 1},
        {"complete_bad", SeriesKind::Increment, std::int64_t{1}, 10, 1, 1},
        {"kwh_interval", SeriesKind::Increment, 0.25, 10, 1, 1.25},
        {"productive", SeriesKind::State, std::int64_t{1}, 10, 1, 1.25},
        {"rssi", SeriesKind::Gauge, std::int64_t{-61}, 10, 1, 1.25},
    };
    Book book;
    Time time = kNow;
    for (const Step& step : steps) {
        time += 1000;
        book.add({sample(step.metric, step.kind, step.value, time)}, time);
        if (with_restarts) book.restart();
        EXPECT_EQ(book.total("count_good"), step.good) << step.metric;
        EXPECT_EQ(book.total("complete_bad"), step.bad) << step.metric;
        EXPECT_EQ(book.total("kwh") + book.total("kwh_interval"), step.kwh) << step.metric;
    }
    EXPECT_EQ(book.event_kinds(), std::vector<std::string>{"counter_reset"});
    EXPECT_EQ(book.day_steps(), 10 + 1 + 1.25);
    EXPECT_EQ(book.samples().size(), steps.size());
}

TEST(LedgerCounters, TheWorkedSequence) {
    work_sequence(false);
}
// The same as payloads, through the decoder.
TEST(LedgerCounters, TheWorkedSequenceOfPayloads) {
    struct Step {
        std::string_view payload;
        double good, bad, kwh;
    };
    const std::vector<Step> steps = {
        {R"({"production_count_good":12.4,"electrical_kwh":15774.45})", 0, 0, 0},
        {R"({"production_count_good":15.4,"electrical_kwh":15775.45})", 3, 0, 1},
        {R"({"production_count":20.4})", 8, 0, 1},
        {R"({"production_count_good":20.4})", 8, 0, 1},
        {R"({"production_count_good":2})", 10, 0, 1},
        {R"({"production_complete_bad":1})", 10, 1, 1},
        {R"({"electrical_kwh_interval":0.25})", 10, 1, 1.25},
        {R"({"productive":true,"rssi":-61})", 10, 1, 1.25},
        {R"({"foo":1})", 10, 1, 1.25},
        {"not json", 10, 1, 1.25},
    };
    std::string problem;
    auto decoder = find_decoder("busroot")->make({}, problem);
    Book book;
    Decoded decoded;
    Time time = kNow;
    for (const Step& step : steps) {
        Incoming message{.topic = "busroot/v2/acme/signals/PRESS7",
                         .payload = step.payload,
                         .received = time += 60'000};
        decoded.clear();
        decoder->decode(message, decoded);
        book.ledger().add(decoded, message.received);
        book.restart();
        EXPECT_EQ(book.total("production_count_good"), step.good) << step.payload;
        EXPECT_EQ(book.total("production_complete_bad"), step.bad) << step.payload;
        EXPECT_EQ(book.total("electrical_kwh") + book.total("electrical_kwh_interval"), step.kwh)
            << step.payload;
    }
    EXPECT_EQ(book.event_kinds(), std::vector<std::string>{"counter_reset"});
}

TEST(LedgerCounters, TheWorkedSequenceWithRestarts) {
    work_sequence(true);
}

TEST(LedgerCounters, AFallToZeroIsAResetWithoutStep) {
    Book book;
    for (std::int64_t value : {15, 0, 4}) book.add(sample("n", SeriesKind::Counter, value));
    EXPECT_EQ(book.total("n"), 4);
    EXPECT_EQ(book.event_kinds(), std::vector<std::string>{"counter_reset"});
    EXPECT_EQ(book.events()[0].event.text, "n went from 15 to 0");
    EXPECT_EQ(book.events()[0].event.details,
              R"({"metric":"n","unit":"","previous":15,"value":0})");
}

TEST(LedgerCounters, AnotherMeterIsANewBaseline) {
    Book book;
    for (double value : {15774.45, 3.1, 4.2}) book.add(sample("kwh", SeriesKind::Meter, value));
    EXPECT_EQ(book.total("kwh"), 1.1);
    EXPECT_EQ(book.event_kinds(), std::vector<std::string>{"meter_replaced"});
}

TEST(LedgerCounters, AJumpCountsAndIsTold) {
    LedgerOptions options;
    options.counter_rate_max = 10;
    Book book(options);
    book.add(sample("n", SeriesKind::Counter, std::int64_t{15}));
    book.add(sample("n", SeriesKind::Counter, std::int64_t{25}));  // within the first second
    book.add(sample("n", SeriesKind::Counter, std::int64_t{125}, kNow + 10'000));
    EXPECT_TRUE(book.event_kinds().empty());
    book.add(sample("n", SeriesKind::Counter, std::int64_t{10'000'000}, kNow + 20'000));
    EXPECT_EQ(book.event_kinds(), std::vector<std::string>{"counter_jump"});
    EXPECT_EQ(book.total("n"), 9'999'985);
}

TEST(LedgerCounters, ALateReadingIsKeptAndMovesNothing) {
    Book book;
    book.add(sample("n", SeriesKind::Counter, std::int64_t{10}, kNow + 1000));
    book.add(sample("n", SeriesKind::Counter, std::int64_t{20}, kNow + 3000));
    book.add(sample("n", SeriesKind::Counter, std::int64_t{15}, kNow + 2000));
    book.add(sample("n", SeriesKind::Counter, std::int64_t{25}, kNow + 4000));
    EXPECT_EQ(book.total("n"), 15);
    EXPECT_TRUE(book.event_kinds().empty());
    EXPECT_EQ(book.samples().size(), 4u);
    EXPECT_EQ(book.series("n").last_time, kNow + 4000);
    EXPECT_EQ(book.ledger().counts().late_samples, 1u);
}

// The broker's clock was a year ahead for a while.
TEST(LedgerCounters, ABaselineOfAWrongClockHoldsNothingUp) {
    constexpr Time kYear = 365 * 24 * 3600 * Time{1000};
    Book book;
    book.add({sample("n", SeriesKind::Counter, std::int64_t{10}, kNow)});
    book.add({sample("n", SeriesKind::Counter, std::int64_t{12}, kNow + kYear)}, kNow + kYear);
    book.add({sample("n", SeriesKind::Counter, std::int64_t{15}, kNow + 1000)}, kNow + 1000);
    book.add({sample("n", SeriesKind::Counter, std::int64_t{19}, kNow + 2000)}, kNow + 2000);
    EXPECT_EQ(book.total("n"), 9);
    EXPECT_EQ(book.series("n").last_time, kNow + 2000);
    EXPECT_EQ(std::get<std::int64_t>(book.series("n").last_value), 19);
    EXPECT_EQ(book.ledger().counts().late_samples, 0u);
}

TEST(LedgerCounters, IncrementsCountWheneverTheyCome) {
    Book book;
    book.add({sample("n", SeriesKind::Increment, std::int64_t{1}, kNow + 5),
              sample("n", SeriesKind::Increment, std::int64_t{1}, kNow + 5),
              sample("n", SeriesKind::Increment, std::int64_t{1}, kNow)});
    EXPECT_EQ(book.total("n"), 3);
    EXPECT_EQ(book.samples().size(), 3u);
    EXPECT_EQ(book.day_steps(), 3);
}

TEST(LedgerCounters, LargeIntegersAreSubtractedAsIntegers) {
    Book book;
    std::int64_t large = (std::int64_t{1} << 60) + 1;
    book.add(sample("n", SeriesKind::Counter, large));
    book.add(sample("n", SeriesKind::Counter, large + 2));
    EXPECT_EQ(book.total("n"), 2);
}

TEST(LedgerCounters, ExtremeReadingsDoNoHarm) {
    Book book;
    for (std::int64_t value : {INT64_MIN, INT64_MAX, std::int64_t{-5}, INT64_MIN})
        book.add(sample("n", SeriesKind::Counter, value));
    for (double value : {-1e308, 1e308, -1e308, 1e-308, 5e-324, 0.0})
        book.add(sample("x", SeriesKind::Counter, value));
    EXPECT_TRUE(std::isfinite(book.total("n")));
    EXPECT_TRUE(std::isfinite(book.total("x")));
}

TEST(LedgerCounters, AnotherUnitOrKindIsANewBaseline) {
    Book book;
    Sample meter = sample("e", SeriesKind::Meter, 5000.0);
    meter.unit = "Wh";
    book.add(meter);
    meter.unit = "kWh";
    meter.value = 5.5;
    book.add(meter);
    meter.value = 6.0;
    book.add(meter);
    EXPECT_EQ(book.total("e"), 0.5);
    EXPECT_EQ(book.series("e").unit, "kWh");
    meter.kind = SeriesKind::Counter;
    meter.value = 100.0;
    book.add(meter);
    EXPECT_EQ(book.total("e"), 0.5);
    EXPECT_TRUE(book.event_kinds().empty());
}

Sample of(UnitSource source, std::string unit, SeriesKind kind, Value value, Time time = kNow) {
    Sample one = sample("t", kind, std::move(value), time);
    one.unit = std::move(unit);
    one.unit_source = source;
    return one;
}

TEST(LedgerTrust, LessTrustedNeverReplacesUnitOrKind) {
    const std::array kOrder = {UnitSource::Assumed, UnitSource::Mapped, UnitSource::Declared,
                               UnitSource::Stated, UnitSource::Operator};
    for (UnitSource first : kOrder) {
        for (UnitSource second : kOrder) {
            Book book;
            book.add(of(first, "°F", SeriesKind::Gauge, 70.0));
            book.add(of(second, "°C", SeriesKind::Counter, 21.0));
            bool is_replaced = second >= first;
            const SeriesRow& row = book.series("t");
            EXPECT_EQ(row.unit, is_replaced ? "°C" : "°F");
            EXPECT_EQ(row.kind, is_replaced ? SeriesKind::Counter : SeriesKind::Gauge);
            EXPECT_EQ(row.unit_source, is_replaced ? second : first);
            EXPECT_EQ(book.samples().size(), 2u) << "the value counts in any case";
        }
    }
}

TEST(LedgerTrust, IsKeptOverARestart) {
    Book book;
    book.add(of(UnitSource::Declared, "°F", SeriesKind::Gauge, 70.0));
    book.restart();
    book.add(of(UnitSource::Assumed, "°C", SeriesKind::Gauge, 71.0));
    EXPECT_EQ(book.series("t").unit, "°F");
    EXPECT_EQ(book.series("t").unit_source, UnitSource::Declared);
}

// A person who takes a word back is obeyed as well.
TEST(LedgerTrust, TheOperatorsWordCountsAsLongAsItIsSaid) {
    for (bool restarts : {true, false}) {
        Book book;
        book.add(of(UnitSource::Operator, "mmHg", SeriesKind::Gauge, 750.0));
        book.add(of(UnitSource::Stated, "hPa", SeriesKind::Gauge, 750.0));
        EXPECT_EQ(book.series("t").unit, "mmHg");
        if (restarts) {
            book.restart();
        } else {
            book.ledger().doubt_operator_units();
        }
        EXPECT_EQ(book.series("t").unit, "mmHg");
        book.add(of(UnitSource::Mapped, "hPa", SeriesKind::Gauge, 750.0));
        EXPECT_EQ(book.series("t").unit, "hPa");
        EXPECT_EQ(book.series("t").unit_source, UnitSource::Mapped);
    }
}

TEST(LedgerTrust, AMetersBaselineBeginsAgainWithABetterUnit) {
    Book book;
    book.add(of(UnitSource::Assumed, "kWh", SeriesKind::Meter, 5000.0));
    book.add(of(UnitSource::Declared, "Wh", SeriesKind::Meter, 5001.0, kNow + 1));
    book.add(of(UnitSource::Assumed, "kWh", SeriesKind::Meter, 5004.0, kNow + 2));
    EXPECT_EQ(book.total("t"), 3);
    EXPECT_EQ(book.series("t").unit, "Wh");
}

TEST(LedgerStates, ATextAmongNumbersChangesNothing) {
    Book book;
    auto kind = [&] { return book.series("t").kind; };
    book.add(of(UnitSource::Assumed, "°C", SeriesKind::Gauge, 21.0));
    book.add(of(UnitSource::Assumed, "", SeriesKind::State, std::string("unavailable")));
    EXPECT_EQ(kind(), SeriesKind::Gauge);
    EXPECT_EQ(book.series("t").unit, "°C") << "a text takes no unit away";
    EXPECT_EQ(std::get<std::string>(book.series("t").last_value), "unavailable");
    book.add(of(UnitSource::Assumed, "°C", SeriesKind::Gauge, 22.0));
    EXPECT_EQ(kind(), SeriesKind::Gauge);
    EXPECT_EQ(book.samples().size(), 3u);
}

TEST(LedgerStates, NumbersAmongTextsAreStates) {
    Book book;
    auto kind = [&] { return book.series("t").kind; };
    book.add(of(UnitSource::Assumed, "", SeriesKind::State, std::string("auto")));
    book.add(of(UnitSource::Assumed, "", SeriesKind::Gauge, 2.0));
    EXPECT_EQ(kind(), SeriesKind::State);
    book.add(of(UnitSource::Assumed, "", SeriesKind::State, std::int64_t{1}));
    EXPECT_EQ(kind(), SeriesKind::State);
    // A number with a unit was never a state: the text before it said that it was not there yet.
    book.add(of(UnitSource::Assumed, "°C", SeriesKind::Gauge, 22.0));
    EXPECT_EQ(kind(), SeriesKind::Gauge);
    // Whoever knows better may say so.
    book.add(of(UnitSource::Declared, "", SeriesKind::State, std::int64_t{1}));
    EXPECT_EQ(kind(), SeriesKind::State);
    EXPECT_EQ(book.samples().size(), 5u);
}

TEST(LedgerStates, ATextFromAMeterIsNoReading) {
    Book book;
    book.add(of(UnitSource::Mapped, "kWh", SeriesKind::Meter, 5.0));
    book.add(of(UnitSource::Mapped, "", SeriesKind::State, std::string("n/a"), kNow + 1));
    book.add(of(UnitSource::Mapped, "kWh", SeriesKind::Meter, 7.0, kNow + 2));
    EXPECT_EQ(book.total("t"), 2);
    EXPECT_EQ(book.dropped(Drop::TextForNumber), 1u);
}

TEST(LedgerTimes, ASeriesSaysWhetherItsTimeWasTold) {
    Book book;
    auto time_source = [&] { return book.series("t").time_source; };
    book.add(of(UnitSource::Mapped, "", SeriesKind::Gauge, 1.0, kNow));
    EXPECT_EQ(time_source(), TimeSource::Arrival);
    book.add({of(UnitSource::Mapped, "", SeriesKind::Gauge, 1.0, kNow + 5)}, kNow + 9);
    EXPECT_EQ(time_source(), TimeSource::Payload);
    // Older than the newest: that one's time was told.
    book.add({of(UnitSource::Mapped, "", SeriesKind::Gauge, 1.0, kNow + 1)}, kNow + 1);
    EXPECT_EQ(time_source(), TimeSource::Payload);
    // No time that can be, and so the arrival's.
    book.add({of(UnitSource::Mapped, "", SeriesKind::Gauge, 1.0, -5)}, kNow + 20);
    EXPECT_EQ(time_source(), TimeSource::Arrival);
}

TEST(LedgerCounters, ResetsAreToldSoOftenAndCountedAlways) {
    LedgerOptions options;
    options.counter_events_per_hour = 3;
    Book book(options);
    for (int i = 0; i < 20; i++)
        book.add(sample("n", SeriesKind::Counter, std::int64_t{i % 2 ? 1 : 2}));
    EXPECT_EQ(book.event_kinds().size(), 3u);
    EXPECT_EQ(book.ledger().counts().counter_resets, 10u);
    book.add({sample("n", SeriesKind::Counter, std::int64_t{0})}, kNow + 3'600'000);
    EXPECT_EQ(book.event_kinds().size(), 4u);
}

// The decimal text is the truth: steps and sums are what one gets on paper.
TEST(LedgerDecimal, RandomDecimalsAreExact) {
    std::mt19937_64 random(11);
    for (int i = 0; i < 200'000; i++) {
        auto decimals = random() % 7;
        auto reading = [&] { return static_cast<std::int64_t>(random() % 100'000'000'000); };
        std::int64_t a = reading(), b = reading();
        auto as_read = [&](std::int64_t scaled) {
            std::string text = std::to_string(scaled) + "e-" + std::to_string(decimals);
            double number = 0;
            std::from_chars(text.data(), text.data() + text.size(), number);
            return number;
        };
        ASSERT_EQ(decimal_difference(as_read(a), as_read(b)), as_read(a - b)) << a << ' ' << b;
        ASSERT_EQ(decimal_sum(as_read(a), as_read(b)), as_read(a + b)) << a << ' ' << b;
    }
}

TEST(LedgerDecimal, NumbersThatAreNoDecimalsAreAddedAsTheyAre) {
    EXPECT_EQ(decimal_difference(15.4, 12.4), 3);
    EXPECT_EQ(decimal_difference(15775.45, 15774.45), 1);
    EXPECT_EQ(decimal_difference(1.0 / 3, 1.0 / 7), 1.0 / 3 - 1.0 / 7);
    EXPECT_EQ(decimal_difference(1e300, 1.0), 1e300);
    EXPECT_EQ(decimal_sum(1e-300, 1.0), 1.0);
}

TEST(LedgerDecimal, AMillionTenthsAreAHundredThousand) {
    Book book;
    std::vector<Sample> samples(1000, sample("n", SeriesKind::Increment, 0.1));
    for (int i = 0; i < 1000; i++) book.add(samples);
    EXPECT_EQ(book.total("n"), 100'000);
}

}  // namespace
}  // namespace martlet::telemetry
