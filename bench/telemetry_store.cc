// What the telemetry store costs: samples a second and bytes a sample for batches of several
// shapes; then charts of a day, a month and a year out of a year of one-minute samples of 20
// series, alone and beside 20 million samples of other series (SQLite only).
//
// usage: bench_telemetry_store sqlite [FOLDER]        (a new folder inside it is used and removed)
//        bench_telemetry_store postgresql CONNINFO    (its schema "martlet" is dropped!)

#include "telemetry/store/postgresql.h"
#include "telemetry/store/store.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace martlet;
using namespace martlet::telemetry;
using Clock = std::chrono::steady_clock;

constexpr Time kMinute = 60'000;
constexpr Time kDay = 1440 * kMinute;
constexpr Time kYearBegins = 1'735'689'600'000;  // 2025-01-01
constexpr SeriesKey kMeters = 20;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

template <typename T>
T must(Result<T> result) {
    if (!result.ok()) {
        std::fprintf(stderr, "%s\n", result.error().text.c_str());
        std::exit(1);
    }
    return std::move(result).value();
}

// An empty store, which goes with it.
struct OwnStore {
    explicit OwnStore(std::unique_ptr<Store> made)
        : store(std::move(made)), writer(must(store->open_writer())) {}
    virtual ~OwnStore() = default;
    // On disk.
    virtual double bytes() = 0;

    std::unique_ptr<Store> store;
    std::unique_ptr<StoreWriter> writer;
};

struct OwnSqlite : OwnStore {
    explicit OwnSqlite(std::string path)
        : OwnStore(make_sqlite_store(path)), path_(std::move(path)) {}
    ~OwnSqlite() override {
        writer.reset();
        for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
    }

    // Closing writes back what is in the -wal.
    double bytes() override {
        writer.reset();
        auto size = static_cast<double>(std::filesystem::file_size(path_));
        writer = must(store->open_writer());
        return size;
    }

    std::string path_;
};

std::string without_schema(const std::string& conninfo) {
    must(must(PostgresDatabase::open(conninfo))->script("DROP SCHEMA IF EXISTS martlet CASCADE"));
    return conninfo;
}

struct OwnPostgres : OwnStore {
    explicit OwnPostgres(const std::string& conninfo)
        : OwnStore(make_postgresql_store(without_schema(conninfo))), conninfo_(conninfo) {}

    double bytes() override {
        auto rows = must(must(PostgresDatabase::open(conninfo_))
                             ->query("SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM "
                                     "pg_inherits WHERE inhparent = 'martlet.sample'::regclass"));
        return static_cast<double>(rows.integer(0, 0));
    }

    std::string conninfo_;
};

enum class Values { Real, Integer };

struct Shape {
    const char* name;
    SeriesKey series;
    int each;  // samples of each series in a batch
    Values values;
};

Value value_of(Values values, std::mt19937_64& random) {
    if (values == Values::Integer) return static_cast<std::int64_t>(random() % 30'000);
    return std::uniform_real_distribution<double>(-40, 60)(random);
}

void ingest(OwnStore& own, const Shape& shape) {
    constexpr std::int64_t kTotal = 2'000'000;
    std::mt19937_64 random(1);
    double empty = own.bytes();
    double busy = 0;
    std::int64_t written = 0;
    WriteBatch batch;
    for (Time time = kYearBegins; written < kTotal; time += shape.each * 1000) {
        batch.clear();
        for (int i = 0; i < shape.each; ++i) {
            for (SeriesKey key = 1; key <= shape.series; ++key) {
                batch.samples.push_back(
                    {key, time + i * 1000 + key % 900, value_of(shape.values, random)});
            }
        }
        auto start = Clock::now();
        must(own.writer->write(batch));
        busy += seconds_since(start);
        written += static_cast<std::int64_t>(batch.samples.size());
    }
    auto start = Clock::now();
    double bytes = own.bytes() - empty;
    std::printf("  %-34s %9.0f samples/s   %5.1f bytes a sample   (last checkpoint %.2f s)\n",
                shape.name, static_cast<double>(written) / busy,
                bytes / static_cast<double>(written), seconds_since(start));
    std::fflush(stdout);
}

RollupRow rollup_of(SeriesKey series, Rollup width, Time begins, std::int64_t count) {
    return {.series = series,
            .width = width,
            .begins = begins,
            .count = count,
            .min = 1.25,
            .max = 99.5,
            .sum = 50.1 * static_cast<double>(count),
            .first_time = begins,
            .first = 12.5,
            .last_time = begins + (count - 1) * kMinute,
            .last = 13.5,
            .step = 0};
}

// One day of all meters: minutes, and the wider rollups that are over.
void fill_day(WriteBatch& batch, Time day, std::mt19937_64& random) {
    for (SeriesKey key = 1; key <= kMeters; ++key) {
        for (Time time = day; time < day + kDay; time += kMinute) {
            batch.samples.push_back({key, time + key, value_of(Values::Real, random)});
            batch.rollups.push_back(rollup_of(key, Rollup::Minute, time, 1));
            if (time % (15 * kMinute) == 0) {
                batch.rollups.push_back(rollup_of(key, Rollup::Quarter, time, 15));
            }
            if (time % (60 * kMinute) == 0) {
                batch.rollups.push_back(rollup_of(key, Rollup::Hour, time, 60));
            }
        }
        batch.rollups.push_back(rollup_of(key, Rollup::Day, day, 1440));
    }
}

void fill_year(StoreWriter& writer) {
    std::mt19937_64 random(2);
    WriteBatch batch;
    auto start = Clock::now();
    for (Time day = kYearBegins; day < kYearBegins + 365 * kDay; day += kDay) {
        batch.clear();
        fill_day(batch, day, random);
        must(writer.write(batch));
    }
    std::printf("  a year written in %.0f s, rollups of all widths included\n",
                seconds_since(start));
}

void fill_others(StoreWriter& writer) {
    constexpr int kOthers = 200;
    constexpr Time kStep = 5 * kMinute;
    std::mt19937_64 random(3);
    WriteBatch batch;
    for (Time time = kYearBegins; time < kYearBegins + 100'000 * kStep; time += 100 * kStep) {
        batch.clear();
        for (SeriesKey key = 0; key < kOthers; ++key) {
            for (int i = 0; i < 100; ++i) {
                batch.samples.push_back(
                    {1000 + key, time + i * kStep, value_of(Values::Real, random)});
            }
        }
        must(writer.write(batch));
    }
}

struct Chart {
    const char* name;
    Rollup width;
    Time length;
};

// Milliseconds, once warm.
void charts(StoreReader& reader, const char* where) {
    constexpr std::array kCharts = {Chart{"day by quarters", Rollup::Quarter, kDay},
                                    Chart{"half a day by minutes", Rollup::Minute, kDay / 2},
                                    Chart{"month by hours", Rollup::Hour, 31 * kDay},
                                    Chart{"year by days", Rollup::Day, 365 * kDay}};
    for (const auto& chart : kCharts) {
        std::vector<double> took;
        std::size_t points = 0;
        for (int round = 0; round < 5; ++round) {
            for (SeriesKey key = 1; key <= kMeters; ++key) {
                Time from = kYearBegins + (chart.length < 100 * kDay ? key * 15 * kDay : 0);
                points = 0;
                auto start = Clock::now();
                must(reader.rollups(key, chart.width, {from, from + chart.length},
                                    [&](const RollupRow&) { return ++points != 0; }));
                if (round > 0) took.push_back(seconds_since(start) * 1000);
            }
        }
        std::ranges::sort(took);
        std::printf("  %-20s %-22s %4zu points, median %6.2f ms, slowest of %zu %6.2f ms\n", where,
                    chart.name, points, took[took.size() / 2], took.size(), took.back());
    }
    std::fflush(stdout);
}

void ask(const std::string& folder) {
    OwnSqlite own(folder + "/year.db");
    fill_year(*own.writer);
    auto reader = must(own.store->open_reader());
    charts(*reader, "a year");
    fill_others(*own.writer);
    charts(*reader, "beside 20 M others");
    std::printf("  the file: %.0f MB\n", own.bytes() / 1e6);
}

constexpr std::array kShapes = {
    Shape{"20 series, batches of 20,000", 20, 1000, Values::Real},
    Shape{"20 series, batches of 600", 20, 30, Values::Real},
    Shape{"1000 series, batches of 10,000", 1000, 10, Values::Real},
    Shape{"1000 series, 10,000, integers", 1000, 10, Values::Integer},
    Shape{"10,000 series, batches of 50,000", 10'000, 5, Values::Real},
};

int bench_sqlite(const char* place) {
    std::string folder = std::string(place) + "/bench-telemetry-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) {
        std::perror(folder.c_str());
        return 1;
    }
    std::printf("SQLite, ingest, each batch synced:\n");
    for (const auto& shape : kShapes) {
        OwnSqlite own(folder + "/ingest.db");
        ingest(own, shape);
    }
    std::printf("charts:\n");
    ask(folder);
    std::filesystem::remove_all(folder);
    return 0;
}

int bench_postgresql(const char* conninfo) {
    std::printf("PostgreSQL, ingest:\n");
    for (const auto& shape : kShapes) {
        OwnPostgres own(conninfo);
        ingest(own, shape);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string_view kind = argc > 1 ? argv[1] : "";
    if (kind == "sqlite") return bench_sqlite(argc > 2 ? argv[2] : "/tmp");
    if (kind == "postgresql" && argc > 2) return bench_postgresql(argv[2]);
    std::fprintf(stderr, "usage: bench_telemetry_store sqlite [FOLDER] | postgresql CONNINFO\n");
    return 2;
}
