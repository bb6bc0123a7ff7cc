#include "cli/bench.h"

#include "cli/bench/options.h"
#include "cli/bench/scenarios.h"

#include <cstdio>

namespace martlet::cli {

namespace {

Result<bench::Report> run(const bench::Options& options) {
    switch (options.scenario) {
        case bench::Scenario::Retained:
            return bench::run_retained(options);
        case bench::Scenario::Storm:
            return bench::run_storm(options);
        case bench::Scenario::Idle:
            return bench::run_idle(options);
        case bench::Scenario::Subscriptions:
            return bench::run_subscriptions(options);
        default:
            return bench::run_traffic(options);
    }
}

}  // namespace

int bench_main(int argc, char** argv) {
    auto parsed = bench::parse_options(argc, argv);
    if (parsed.exit_code) return *parsed.exit_code;
    auto report = run(parsed.options);
    if (!report) {
        std::fprintf(stderr, "%s\n", report.error().text.c_str());
        return 1;
    }
    auto text = parsed.options.is_json ? report.value().json() : report.value().text();
    std::fputs(text.c_str(), stdout);
    return 0;
}

}  // namespace martlet::cli
