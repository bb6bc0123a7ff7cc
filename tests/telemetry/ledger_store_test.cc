// The ledger on a real store, over restarts and failures: what stands there at the end is what a
// slow model makes of the samples as they came. Random, from one seed, which a failure tells.

#include "telemetry/ledger.h"
#include "tests/telemetry/store_fixture.h"

#include <algorithm>
#include <map>
#include <random>
#include <tuple>

namespace martlet::telemetry {
namespace {

constexpr int kMetrics = 4;
constexpr std::array<SeriesKind, kMetrics> kKinds = {SeriesKind::Gauge, SeriesKind::Counter,
                                                     SeriesKind::Meter, SeriesKind::Increment};

struct Reading {
    Time time;
    double number;
    double step;
};

// One series as it should stand: steps by busroot.md, one after the other.
struct Model {
    SeriesKind kind = SeriesKind::Gauge;
    std::vector<Reading> readings;
    Time last_time = INT64_MIN;
    double last = 0;
    double total = 0;

    void add(Time time, double number) {
        double step = kind == SeriesKind::Increment ? number : 0;
        bool is_baseline = last_time == INT64_MIN;
        if (time >= last_time) {
            if (!is_baseline && (kind == SeriesKind::Counter || kind == SeriesKind::Meter)) {
                step = number - last;
                if (step < 0) step = kind == SeriesKind::Counter ? std::max(0.0, number) : 0;
            }
            last_time = time;
            last = number;
        }
        total += step;
        readings.push_back({time, number, step});
    }
};

std::vector<RollupRow> slow_rollups(const Model& model, Rollup width) {
    LocalDays days;
    std::vector<Reading> ordered = model.readings;
    std::ranges::stable_sort(ordered, {}, &Reading::time);
    std::map<Time, RollupRow> rows;
    for (const Reading& reading : ordered) {
        Time begins = rollup_begins(width, reading.time, days);
        auto [at, is_new] = rows.try_emplace(begins);
        RollupRow& row = at->second;
        if (is_new) {
            row.begins = begins;
            row.min = row.max = row.first = reading.number;
            row.first_time = reading.time;
        }
        row.count++;
        row.min = std::min(row.min, reading.number);
        row.max = std::max(row.max, reading.number);
        row.sum += reading.number;
        row.last_time = reading.time;
        row.last = reading.number;
        row.step += reading.step;
    }
    std::vector<RollupRow> all;
    for (auto& [begins, row] : rows) all.push_back(row);
    return all;
}

auto fields(const RollupRow& row) {
    return std::tie(row.begins, row.count, row.min, row.max, row.sum, row.first_time, row.first,
                    row.last_time, row.last, row.step);
}

class LedgerOnStore : public StoreFixture {
  protected:
    void SetUp() override {
        StoreFixture::SetUp();
        if (!IsSkipped()) begin();
    }

    void begin() {
        auto contents = writer_->load();
        ASSERT_TRUE(contents.ok()) << contents.error().text;
        ledger_ = std::make_unique<Ledger>(contents.value());
    }

    void commit() {
        auto done = writer_->write(ledger_->batch());
        ASSERT_TRUE(done.ok()) << done.error().text;
        ledger_->committed();
        stored_ = models_;
    }

    // As after a kill: what was not committed comes again, in its order.
    void restart() {
        reopen();
        begin();
        auto again = std::move(uncommitted_);
        uncommitted_.clear();
        models_ = stored_;
        for (const auto& [metric, time, number] : again) add(metric, time, number);
    }

    void add(int metric, Time time, double number) {
        Sample sample;
        sample.source = {"station", "random"};
        sample.metric = std::string(1, static_cast<char>('a' + metric));
        sample.kind = kKinds[static_cast<std::size_t>(metric)];
        sample.time = time;
        sample.value = number;
        Decoded decoded;
        decoded.samples.push_back(sample);
        ledger_->add(decoded, kNoon + 10 * Time{86'400'000});
        uncommitted_.emplace_back(metric, time, number);
        Model& model = models_[sample.metric];
        model.kind = sample.kind;
        model.add(time, number);
    }

    void check(const SeriesRow& series) {
        const Model& model = models_.at(series.metric);
        EXPECT_EQ(series.total, model.total) << series.metric;
        EXPECT_EQ(series.last_time, model.last_time) << series.metric;
        EXPECT_EQ(series.last_value, Value(model.last)) << series.metric;
        std::vector<Reading> ordered = model.readings;
        std::ranges::stable_sort(ordered, {}, &Reading::time);
        auto found = samples(series.key);
        ASSERT_EQ(found.size(), ordered.size()) << series.metric;
        for (std::size_t i = 0; i < found.size(); i++) {
            EXPECT_EQ(found[i].time, ordered[i].time);
            EXPECT_EQ(found[i].value, Value(ordered[i].number));
        }
        for (Rollup width : kRollups) {
            auto wanted = slow_rollups(model, width);
            auto rows = rollups(width, {}, series.key);
            ASSERT_EQ(rows.size(), wanted.size()) << series.metric << rollup_minutes(width);
            for (std::size_t i = 0; i < rows.size(); i++)
                EXPECT_EQ(fields(rows[i]), fields(wanted[i])) << series.metric << " row " << i;
        }
    }

    std::unique_ptr<Ledger> ledger_;
    std::map<std::string, Model> models_;
    std::map<std::string, Model> stored_;
    std::vector<std::tuple<int, Time, double>> uncommitted_;
};

TEST_P(LedgerOnStore, EndsAsTheSlowModelDoes) {
    constexpr unsigned kSeed = 20261121;
    SCOPED_TRACE(kSeed);
    std::mt19937 random(kSeed);
    auto up_to = [&](int end) { return static_cast<int>(random() % static_cast<unsigned>(end)); };
    Time clock = kNoon - 40 * Time{3'600'000};
    for (int round = 0; round < 60; round++) {
        for (int i = 0; i < 40; i++) {
            // Mostly on, now and then equal, late, or a good deal on.
            int what = up_to(10);
            if (what < 5) clock += up_to(40'000);
            if (what == 5) clock += up_to(3'600'000);
            Time time = what == 6 ? clock - up_to(7'200'000) : clock;
            // Eighths: their sums are exact in whatever order.
            add(up_to(kMetrics), time, (up_to(4000) - 400) / 8.0);
        }
        int what = up_to(4);
        if (what == 0) continue;  // the next round joins the batch
        if (what == 1) {
            restart();
            continue;
        }
        commit();
        uncommitted_.clear();
        if (what == 2) restart();
    }
    commit();
    auto all = reader_->series(std::nullopt);
    ASSERT_TRUE(all.ok());
    ASSERT_EQ(all.value().size(), static_cast<std::size_t>(kMetrics));
    for (const SeriesRow& series : all.value()) check(series);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, LedgerOnStore, testing::Values(&sqlite_backend));
INSTANTIATE_TEST_SUITE_P(Postgres, LedgerOnStore, testing::Values(&postgres_backend));

}  // namespace
}  // namespace martlet::telemetry
