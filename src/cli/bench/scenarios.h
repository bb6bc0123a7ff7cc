#pragma once

// The scenarios: each opens its connections, loads the broker and fills a report. One thread.

#include "base/result.h"
#include "cli/bench/histogram.h"
#include "cli/bench/meter.h"
#include "cli/bench/options.h"
#include "cli/bench/report.h"

namespace martlet::cli::bench {

Result<Report> run_traffic(const Options& options);  // pairs, fan-out, fan-in, wildcard
Result<Report> run_retained(const Options& options);
Result<Report> run_storm(const Options& options);
Result<Report> run_idle(const Options& options);
Result<Report> run_subscriptions(const Options& options);

// The broker's CPU (and ours) between two readings, for so many events of this name.
struct Reading {
    std::uint64_t time_ns = 0;
    Usage broker;
    Usage own;
};
Reading read_both(const Options& options);
void add_cost(Report& report, const Options& options, const Reading& from, const Reading& to,
              std::uint64_t events, const char* event_name);
// What the broker's memory has grown by, for each of so many.
void add_memory(Report& report, const Options& options, const Reading& from, const Reading& to,
                std::uint64_t count, const char* name);

// Microseconds: p50, p99, p99.9, max.
void add_latency(Report& report, const Histogram& latency);

}  // namespace martlet::cli::bench
