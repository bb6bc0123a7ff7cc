// Stores that an earlier Martlet made are brought up to date where they stand, and nothing is lost.

#include "telemetry/ledger.h"
#include "tests/telemetry/store_fixture.h"

#include <fstream>
#include <iterator>

namespace martlet::telemetry {
namespace {

std::string earlier_tables(const char* file) {
    std::ifstream in(std::string(MARTLET_SOURCE_DIR "/tests/telemetry/data/") + file);
    return {std::istreambuf_iterator<char>(in), {}};
}

struct Earlier {
    std::unique_ptr<StoreBackend> (*backend)();
    const char* file;
};

class StoreMigration : public testing::TestWithParam<Earlier> {
  protected:
    void SetUp() override {
        backend_ = GetParam().backend();
        if (backend_ == nullptr) GTEST_SKIP() << "this kind of store is not installed";
        std::string tables = earlier_tables(GetParam().file);
        ASSERT_FALSE(tables.empty());
        auto made = backend_->script(tables.c_str());
        ASSERT_TRUE(made.ok()) << made.error().text;
        store_ = backend_->open();
    }

    std::unique_ptr<StoreBackend> backend_;
    std::unique_ptr<Store> store_;
};

TEST_P(StoreMigration, KeepsWhatIsThere) {
    auto writer = store_->open_writer();
    ASSERT_TRUE(writer.ok()) << writer.error().text;
    auto contents = writer.value()->load();
    ASSERT_TRUE(contents.ok()) << contents.error().text;
    ASSERT_EQ(contents.value().sources.size(), 1u);
    const SourceRow& source = contents.value().sources[0];
    EXPECT_EQ(source.source, (SourceId{"station", "acme/PRESS7"}));
    EXPECT_EQ(source.facts, (decltype(source.facts){{"hall", "B"}}));
    EXPECT_EQ(source.last_seen, 5000);
    EXPECT_EQ(source.silent_since, 0);
    EXPECT_EQ(source.interval_ms, 0);
    ASSERT_EQ(contents.value().series.size(), 2u);
    const SeriesRow& series = contents.value().series[0];
    EXPECT_EQ(series.unit, "kWh");
    EXPECT_EQ(series.kind, SeriesKind::Meter);
    EXPECT_EQ(series.last_value, Value(12.5));
    EXPECT_EQ(series.total, 2.5);
    EXPECT_EQ(series.unit_source, UnitSource::Assumed);
    EXPECT_EQ(series.time_source, TimeSource::Unknown);
    EXPECT_EQ(contents.value().applied.at(0).number, 42u);
}

TEST_P(StoreMigration, TheNextMessageGoesOnAndSaysWhereItsUnitComesFrom) {
    auto writer = store_->open_writer();
    ASSERT_TRUE(writer.ok()) << writer.error().text;
    Ledger ledger(writer.value()->load().value());
    Decoded decoded;
    decoded.samples.push_back(
        {{"station", "acme/PRESS7"}, "electrical_kwh", "kWh", SeriesKind::Meter, 6000, 14.0});
    ledger.add(decoded, 6001);
    auto written = writer.value()->write(ledger.batch());
    ASSERT_TRUE(written.ok()) << written.error().text;
    // And once more, as any other store.
    writer.value().reset();
    writer = store_->open_writer();
    ASSERT_TRUE(writer.ok()) << writer.error().text;
    auto reader = store_->open_reader();
    ASSERT_TRUE(reader.ok()) << reader.error().text;
    auto series = reader.value()->one_series(3);
    ASSERT_TRUE(series.ok() && series.value());
    EXPECT_EQ(series.value()->total, 4);
    EXPECT_EQ(series.value()->unit_source, UnitSource::Mapped);
    EXPECT_EQ(series.value()->time_source, TimeSource::Payload);
    int samples = 0;
    auto read = reader.value()->samples(3, {}, [&](const SampleRow&) { return ++samples > 0; });
    EXPECT_TRUE(read.ok());
    EXPECT_EQ(samples, 3);
}

TEST_P(StoreMigration, AReaderAloneSaysWhatToDo) {
    auto reader = store_->open_reader();
    ASSERT_FALSE(reader.ok());
    EXPECT_NE(reader.error().text.find("Start the broker with it once"), std::string::npos)
        << reader.error().text;
}

TEST_P(StoreMigration, TheViewSaysWhereUnitsComeFrom) {
    ASSERT_TRUE(store_->open_writer().ok());
    bool is_postgresql = GetParam().backend == postgres_backend;
    auto asked =
        backend_->script(is_postgresql ? "SELECT unit_source, time_source FROM martlet.named_series"
                                       : "SELECT unit_source, time_source FROM named_series");
    EXPECT_TRUE(asked.ok()) << asked.error().text;
}

INSTANTIATE_TEST_SUITE_P(Backends, StoreMigration,
                         testing::Values(Earlier{sqlite_backend, "store-sqlite-2.sql"},
                                         Earlier{postgres_backend, "store-postgresql-1.sql"}),
                         [](const auto& each) { return each.index == 0 ? "Sqlite" : "Postgres"; });

}  // namespace
}  // namespace martlet::telemetry
