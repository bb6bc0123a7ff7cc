// What every telemetry store keeps and gives back, held against SQLite and PostgreSQL alike.

#include "tests/telemetry/store_fixture.h"

#include <bit>
#include <cmath>
#include <limits>

namespace martlet::telemetry {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Bit for bit: 0.0 is not -0.0; one that is no number equals another.
bool is_same(const Value& a, const Value& b) {
    const auto* x = std::get_if<double>(&a);
    const auto* y = std::get_if<double>(&b);
    if (x == nullptr || y == nullptr) return a == b;
    return std::isnan(*x) ? std::isnan(*y)
                          : std::bit_cast<std::uint64_t>(*x) == std::bit_cast<std::uint64_t>(*y);
}

class StoreContract : public StoreFixture {};

TEST_P(StoreContract, ANewOneIsEmpty) {
    auto contents = writer_->load();
    ASSERT_TRUE(contents.ok()) << contents.error().text;
    EXPECT_TRUE(contents.value().sources.empty());
    EXPECT_TRUE(contents.value().series.empty());
    EXPECT_TRUE(contents.value().applied.empty());
    auto sources = reader_->sources();
    ASSERT_TRUE(sources.ok());
    EXPECT_TRUE(sources.value().empty());
    EXPECT_TRUE(samples().empty());
    EXPECT_TRUE(events().empty());
    EXPECT_TRUE(reader_->last_positions([](const auto&) { return true; }).ok());
    EXPECT_EQ(prune({}), 1);
}

TEST_P(StoreContract, SourcesComeBackAndAreReplacedWithTheirFacts) {
    WriteBatch batch;
    batch.sources = {source_row(2, "!b"), source_row(1, "!a")};
    write(batch);
    batch.sources = {source_row(1, "!a")};
    batch.sources[0].name = "";
    batch.sources[0].last_seen = kNoon + 9;
    batch.sources[0].facts = {{"role", ""}};
    write(batch);
    reopen();
    auto contents = writer_->load();
    ASSERT_TRUE(contents.ok()) << contents.error().text;
    auto read = reader_->sources();
    ASSERT_TRUE(read.ok()) << read.error().text;
    for (const auto& sources : {contents.value().sources, read.value()}) {
        ASSERT_EQ(sources.size(), 2u);
        EXPECT_EQ(sources[0].key, 1);
        EXPECT_EQ(sources[0].source, (SourceId{"mesh node", "!a"}));
        EXPECT_EQ(sources[0].name, "");
        EXPECT_EQ(sources[0].first_seen, kNoon);
        EXPECT_EQ(sources[0].last_seen, kNoon + 9);
        EXPECT_EQ(sources[0].facts, (decltype(sources[0].facts){{"role", ""}}));
        EXPECT_EQ(sources[1].name, "Björn \xf0\x9f\x90\xbb");
        EXPECT_EQ(sources[1].facts, source_row(2, "!b").facts);
    }
}

TEST_P(StoreContract, OneSourceIsFoundByKeyAndByName) {
    WriteBatch batch;
    batch.sources = {source_row(1, "!1"), source_row(2, "!2"), source_row(3, "!3")};
    batch.sources[1].facts.clear();
    batch.sources[2].source.kind = "lowi";
    batch.sources[2].silent_since = 0;
    batch.sources[2].interval_ms = 0;
    write(batch);
    for (const SourceRow& wanted : batch.sources) {
        auto by_key = reader_->one_source(wanted.key);
        ASSERT_TRUE(by_key.ok() && by_key.value()) << wanted.key;
        EXPECT_EQ(by_key.value()->source, wanted.source);
        EXPECT_EQ(by_key.value()->name, wanted.name);
        EXPECT_EQ(by_key.value()->facts, wanted.facts);
        EXPECT_EQ(by_key.value()->silent_since, wanted.silent_since);
        EXPECT_EQ(by_key.value()->interval_ms, wanted.interval_ms);
        auto by_name = reader_->one_source(wanted.source);
        ASSERT_TRUE(by_name.ok() && by_name.value()) << wanted.key;
        EXPECT_EQ(by_name.value()->key, wanted.key);
        EXPECT_EQ(by_name.value()->facts, wanted.facts);
    }
    EXPECT_FALSE(reader_->one_source(4).value());
    EXPECT_FALSE(reader_->one_source(SourceId{"lowi", "!1"}).value());
    EXPECT_FALSE(reader_->one_source(SourceId{}).value());
}

TEST_P(StoreContract, SeriesComeBackAsTheyWere) {
    WriteBatch batch;
    batch.series = {series_row(1, 1, 21.5), series_row(2, 1, INT64_MIN),
                    series_row(3, 2, std::string("open"))};
    batch.series[1].kind = SeriesKind::Increment;
    batch.series[2].kind = SeriesKind::State;
    write(batch);
    batch.series = {series_row(1, 1, -0.0)};
    batch.series[0].last_time = kNoon + 60'000;
    batch.series[0].total = 1e300;
    batch.series[0].unit_source = UnitSource::Operator;
    batch.series[0].time_source = TimeSource::Arrival;
    write(batch);
    reopen();
    auto contents = writer_->load();
    ASSERT_TRUE(contents.ok());
    ASSERT_EQ(contents.value().series.size(), 3u);
    auto all = reader_->series(std::nullopt);
    ASSERT_TRUE(all.ok());
    ASSERT_EQ(all.value().size(), 3u);
    EXPECT_TRUE(is_same(all.value()[0].last_value, -0.0));
    EXPECT_EQ(all.value()[0].last_time, kNoon + 60'000);
    EXPECT_EQ(all.value()[0].total, 1e300);
    EXPECT_EQ(all.value()[0].kind, SeriesKind::Meter);
    EXPECT_EQ(all.value()[0].unit_source, UnitSource::Operator);
    EXPECT_EQ(all.value()[0].time_source, TimeSource::Arrival);
    EXPECT_EQ(all.value()[0].unit, "°C");
    EXPECT_EQ(all.value()[1].last_value, Value(INT64_MIN));
    EXPECT_EQ(all.value()[1].kind, SeriesKind::Increment);
    EXPECT_EQ(all.value()[1].total, 0.1 + 0.2);
    EXPECT_EQ(all.value()[1].unit_source, UnitSource::Declared);
    EXPECT_EQ(all.value()[1].time_source, TimeSource::Payload);
    EXPECT_EQ(contents.value().series[1].time_source, TimeSource::Payload);
    EXPECT_EQ(all.value()[2].last_value, Value(std::string("open")));
    EXPECT_EQ(all.value()[2].kind, SeriesKind::State);
    auto of_source = reader_->series(2);
    ASSERT_TRUE(of_source.ok());
    ASSERT_EQ(of_source.value().size(), 1u);
    EXPECT_EQ(of_source.value()[0].key, 3);
    auto one = reader_->one_series(2);
    ASSERT_TRUE(one.ok());
    ASSERT_TRUE(one.value().has_value());
    EXPECT_EQ(one.value()->metric, "temperature");
    auto none = reader_->one_series(4);
    ASSERT_TRUE(none.ok());
    EXPECT_FALSE(none.value().has_value());
}

TEST_P(StoreContract, ValuesAreExact) {
    using Limits = std::numeric_limits<double>;
    std::vector<Value> values = {std::int64_t{0},
                                 std::int64_t{1},
                                 std::int64_t{-1},
                                 INT64_MAX,
                                 INT64_MIN,
                                 (std::int64_t{1} << 53) + 1,
                                 0.0,
                                 -0.0,
                                 1.0,
                                 5.0,
                                 0.1,
                                 1.0 / 3,
                                 Limits::min(),
                                 Limits::denorm_min(),
                                 Limits::max(),
                                 Limits::lowest(),
                                 Limits::infinity(),
                                 -Limits::infinity(),
                                 kNan,
                                 std::string(),
                                 std::string("on"),
                                 std::string("NULL"),
                                 std::string("\\N"),
                                 std::string("tab\tline\nreturn\rquote'\"\\ åäö \xe2\x82\xac"),
                                 std::string(100'000, 'x')};
    std::vector<SampleRow> written;
    for (std::size_t i = 0; i < values.size(); ++i) {
        written.push_back({1, kNoon + static_cast<Time>(i), values[i]});
    }
    write_samples(written);
    reopen();
    auto read = samples();
    ASSERT_EQ(read.size(), values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        EXPECT_EQ(read[i].time, written[i].time);
        EXPECT_EQ(read[i].value.index(), values[i].index()) << i;
        EXPECT_TRUE(is_same(read[i].value, values[i])) << i;
    }
}

TEST_P(StoreContract, TimesMayBeAnything) {
    write_samples({{1, INT64_MAX - 1, std::int64_t{4}},
                   {1, -1, std::int64_t{1}},
                   {1, 0, std::int64_t{2}},
                   {1, 4'102'444'800'000, std::int64_t{3}},
                   {1, INT64_MIN, std::int64_t{0}}});
    auto read = samples();
    ASSERT_EQ(read.size(), 5u);
    for (std::int64_t i = 0; i < 5; ++i) {
        EXPECT_EQ(read[static_cast<std::size_t>(i)].value, Value(i));
    }
}

// Two increments of one millisecond both count.
TEST_P(StoreContract, SamplesOfOneMillisecondAreAllKeptInTheirOrder) {
    write_samples(
        {{1, kNoon, std::int64_t{1}}, {2, kNoon, std::int64_t{9}}, {1, kNoon, std::int64_t{2}}});
    write_samples({{1, kNoon, std::int64_t{2}},
                   {1, kNoon + 1, std::int64_t{6}},
                   {1, kNoon, std::int64_t{2}}});
    write_samples({{1, kNoon, std::int64_t{5}}});
    std::vector<std::int64_t> values;
    for (const auto& row : samples()) values.push_back(std::get<std::int64_t>(row.value));
    EXPECT_EQ(values, (std::vector<std::int64_t>{1, 2, 2, 2, 5, 6}));
    EXPECT_EQ(samples(2).size(), 1u);
}

TEST_P(StoreContract, RangesAreHalfOpen) {
    write_samples({{1, 10, 1.0}, {1, 20, 2.0}, {1, 30, 3.0}});
    auto read = samples(1, {10, 30});
    ASSERT_EQ(read.size(), 2u);
    EXPECT_EQ(read[0].time, 10);
    EXPECT_EQ(read[1].time, 20);
    EXPECT_TRUE(samples(1, {30, 10}).empty());
    EXPECT_TRUE(samples(3).empty());
}

TEST_P(StoreContract, ASinkSaysWhenItHasEnough) {
    write_samples({{1, 10, 1.0}, {1, 20, 2.0}, {1, 30, 3.0}});
    for (int again = 0; again < 2; ++again) {
        int count = 0;
        auto done = reader_->samples(1, {}, [&](const SampleRow&) { return ++count < 2; });
        EXPECT_TRUE(done.ok());
        EXPECT_EQ(count, 2);
    }
    EXPECT_EQ(samples().size(), 3u);
}

TEST_P(StoreContract, RollupsAreMerged) {
    WriteBatch batch;
    auto row = rollup_row(3'600'000, 5);
    row.last_time += 100;
    row.last = 6;
    row.max = 6;
    row.sum = 11;
    row.count = 2;
    batch.rollups = {rollup_row(7'200'000, 1.5), row};
    write(batch);
    // Earlier, lower, and with another first.
    row = rollup_row(3'600'000, -2);
    row.first_time -= 5;
    row.last_time -= 5;
    batch.rollups = {row};
    write(batch);
    // Of the same time as the last one: it came later.
    row = rollup_row(3'600'000, 3);
    row.first_time += 100;
    row.last_time += 100;
    batch.rollups = {row};
    write(batch);
    auto read = rollups(Rollup::Hour);
    ASSERT_EQ(read.size(), 2u);
    EXPECT_EQ(read[0].begins, 3'600'000);
    EXPECT_EQ(read[0].count, 4);
    EXPECT_EQ(read[0].min, -2);
    EXPECT_EQ(read[0].max, 6);
    EXPECT_EQ(read[0].sum, 12);
    EXPECT_EQ(read[0].first_time, 3'600'005);
    EXPECT_EQ(read[0].first, -2);
    EXPECT_EQ(read[0].last_time, 3'600'110);
    EXPECT_EQ(read[0].last, 3);
    EXPECT_EQ(read[0].step, 3);
    EXPECT_EQ(read[1].sum, 1.5);
    EXPECT_EQ(read[1].width, Rollup::Hour);
    EXPECT_TRUE(rollups(Rollup::Day).empty());
    EXPECT_EQ(rollups(Rollup::Hour, {3'600'001, 7'200'001}).size(), 1u);
    EXPECT_EQ(rollups(Rollup::Hour, {0, 7'200'000}).size(), 1u);
}

TEST_P(StoreContract, PositionsComeBackAndTheLastOfEach) {
    WriteBatch batch;
    batch.sources = {source_row(1, "!a"), source_row(2, "!b"), source_row(3, "!c")};
    batch.positions = {position_row(1, 20, 59.3293235), position_row(1, 10, 58),
                       position_row(2, 15, -33.8), position_row(1, 20, 60)};
    batch.positions[0].position.altitude_m = 28.5;
    batch.positions[0].position.uncertainty_m = 0;
    write(batch);
    auto read = positions(1);
    ASSERT_EQ(read.size(), 3u);
    EXPECT_EQ(read[0].position.time, 10);
    EXPECT_EQ(read[1].position.latitude, 59.3293235);
    EXPECT_EQ(read[1].position.longitude, -17.25);
    EXPECT_EQ(read[1].position.altitude_m, 28.5);
    EXPECT_EQ(read[1].position.uncertainty_m, 0);
    EXPECT_TRUE(std::isnan(read[1].position.speed_kmh));
    EXPECT_TRUE(std::isnan(read[1].position.heading_deg));
    EXPECT_TRUE(std::isnan(read[0].position.altitude_m));
    EXPECT_EQ(positions(1, {10, 20}).size(), 1u);
    std::vector<PositionRow> last;
    auto done = reader_->last_positions([&](const PositionRow& row) {
        last.push_back(row);
        return true;
    });
    ASSERT_TRUE(done.ok()) << done.error().text;
    ASSERT_EQ(last.size(), 2u);
    EXPECT_EQ(last[0].source, 1);
    EXPECT_EQ(last[0].position.latitude, 60);
    EXPECT_EQ(last[1].position.latitude, -33.8);
}

TEST_P(StoreContract, EventsAreFoundNewestFirst) {
    WriteBatch batch;
    batch.events = {event_row(1, 10, "text"), event_row(2, 30, "emergency"),
                    event_row(0, 20, "text"), event_row(1, 30, "offline")};
    batch.events[2].acknowledged = 25;
    batch.events[2].acknowledged_by = "anna";
    write(batch);
    auto all = events();
    ASSERT_EQ(all.size(), 4u);
    EXPECT_EQ(all[0].event.kind, "offline");
    EXPECT_EQ(all[1].event.kind, "emergency");
    EXPECT_EQ(all[1].event.severity, Severity::Critical);
    EXPECT_EQ(all[1].event.text, "help");
    EXPECT_EQ(all[1].event.details, R"({"to":"!ffffffff"})");
    EXPECT_EQ(all[2].acknowledged, 25);
    EXPECT_EQ(all[2].acknowledged_by, "anna");
    EXPECT_EQ(all[3].event.time, 10);
    EXPECT_EQ(events({.kind = "text"}).size(), 2u);
    EXPECT_EQ(events({.source = 1}).size(), 2u);
    EXPECT_EQ(events({.source = 0}).size(), 1u);
    EXPECT_EQ(events({.source = 1, .kind = "text"}).size(), 1u);
    EXPECT_EQ(events({.range = {20, 30}}).size(), 1u);
    EXPECT_EQ(events({.only_unacknowledged = true}).size(), 3u);
    EXPECT_EQ(events({.source = 0, .only_unacknowledged = true}).size(), 0u);
    auto newest = events({.limit = 1});
    ASSERT_EQ(newest.size(), 1u);
    EXPECT_EQ(newest[0].key, all[0].key);
}

TEST_P(StoreContract, RawMessagesAreARingOfBytes) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    WriteBatch batch;
    batch.raw = {raw_row(1, 1, "oldest"), raw_row(1, 2, ""), raw_row(1, 3, bytes),
                 raw_row(0, 1, "nobody's")};
    write(batch);
    EXPECT_EQ(payloads(1), (std::vector<std::string>{bytes, "", "oldest"}));
    EXPECT_EQ(payloads(1, 1), (std::vector<std::string>{bytes}));
    prune({.raw_kept = 2});
    EXPECT_EQ(payloads(1), (std::vector<std::string>{bytes, ""}));
    EXPECT_EQ(payloads(0), (std::vector<std::string>{"nobody's"}));
    auto done = reader_->raw(1, 1, [](const RawRow& row) {
        EXPECT_EQ(row.source, 1);
        EXPECT_EQ(row.time, 3);
        EXPECT_EQ(row.topic, "msh/EU_868/2/e/LongFast/!1");
        EXPECT_EQ(row.problem, "not JSON");
        return true;
    });
    EXPECT_TRUE(done.ok());
    prune({.raw_kept = 0});
    EXPECT_TRUE(payloads(1).empty());
    EXPECT_TRUE(payloads(0).empty());
}

// Text of every kind that a device may send in a name. What is not UTF-8, or holds a 0, may come
// back mended, but it never costs the batch.
TEST_P(StoreContract, RawMessagesOfAProblemAreFoundInPiecesAndMended) {
    WriteBatch batch;
    for (int i = 0; i < 10; i++) {
        batch.raw.push_back(raw_row(i % 2, kNoon + i, std::string("\0x", 2) + std::to_string(i)));
        batch.raw.back().problem = i % 3 == 0 ? "unknown key" : "";
    }
    write(batch);
    std::vector<RawRow> found;
    auto look = [&](std::int64_t after, std::size_t limit) {
        auto last = reader_->raw_with_problem("unknown key", after, limit, [&](const RawRow& row) {
            found.push_back(row);
            return true;
        });
        EXPECT_TRUE(last.ok()) << last.error().text;
        return last.ok() ? last.value() : 0;
    };
    std::int64_t after = 0;
    int pieces = 0;
    for (std::int64_t last = look(0, 4); last != 0; last = look(after, 4)) {
        EXPECT_GT(last, after);
        after = last;
        pieces++;
    }
    EXPECT_EQ(pieces, 3);
    ASSERT_EQ(found.size(), 4u);
    for (std::size_t i = 0; i < found.size(); i++) {
        EXPECT_EQ(found[i].payload, std::string("\0x", 2) + std::to_string(3 * i));
        EXPECT_EQ(found[i].time, kNoon + static_cast<Time>(3 * i));
        EXPECT_EQ(found[i].source, static_cast<SourceKey>(i % 2));
        EXPECT_EQ(found[i].topic, batch.raw[0].topic);
    }
    batch.clear();
    batch.raw_mends = {{found[0].key, "", false},
                       {found[1].key, "packet is not sound", false},
                       {found[2].key, "", true},
                       {987'654, "is gone", false}};
    write(batch);
    found.clear();
    look(0, 1000);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].payload, std::string("\0x9", 3));
    EXPECT_EQ(payloads(0).size(), 4u) << "one was removed";
    EXPECT_EQ(payloads(1).size(), 5u);
}

TEST_P(StoreContract, TextThatIsNoTextCostsNoBatch) {
    WriteBatch batch;
    std::string odd("a\0b\xff\xc3z", 6);
    batch.sources = {source_row(1, odd)};
    batch.sources[0].facts = {{odd, odd}, {odd + "2", odd}};
    batch.series = {series_row(1, 1, odd)};
    batch.series[0].metric = odd;
    batch.samples = {{1, 1, odd}};
    batch.events = {event_row(1, 1, odd)};
    batch.raw = {raw_row(1, 1, odd)};
    batch.raw[0].topic = odd;
    batch.applied = {{"tap", 1}};
    write(batch);
    auto sources = reader_->sources();
    ASSERT_TRUE(sources.ok());
    ASSERT_EQ(sources.value().size(), 1u);
    EXPECT_EQ(sources.value()[0].source.id.substr(0, 1), "a");
    EXPECT_EQ(sources.value()[0].facts.size(), 2u);
    EXPECT_EQ(samples().size(), 1u);
    EXPECT_EQ(payloads(1), (std::vector<std::string>{odd}));
}

TEST_P(StoreContract, TextIsNeverReadAsSql) {
    std::string evil = "'; DROP TABLE sample; --\t\\.\n\\N";
    WriteBatch batch;
    batch.sources = {source_row(1, evil)};
    batch.sources[0].facts = {{evil, evil}};
    batch.samples = {{1, 1, evil}};
    batch.events = {event_row(1, 1, evil)};
    batch.applied = {{evil, 3}};
    write(batch);
    EXPECT_EQ(samples()[0].value, Value(evil));
    EXPECT_EQ(events({.kind = evil}).size(), 1u);
    EXPECT_EQ(events({.kind = "' OR ''='"}).size(), 0u);
    auto contents = writer_->load();
    ASSERT_TRUE(contents.ok());
    EXPECT_EQ(contents.value().sources[0].source.id, evil);
    EXPECT_EQ(contents.value().sources[0].facts[0].second, evil);
    EXPECT_EQ(contents.value().applied[0].tap, evil);
}

TEST_P(StoreContract, AnEmptyBatchIsWritten) {
    write({});
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(&sqlite_backend));
INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract, testing::Values(&postgres_backend));

}  // namespace
}  // namespace martlet::telemetry
