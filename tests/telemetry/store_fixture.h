#pragma once

// A store of each kind with its writer and a reader, and rows to put into it.

#include "telemetry/store/store.h"
#include "tests/telemetry/store_backend.h"

#include <gtest/gtest.h>

namespace martlet::telemetry {

inline constexpr Time kNoon = 1'790'000'000'000;

inline SourceRow source_row(SourceKey key, std::string id) {
    return {.key = key,
            .source = {"mesh node", std::move(id)},
            .name = "Björn \xf0\x9f\x90\xbb",
            .first_seen = kNoon,
            .last_seen = kNoon + 5,
            .facts = {{"hardware_model", "RAK4631"}, {"role", "ROUTER"}},
            .silent_since = kNoon + 5,
            .interval_ms = 900'000};
}

inline SeriesRow series_row(SeriesKey key, SourceKey source, Value last = 21.5) {
    return {.key = key,
            .source = source,
            .metric = "temperature",
            .unit = "°C",
            .kind = SeriesKind::Meter,
            .last_time = kNoon,
            .last_value = std::move(last),
            .total = 0.1 + 0.2,
            .unit_source = UnitSource::Declared,
            .time_source = TimeSource::Payload};
}

inline RollupRow rollup_row(Time begins, double value) {
    return {.series = 1,
            .width = Rollup::Hour,
            .begins = begins,
            .count = 1,
            .min = value,
            .max = value,
            .sum = value,
            .first_time = begins + 10,
            .first = value,
            .last_time = begins + 10,
            .last = value,
            .step = 1};
}

inline PositionRow position_row(SourceKey source, Time time, double latitude) {
    PositionRow row;
    row.source = source;
    row.position.time = time;
    row.position.latitude = latitude;
    row.position.longitude = -17.25;
    return row;
}

inline EventRow event_row(SourceKey source, Time time, std::string kind) {
    EventRow row;
    row.source = source;
    row.event.time = time;
    row.event.kind = std::move(kind);
    row.event.severity = Severity::Critical;
    row.event.text = "help";
    row.event.details = R"({"to":"!ffffffff"})";
    return row;
}

inline RawRow raw_row(SourceKey source, Time time, std::string payload) {
    return {.source = source,
            .time = time,
            .topic = "msh/EU_868/2/e/LongFast/!1",
            .payload = std::move(payload),
            .problem = "not JSON"};
}

class StoreFixture : public testing::TestWithParam<std::unique_ptr<StoreBackend> (*)()> {
  protected:
    void SetUp() override {
        backend_ = GetParam()();
        if (backend_ == nullptr) GTEST_SKIP() << "this kind of store is not installed";
        open();
    }

    void open() {
        store_ = backend_->open();
        auto writer = store_->open_writer();
        ASSERT_TRUE(writer.ok()) << writer.error().text;
        writer_ = std::move(writer).value();
        auto reader = store_->open_reader();
        ASSERT_TRUE(reader.ok()) << reader.error().text;
        reader_ = std::move(reader).value();
    }

    void reopen() {
        reader_.reset();
        writer_.reset();
        store_.reset();
        open();
    }

    void write(const WriteBatch& batch) {
        auto done = writer_->write(batch);
        ASSERT_TRUE(done.ok()) << done.error().text;
    }

    void write_samples(std::vector<SampleRow> samples) {
        WriteBatch batch;
        batch.samples = std::move(samples);
        write(batch);
    }

    std::vector<SampleRow> samples(SeriesKey series = 1, TimeRange range = {INT64_MIN, INT64_MAX}) {
        std::vector<SampleRow> rows;
        auto done = reader_->samples(series, range, [&](const SampleRow& row) {
            rows.push_back(row);
            return true;
        });
        EXPECT_TRUE(done.ok()) << done.error().text;
        return rows;
    }

    std::vector<RollupRow> rollups(Rollup width, TimeRange range = {}, SeriesKey series = 1) {
        std::vector<RollupRow> rows;
        auto done = reader_->rollups(series, width, range, [&](const RollupRow& row) {
            rows.push_back(row);
            return true;
        });
        EXPECT_TRUE(done.ok()) << done.error().text;
        return rows;
    }

    std::vector<PositionRow> positions(SourceKey source, TimeRange range = {}) {
        std::vector<PositionRow> rows;
        auto done = reader_->positions(source, range, [&](const PositionRow& row) {
            rows.push_back(row);
            return true;
        });
        EXPECT_TRUE(done.ok()) << done.error().text;
        return rows;
    }

    std::vector<EventRow> events(const EventQuery& query = {}) {
        std::vector<EventRow> rows;
        auto done = reader_->events(query, [&](const EventRow& row) {
            rows.push_back(row);
            return true;
        });
        EXPECT_TRUE(done.ok()) << done.error().text;
        return rows;
    }

    std::vector<std::string> payloads(SourceKey source, std::size_t limit = 100) {
        std::vector<std::string> found;
        auto done = reader_->raw(source, limit, [&](const RawRow& row) {
            found.push_back(row.payload);
            return true;
        });
        EXPECT_TRUE(done.ok()) << done.error().text;
        return found;
    }

    // Prunes until nothing is left to do; how many calls it took.
    int prune(const Retention& retention) {
        for (int calls = 1; calls < 1000; ++calls) {
            auto more = writer_->prune(retention);
            EXPECT_TRUE(more.ok()) << more.error().text;
            if (!more.ok() || !more.value()) return calls;
        }
        ADD_FAILURE() << "prune() has no end";
        return 0;
    }

    std::unique_ptr<StoreBackend> backend_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<StoreWriter> writer_;
    std::unique_ptr<StoreReader> reader_;
};

}  // namespace martlet::telemetry
