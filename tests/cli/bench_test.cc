// The parts of `martlet bench` that a figure hangs on, against slow and plain models; and what it
// says when there is nothing to measure.

#include "cli/bench.h"

#include "cli/bench/histogram.h"
#include "cli/bench/report.h"
#include "cli/bench/sequence.h"
#include "tests/cli/program_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace martlet::cli::bench {
namespace {

TEST(Histogram, QuantilesAreNearTheTrueOnes) {
    std::mt19937_64 random(3);
    for (unsigned bits : {4u, 10u, 20u, 40u, 63u}) {
        Histogram histogram;
        std::vector<std::uint64_t> values;
        for (int i = 0; i < 20000; i++) {
            std::uint64_t value = random() >> (64 - bits) >> (random() % bits);
            values.push_back(value);
            histogram.add(value);
        }
        std::sort(values.begin(), values.end());
        for (double share : {0.0, 0.1, 0.5, 0.9, 0.99, 0.999}) {
            auto index = static_cast<std::size_t>(share * static_cast<double>(values.size()));
            auto truth = static_cast<double>(values[index]);
            auto told = static_cast<double>(histogram.quantile(share));
            EXPECT_LE(told, truth);
            EXPECT_GE(told, truth * 0.98 - 1);
        }
        EXPECT_EQ(histogram.max(), values.back());
        EXPECT_EQ(histogram.count(), values.size());
    }
    EXPECT_EQ(Histogram().quantile(0.5), 0u);
}

// Losses, duplicates and late ones by chance, against a set.
TEST(Sequence, CountsWhatHappened) {
    std::mt19937 random(5);
    for (int round = 0; round < 200; round++) {
        std::vector<std::uint32_t> arrivals;
        std::set<std::uint32_t> seen;
        std::uint64_t duplicated = 0, late = 0;
        std::uint32_t sent = 500, highest = 0;
        for (std::uint32_t i = 0; i < sent; i++) {
            if (random() % 20 != 0) arrivals.push_back(i);
            if (random() % 20 == 0) arrivals.push_back(i);
        }
        for (std::size_t i = 1; i < arrivals.size(); i++) {
            if (random() % 10 == 0) std::swap(arrivals[i], arrivals[i - 1]);
        }
        Sequence sequence;
        SequenceCounts counts;
        for (std::uint32_t number : arrivals) {
            sequence.take(number, counts);
            if (!seen.insert(number).second) {
                duplicated++;
            } else if (number < highest) {
                late++;
            }
            highest = std::max(highest, number);
        }
        EXPECT_EQ(counts.duplicated, duplicated);
        EXPECT_EQ(counts.out_of_order, late);
        EXPECT_EQ(sequence.lost(sent), sent - seen.size());
    }
}

TEST(Sequence, AGapOfAnySize) {
    Sequence sequence;
    SequenceCounts counts;
    sequence.take(0, counts);
    sequence.take(1000, counts);
    EXPECT_EQ(sequence.lost(1001), 999u);
    sequence.take(999, counts);
    sequence.take(500, counts);
    EXPECT_EQ(sequence.lost(1001), 997u);
    EXPECT_EQ(counts.out_of_order, 2u);
    sequence.take(999, counts);
    sequence.take(1000, counts);
    EXPECT_EQ(counts.duplicated, 2u);
    EXPECT_EQ(sequence.lost(1100), 997u + 99u);
}

TEST(Report, NumbersReadWell) {
    EXPECT_EQ(with_commas(0), "0");
    EXPECT_EQ(with_commas(999), "999");
    EXPECT_EQ(with_commas(1000), "1,000");
    EXPECT_EQ(with_commas(1234567), "1,234,567");
    Options options;
    Report report(options);
    report.add("whole", 3, "three");
    report.add("part", 0.25);
    EXPECT_EQ(report.json(),
              "{\"scenario\":\"pairs\",\"clients\":0,\"qos\":0,\"size\":64,\"rate\":0,\"whole\":3,"
              "\"part\":0.2500}\n");
    EXPECT_NE(report.text().find("whole                  three"), std::string::npos);
    report.add("broker_cpu_us", 1, "1 µs");
    EXPECT_NE(report.text().find("  broker cpu             1 µs\n"), std::string::npos);
    EXPECT_NE(report.json().find("\"broker_cpu_us\":1"), std::string::npos);
}

Ran run(std::vector<std::string> words) {
    words.insert(words.begin(), "bench");
    return ProgramRun(bench_main, words).wait();
}

TEST(BenchArguments, AreCheckedWithOneSentence) {
    auto hint = std::string("\n\nUse 'bench --help' to see usage.\n");
    EXPECT_EQ(run({}).err, "Error: Which scenario?" + hint);
    EXPECT_EQ(run({"nonsense"}).err, "Error: There is no scenario 'nonsense'." + hint);
    EXPECT_EQ(run({"pairs", "--unknown"}).err, "Error: Unknown option '--unknown'." + hint);
    EXPECT_EQ(run({"pairs", "-p", "x"}).err, "Error: Invalid value 'x' for -p." + hint);
    EXPECT_EQ(run({"pairs", "--qos"}).err, "Error: --qos needs a value." + hint);
    for (auto pair : {std::pair{"--qos", "3"}, std::pair{"--qos", "x"}, std::pair{"--size", "15"},
                      std::pair{"--port", "0"}, std::pair{"--port", "65536"},
                      std::pair{"--rate", "-1"}, std::pair{"--clients", "0"},
                      std::pair{"--seconds", "nan"}, std::pair{"--version", "4"}}) {
        Ran ran = run({"pairs", pair.first, pair.second});
        EXPECT_EQ(ran.code, 1);
        EXPECT_EQ(ran.err, "Error: Invalid value '" + std::string(pair.second) + "' for " +
                               pair.first + "." + hint);
    }
    EXPECT_EQ(run({"--help"}).code, 0);
}

TEST(Bench, NobodyThereIsSaidAtOnce) {
    Ran ran = run({"pairs", "--port", "1"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.out, "");
    EXPECT_NE(ran.err.find("Is a broker on 127.0.0.1 port 1"), std::string::npos) << ran.err;
    EXPECT_EQ(run({"storm", "--port", "1", "--seconds", "0.1", "--warm", "0"}).code, 1);
}

}  // namespace
}  // namespace martlet::cli::bench
