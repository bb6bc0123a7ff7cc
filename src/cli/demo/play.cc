// The demo's time: that of the wall, or faster from some time ago until it has caught up. No
// simulator is ever ahead of the wall, since receivers rightly distrust clocks that are.

#include "base/clock.h"
#include "base/text.h"
#include "cli/demo/acts.h"
#include "cli/demo/house_model.h"
#include "cli/demo/stage.h"
#include "cli/output/progress.h"
#include "cli/output/table.h"
#include "cli/stop_signals.h"

#include <algorithm>
#include <cstdio>
#include <poll.h>
#include <utility>

namespace martlet::cli::demo {

namespace {

constexpr Time kStep = 5 * kSecond;   // of the simulators, between two looks at the network
constexpr Time kSlept = 5 * kMinute;  // between two turns
constexpr std::uint64_t kTurnMs = 50;
constexpr std::uint64_t kDrainMs = 5000;

Time wall_now() {
    return read_clocks().wall.count();
}

class DemoClock {
  public:
    explicit DemoClock(const Options& options)
        : speed_(options.speed), started_(wall_now()), begin_(started_) {
        if (speed_ <= 1) return;
        double ahead_s = options.seconds * (speed_ - 1);
        begin_ -= options.seconds > 0 ? static_cast<Time>(ahead_s * 1000) : kDay;
    }

    Time begin() const { return begin_; }
    Time now() const {
        Time wall = wall_now();
        auto passed = static_cast<double>(wall - started_) * speed_;
        return std::min(wall, begin_ + static_cast<Time>(passed));
    }
    Time passed_ms() const { return wall_now() - started_; }

  private:
    double speed_;
    Time started_;
    Time begin_;
};

bool is_stopped(const StopSignals& signals) {
    pollfd waiting{signals.fd(), POLLIN, 0};
    return poll(&waiting, 1, 0) > 0;
}

struct Part {
    std::unique_ptr<Simulator> simulator;
    Outlet* outlet;
};

// Until `until`, or as far as the network takes it.
void play_on(std::vector<Part>& parts, const Stage& stage, Time until, Time& played) {
    while (played < until && !stage.is_full()) {
        played = std::min(until, played + kStep);
        for (Part& part : parts) part.simulator->play(played, *part.outlet);
    }
}

void tell_start(const Options& options, const Stage& stage) {
    if (options.is_quiet) return;
    std::printf(
        "The demo plays %s to %s port %u. Ctrl-C ends it; `martlet demo --remove` removes what it "
        "leaves.\n",
        count_text(stage.device_count(), "device").c_str(), options.host.c_str(),
        unsigned{options.port});
    std::fflush(stdout);
}

void tell_end(const Options& options, const Stage& stage) {
    if (!options.is_quiet) {
        std::printf("%s published.\n", count_text(stage.published(), "message").c_str());
    }
}

}  // namespace

std::vector<std::unique_ptr<Simulator>> make_simulators(const Options& options, Time begin) {
    std::vector<std::unique_ptr<Simulator>> made;
    for (const SimulatorKind& kind : simulator_kinds()) {
        bool is_wanted = options.only.empty() || std::find(options.only.begin(), options.only.end(),
                                                           kind.name) != options.only.end();
        if (is_wanted) made.push_back(kind.make(options.seed, begin));
    }
    return made;
}

Status play(const Options& options) {
    auto stage = Stage::make(options);
    if (!stage) return stage.error();
    DemoClock clock(options);
    std::vector<Part> parts;
    for (auto& simulator : make_simulators(options, clock.begin())) {
        Outlet& outlet = stage.value()->add(simulator->devices());
        parts.push_back({std::move(simulator), &outlet});
    }
    if (Status opened = stage.value()->open(); !opened) return opened;
    StopSignals signals;
    tell_start(options, *stage.value());
    Time played = clock.begin();
    Time looked = wall_now();
    auto end_ms = static_cast<Time>(options.seconds * 1000);
    while (!is_stopped(signals) && (end_ms == 0 || clock.passed_ms() < end_ms)) {
        // What the machine has slept through is not caught up with.
        Time before = std::exchange(looked, wall_now());
        if (looked - before > kSlept) played = std::max(played, clock.now() - kStep);
        play_on(parts, *stage.value(), clock.now(), played);
        stage.value()->turn(kTurnMs);
    }
    stage.value()->drain(kDrainMs);
    stage.value()->leave();
    tell_end(options, *stage.value());
    return Done{};
}

Status replay_year(const Options& options) {
    constexpr Time kQuarter = 15 * kMinute;
    constexpr Time kYear = 365 * kDay;
    auto stage = Stage::make(options);
    if (!stage) return stage.error();
    Outlet& outlet = stage.value()->add({{"house-year", {}, {}, {}}});
    if (Status opened = stage.value()->open(); !opened) return opened;
    StopSignals signals;
    Time end = wall_now();
    Time time = (end - kYear) / kQuarter * kQuarter + kQuarter;
    HouseMeters meters(options.seed, time);
    Progress progress("replaying a year", ProgressOn::Terminal);
    while (time <= end && !is_stopped(signals)) {
        for (; time <= end && !stage.value()->is_full(); time += kQuarter) {
            meters.go_on(time);
            outlet.say(0, year_message(options.seed, meters, time));
        }
        stage.value()->turn(kTurnMs);
        progress.show(steady_ns(), [&] {
            return fmt::format("{} %, {}", 100 - (end - time) * 100 / kYear,
                               count_text(stage.value()->published(), "message"));
        });
    }
    bool is_done = stage.value()->drain(60'000);
    stage.value()->leave();
    tell_end(options, *stage.value());
    if (!is_done) return Error{"Error: The broker did not acknowledge the whole year."};
    return Done{};
}

}  // namespace martlet::cli::demo
