// Connections as such: a storm of them that come and go, and many that stay and do nothing.

#include "base/text.h"
#include "cli/bench/histogram.h"
#include "cli/bench/loop.h"
#include "cli/bench/scenarios.h"
#include "cli/output/progress.h"

namespace martlet::cli::bench {

namespace {

constexpr std::size_t kOpenAtOnce = 200;
constexpr std::uint64_t kSecondNs = 1'000'000'000;

class Storm : public PeerOwner {
  public:
    Storm(const Options& options, Loop& loop) : options_(options), loop_(loop) {}

    Result<Report> run() {
        Progress progress("storm");
        opened_.resize(options_.clients);
        for (std::uint32_t i = 0; i < options_.clients; i++) {
            begin(loop_.add(*this, loop_.client_options(std::to_string(i)), i));
        }
        std::uint64_t begun = now_ns();
        run_until(begun + static_cast<std::uint64_t>(options_.warm * 1e9), progress);
        std::uint64_t before = done_, failed_before = loop_.failures();
        latency_ = {};
        Reading from = read_both(options_);
        run_until(from.time_ns + static_cast<std::uint64_t>(options_.seconds * 1e9), progress);
        Reading to = read_both(options_);
        std::uint64_t count = done_ - before, failed = loop_.failures() - failed_before;
        if (count == 0) return Error{"Error: No connection was accepted."};
        double seconds = static_cast<double>(to.time_ns - from.time_ns) / 1e9;
        double each_second = static_cast<double>(count) / seconds;
        Report report(options_);
        report.add("connections", static_cast<double>(count),
                   fmt::format("{}, {} a second", with_commas(count),
                               with_commas(static_cast<std::uint64_t>(each_second))));
        report.add("connections_per_s", each_second);
        report.add("failed", static_cast<double>(failed), with_commas(failed));
        add_latency(report, latency_);
        add_cost(report, options_, from, to, count, "connection");
        return report;
    }

    void on_ready(Peer& peer) override {
        latency_.add(loop_.now() - opened_[peer.number]);
        done_++;
        loop_.leave(peer);
    }
    void on_gone(Peer& peer) override { gone_.push_back(&peer); }

  private:
    void begin(Peer& peer) {
        opened_[peer.number] = now_ns();
        loop_.open(peer);
    }

    void run_until(std::uint64_t end, Progress& progress) {
        while (now_ns() < end) {
            loop_.turn(end);
            std::vector<Peer*> gone;
            gone.swap(gone_);
            for (Peer* peer : gone) begin(*peer);
            progress.show(loop_.now(), [&] { return fmt::format("{} connections", done_); });
        }
    }

    const Options& options_;
    Loop& loop_;
    Histogram latency_;
    std::vector<std::uint64_t> opened_;
    std::vector<Peer*> gone_;
    std::uint64_t done_ = 0;
};

class Idle : public PeerOwner {
  public:
    std::string filter_of(const Peer& peer, std::uint32_t) override {
        return fmt::format("bench/idle/{}", peer.number);
    }
};

}  // namespace

Result<Report> run_storm(const Options& options) {
    auto loop = Loop::make(options);
    if (!loop) return loop.error();
    return Storm(options, *loop.value()).run();
}

Result<Report> run_idle(const Options& options) {
    auto made = Loop::make(options);
    if (!made) return made.error();
    Loop& loop = *made.value();
    Idle owner;
    for (std::uint32_t i = 0; i < options.clients; i++) {
        Peer& peer = loop.add(owner, loop.client_options(std::to_string(i)), i);
        peer.filter_count = 1;
    }
    Reading begun = read_both(options);
    auto status = loop.open_all(kOpenAtOnce, "idle");
    if (!status) return status.error();
    Reading opened = read_both(options);
    std::uint64_t end = now_ns() + static_cast<std::uint64_t>(options.seconds * 1e9);
    while (now_ns() < end) loop.turn(end);
    Reading held = read_both(options);
    Report report(options);
    double seconds = static_cast<double>(opened.time_ns - begun.time_ns) / 1e9;
    double each_second = options.clients / seconds;
    report.add("connections", options.clients,
               fmt::format("{}, {} a second", with_commas(options.clients),
                           with_commas(static_cast<std::uint64_t>(each_second))));
    report.add("connections_per_s", each_second);
    report.add("failed", static_cast<double>(loop.failures()), with_commas(loop.failures()));
    add_memory(report, options, begun, held, options.clients, "connection");
    double idle = (held.broker.cpu_seconds - opened.broker.cpu_seconds) * kSecondNs /
                  static_cast<double>(held.time_ns - opened.time_ns);
    if (options.pid != 0) report.add("idle_cores", idle, fmt::format("{:.3f}", idle));
    add_cost(report, options, begun, opened, options.clients, "connection");
    return report;
}

}  // namespace martlet::cli::bench
