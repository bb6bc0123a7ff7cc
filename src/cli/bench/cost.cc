// What every scenario reports: CPU and memory between two readings, latencies.

#include "base/text.h"
#include "cli/bench/scenarios.h"

#include <algorithm>

namespace martlet::cli::bench {

Reading read_both(const Options& options) {
    Reading reading;
    reading.time_ns = now_ns();
    reading.own = read_usage(0);
    if (options.pid != 0) reading.broker = read_usage(options.pid);
    return reading;
}

void add_cost(Report& report, const Options& options, const Reading& from, const Reading& to,
              std::uint64_t events, const char* event_name) {
    double seconds = static_cast<double>(to.time_ns - from.time_ns) / 1e9;
    double own = (to.own.cpu_seconds - from.own.cpu_seconds) / seconds;
    if (options.pid != 0) {
        double used = to.broker.cpu_seconds - from.broker.cpu_seconds;
        double each = events == 0 ? 0 : used * 1e6 / static_cast<double>(events);
        report.add("broker_cpu_us", each,
                   fmt::format("{:.3f} µs a {}, {:.2f} cores", each, event_name, used / seconds));
        report.add("broker_cores", used / seconds);
        double megabytes = static_cast<double>(to.broker.memory_bytes) / 1e6;
        report.add("broker_memory_mb", megabytes, fmt::format("{:.1f} MB", megabytes));
    }
    report.add("bench_cores", own, fmt::format("{:.2f}{}", own, own > 0.95 ? ", the limit" : ""));
}

void add_memory(Report& report, const Options& options, const Reading& from, const Reading& to,
                std::uint64_t count, const char* name) {
    if (options.pid == 0) return;
    auto grown =
        static_cast<double>(to.broker.memory_bytes) - static_cast<double>(from.broker.memory_bytes);
    double each = std::max(grown, 0.0) / static_cast<double>(count);
    report.add("bytes_each", each, fmt::format("{:.0f} bytes of the broker a {}", each, name));
}

void add_latency(Report& report, const Histogram& latency) {
    auto microseconds = [&](double share) {
        return static_cast<double>(share >= 1 ? latency.max() : latency.quantile(share)) / 1e3;
    };
    double p50 = microseconds(0.5), p99 = microseconds(0.99), p999 = microseconds(0.999);
    report.add("latency", static_cast<double>(latency.count()),
               fmt::format("p50 {:.0f}, p99 {:.0f}, p99.9 {:.0f}, max {:.0f} µs", p50, p99, p999,
                           microseconds(1)));
    report.add("p50_us", p50);
    report.add("p99_us", p99);
    report.add("p999_us", p999);
    report.add("max_us", microseconds(1));
}

}  // namespace martlet::cli::bench
