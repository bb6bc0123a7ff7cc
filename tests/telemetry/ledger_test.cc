#include "telemetry/ledger.h"

#include "tests/telemetry/ledger_book.h"

#include <limits>
#include <string>
#include <vector>

namespace martlet::telemetry {
namespace {

TEST(LedgerSources, KeysGoOnWhereTheStoreStands) {
    StoreContents contents;
    contents.sources.push_back({.key = 41, .source = kPress, .name = "", .facts = {}});
    contents.series.push_back(
        {.key = 70, .source = 41, .metric = "a", .unit = "", .last_value = {}});
    Ledger ledger(contents);
    Decoded decoded;
    decoded.samples = {sample("a", SeriesKind::Gauge, 1.0), sample("b", SeriesKind::Gauge, 1.0)};
    decoded.samples.push_back(decoded.samples[0]);
    decoded.samples.back().source.id = "acme/OTHER";
    ledger.add(decoded, kNow);
    const WriteBatch& batch = ledger.batch();
    ASSERT_EQ(batch.series.size(), 3u);
    EXPECT_EQ(batch.series[0].key, 70);
    EXPECT_EQ(batch.series[1].key, 71);
    EXPECT_EQ(batch.series[2].key, 72);
    EXPECT_EQ(batch.series[2].source, 42);
    EXPECT_EQ(ledger.key_of(kPress), 41);
    EXPECT_EQ(ledger.key_of({"station", "acme/OTHER"}), 42);
    EXPECT_EQ(ledger.key_of({"station", "nobody"}), 0);
}

TEST(LedgerSources, KindAndIdTogetherAreTheName) {
    Ledger ledger({});
    Decoded decoded;
    for (const SourceId& source : {SourceId{"a", "bc"}, SourceId{"ab", "c"}, SourceId{"", "abc"}})
        decoded.notes.push_back({source, "", {}});
    ledger.add(decoded, kNow);
    EXPECT_EQ(ledger.source_count(), 3u);
}

TEST(LedgerSources, FactsAreMergedAndAnEmptyTextRemoves) {
    Book book;
    book.add_note({kPress, "Press 7", {{"role", "press"}, {"hall", "2"}}});
    book.restart();
    book.add_note({kPress, "", {{"hall", "3"}, {"role", ""}, {"absent", ""}, {"area", "north"}}});
    book.commit();
    ASSERT_EQ(book.contents().sources.size(), 1u);
    const SourceRow& row = book.contents().sources[0];
    EXPECT_EQ(row.name, "Press 7");
    std::vector<std::pair<std::string, std::string>> facts = {{"area", "north"}, {"hall", "3"}};
    EXPECT_EQ(row.facts, facts);
    EXPECT_EQ(row.first_seen, kNow);
    EXPECT_EQ(row.last_seen, kNow);
}

TEST(LedgerSources, AForgottenSourceComesBackAsANewOne) {
    Book book;
    book.add({sample("a", SeriesKind::Counter, std::int64_t{5}),
              sample("b", SeriesKind::Counter, std::int64_t{5})});
    SourceKey key = book.ledger().key_of(kPress);
    book.ledger().keep_raw(kPress, {.topic = "t", .payload = "p"}, "");
    book.ledger().forget(key);
    EXPECT_EQ(book.ledger().key_of(kPress), 0);
    EXPECT_EQ(book.ledger().series_count(), 0u);
    EXPECT_TRUE(book.ledger().batch().is_empty());
    book.add(sample("a", SeriesKind::Counter, std::int64_t{9}));
    EXPECT_EQ(book.total("a"), 0);
    EXPECT_GT(book.ledger().key_of(kPress), key);
    book.ledger().forget(12345);
    EXPECT_EQ(book.ledger().source_count(), 1u);
}

TEST(LedgerBounds, WhatIsTooMuchIsDroppedAndCounted) {
    LedgerOptions options;
    options.sources_max = 2;
    options.series_max = 4;
    options.series_per_source_max = 3;
    options.metric_bytes_max = 8;
    options.facts_per_source_max = 1;
    Book book(options);
    for (int i = 0; i < 10; i++) book.add(sample("m" + std::to_string(i), SeriesKind::Gauge, 1.0));
    EXPECT_EQ(book.dropped(Drop::TooManySeriesOfSource), 7u);
    for (const char* id : {"b", "c"}) {
        Sample other = sample("m0", SeriesKind::Gauge, 1.0);
        other.source.id = id;
        book.add(other);
        other.metric = "m1";
        book.add(other);
    }
    EXPECT_EQ(book.dropped(Drop::TooManySeries), 1u);
    EXPECT_EQ(book.dropped(Drop::TooManySources), 2u);
    book.add(sample("far too long", SeriesKind::Gauge, 1.0));
    book.add(sample("", SeriesKind::Gauge, 1.0));
    EXPECT_EQ(book.dropped(Drop::BadMetric), 2u);
    book.add_note({kPress, "", {{"a", "1"}, {"b", "2"}, {"a", "3"}}});
    EXPECT_EQ(book.dropped(Drop::TooManyFacts), 1u);
    // What is known goes on.
    book.add(sample("m0", SeriesKind::Gauge, 2.0));
    EXPECT_EQ(std::get<double>(book.series("m0").last_value), 2.0);
    EXPECT_EQ(book.ledger().counts().samples, 3 + 1 + 1u);
}

TEST(LedgerBounds, WhatIsNoValueIsDropped) {
    Book book;
    book.add(sample("a", SeriesKind::Gauge, std::numeric_limits<double>::quiet_NaN()));
    book.add(sample("a", SeriesKind::Gauge, std::numeric_limits<double>::infinity()));
    EXPECT_EQ(book.dropped(Drop::NotFinite), 2u);
    book.add(sample("a", SeriesKind::Counter, std::string("12")));
    EXPECT_EQ(book.dropped(Drop::TextForNumber), 1u);
    Sample nobody = sample("a", SeriesKind::Gauge, 1.0);
    nobody.source = {"station", ""};
    book.add(nobody);
    EXPECT_EQ(book.dropped(Drop::NoSource), 1u);
    nobody.source.id.assign(10'000, 'x');
    book.add(nobody);
    EXPECT_EQ(book.dropped(Drop::SourceTooLong), 1u);
    EXPECT_TRUE(book.ledger().batch().is_empty());
}

// Sums of what is kept stay numbers: PostgreSQL refuses others, and with them all that came along.
TEST(LedgerBounds, WhatIsTooLargeToBeSummedIsDropped) {
    Book book;
    for (double value : {1.7e308, -1.7e308, 1.1e300, 1e300, -1e300})
        book.add(sample("x", SeriesKind::Gauge, value));
    EXPECT_EQ(book.dropped(Drop::TooLarge), 3u);
    EXPECT_EQ(book.ledger().last_dropped(Drop::TooLarge), kPress);
    for (const auto& row : book.ledger().batch().rollups) EXPECT_EQ(row.count, 2);
}

TEST(LedgerBounds, TextBecomesWhatEveryStoreTakes) {
    LedgerOptions options;
    options.text_bytes_max = 7;
    Book book(options);
    using namespace std::string_literals;
    book.add(sample("tr\xff\0y"s, SeriesKind::State, "\xc3\xa5\xc3\xa4\xc3\xb6\xc3\xa5"s));
    book.add(sample("tr\xff\0y"s, SeriesKind::State, "on"s));
    book.commit();
    ASSERT_EQ(book.contents().series.size(), 1u);
    EXPECT_EQ(book.contents().series[0].metric, "tr\xef\xbf\xbd\xef\xbf\xbdy");
    ASSERT_EQ(book.samples().size(), 2u);
    EXPECT_EQ(std::get<std::string>(book.samples()[0].value), "\xc3\xa5\xc3\xa4\xc3\xb6");
    EXPECT_EQ(std::get<std::string>(book.contents().series[0].last_value), "on");
}

TEST(LedgerBounds, ATimeThatIsNoneIsTheArrival) {
    Book book;
    for (Time time : {Time{-5}, kNow + 25 * 3'600'000, INT64_MAX, INT64_MIN})
        book.add(sample("a", SeriesKind::Gauge, 1.0, time));
    book.add(sample("a", SeriesKind::Gauge, 1.0, kNow + 23 * 3'600'000));
    book.commit();
    for (std::size_t i = 0; i < 4; i++) EXPECT_EQ(book.samples()[i].time, kNow);
    EXPECT_EQ(book.samples()[4].time, kNow + 23 * 3'600'000);
    EXPECT_EQ(book.ledger().counts().mended_times, 4u);
}

TEST(LedgerPlaces, PositionsAndEvents) {
    Ledger ledger({});
    Decoded decoded;
    Position there;
    there.source = kPress;
    there.time = kNow;
    there.latitude = 59.3;
    there.longitude = 18.1;
    decoded.positions.push_back(there);
    there.latitude = 91;
    decoded.positions.push_back(there);
    there.latitude = std::numeric_limits<double>::quiet_NaN();
    decoded.positions.push_back(there);
    decoded.events.push_back({kPress, kNow, "text", Severity::Info, "hello", ""});
    decoded.events.push_back({{}, kNow, "offline", Severity::Warning, "a gateway", "\xff"});
    ledger.add(decoded, kNow);
    const WriteBatch& batch = ledger.batch();
    ASSERT_EQ(batch.positions.size(), 1u);
    EXPECT_EQ(batch.positions[0].source, ledger.key_of(kPress));
    EXPECT_TRUE(batch.positions[0].position.source.id.empty());
    ASSERT_EQ(batch.events.size(), 2u);
    EXPECT_EQ(batch.events[0].source, ledger.key_of(kPress));
    EXPECT_EQ(batch.events[1].source, 0);
    EXPECT_TRUE(batch.events[1].event.details.empty());
    EXPECT_EQ(ledger.gathered(), 3u);
}

TEST(LedgerBatches, AFailedBatchIsTriedAgainWithWhatCameSince) {
    Ledger ledger({});
    Decoded decoded;
    decoded.samples = {sample("n", SeriesKind::Counter, std::int64_t{5})};
    ledger.add(decoded, kNow);
    ledger.applied("shard0", 7);
    EXPECT_EQ(ledger.batch().samples.size(), 1u);
    ledger.failed();

    decoded.samples = {sample("n", SeriesKind::Counter, std::int64_t{8}, kNow + 1)};
    ledger.add(decoded, kNow + 1);
    ledger.applied("shard0", 9);
    ledger.applied("shard1", 1);
    const WriteBatch& again = ledger.batch();
    EXPECT_EQ(again.samples.size(), 2u);
    EXPECT_EQ(again.sources.size(), 1u);
    ASSERT_EQ(again.series.size(), 1u);
    EXPECT_EQ(again.series[0].total, 3);
    ASSERT_EQ(again.rollups.size(), kRollups.size());
    EXPECT_EQ(again.rollups[0].count, 2);
    EXPECT_EQ(again.rollups[0].step, 3);
    ASSERT_EQ(again.applied.size(), 2u);
    EXPECT_EQ(again.applied[0].number, 9u);

    ledger.committed();
    EXPECT_TRUE(ledger.batch().is_empty());
    EXPECT_EQ(ledger.gathered(), 0u);
}

TEST(LedgerBatches, TheNewestRawMessagesOfEachSourceStay) {
    LedgerOptions options;
    options.raw_per_source_max = 3;
    Ledger ledger({}, options);
    Decoded decoded;
    decoded.notes.push_back({kPress, "", {}});
    ledger.add(decoded, kNow);
    ledger.keep_raw({}, {.topic = "rare", .payload = "only"}, "");
    for (int i = 0; i < 20'000; i++) {
        std::string payload = std::to_string(i);
        ledger.keep_raw(kPress, {.topic = "often", .payload = payload}, "");
        ASSERT_LE(ledger.gathered(), 10'000u);
    }
    std::vector<std::string> payloads;
    for (const RawRow& row : ledger.batch().raw) payloads.push_back(row.payload);
    EXPECT_EQ(payloads, (std::vector<std::string>{"only", "19997", "19998", "19999"}));
}

TEST(LedgerBatches, TheStoreIsToldToTrimRawMessagesBeforeTheyArePast) {
    Book book({.raw_per_source_max = 3});
    book.add(sample("a", SeriesKind::Gauge, 1.0));
    auto keep = [&](const SourceId& sender, int count) {
        Incoming message{.topic = "t", .payload = "x", .received = kNow};
        for (int i = 0; i < count; i++) book.ledger().keep_raw(sender, message, "");
    };
    auto trimmed = [&] {
        std::vector<SourceKey> sources;
        for (const RawTrim& trim : book.ledger().batch().raw_trims) {
            EXPECT_EQ(trim.keep, 3);
            sources.push_back(trim.source);
        }
        return sources;
    };
    keep(kPress, 2);
    EXPECT_TRUE(trimmed().empty());
    book.commit();
    keep(kPress, 10);
    keep({}, 3);
    EXPECT_EQ(trimmed(), (std::vector<SourceKey>{1, 0}));
    book.ledger().failed();
    EXPECT_EQ(trimmed(), (std::vector<SourceKey>{1, 0}));
    book.commit();
    keep({}, 2);
    EXPECT_TRUE(trimmed().empty());
    keep(kPress, 3);
    book.ledger().forget(1);
    EXPECT_TRUE(trimmed().empty());
}

TEST(LedgerBatches, RawMessagesStandWithWhoSentThem) {
    LedgerOptions options;
    options.raw_bytes_max = 4;
    Ledger ledger({}, options);
    Decoded decoded;
    decoded.notes.push_back({kPress, "", {}});
    ledger.add(decoded, kNow);
    ledger.keep_raw(kPress, {.topic = "a/b", .payload = "123456", .received = kNow}, "not JSON");
    ledger.keep_raw({"station", "unknown"}, {.topic = "c", .payload = ""}, "");
    const WriteBatch& batch = ledger.batch();
    ASSERT_EQ(batch.raw.size(), 2u);
    EXPECT_EQ(batch.raw[0].source, ledger.key_of(kPress));
    EXPECT_EQ(batch.raw[0].payload, "1234");
    EXPECT_EQ(batch.raw[0].problem, "not JSON");
    EXPECT_EQ(batch.raw[1].source, 0);
    EXPECT_EQ(ledger.source_count(), 1u);
}

}  // namespace
}  // namespace martlet::telemetry
