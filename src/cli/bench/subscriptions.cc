// Messages among very many subscriptions: what a subscription costs in memory, and what it costs a
// message that one of them, by chance, matches.

#include "base/text.h"
#include "cli/bench/histogram.h"
#include "cli/bench/publisher.h"
#include "cli/bench/scenarios.h"
#include "cli/bench/sequence.h"
#include "cli/output/progress.h"

#include <algorithm>
#include <random>

namespace martlet::cli::bench {

namespace {

constexpr std::size_t kOpenAtOnce = 20;
constexpr std::uint32_t kPublishers = 10;
constexpr std::uint64_t kSecondNs = 1'000'000'000;

class Subscriptions : public PeerOwner {
  public:
    Subscriptions(const Options& options, Loop& loop)
        : options_(options), loop_(loop), payload_(options.size, 'x') {
        each_ = (options.subscriptions + options.clients - 1) / options.clients;
        total_ = each_ * options.clients;
    }

    Result<Report> run() {
        Reading begun = read_both(options_);
        for (std::uint32_t i = 0; i < options_.clients; i++) {
            Peer& peer = loop_.add(*this, loop_.client_options(fmt::format("sub-{}", i)), i);
            peer.filter_count = each_;
            peer.filter_qos = options_.qos;
        }
        auto status = loop_.open_all(kOpenAtOnce, "subscriptions");
        if (!status) return status.error();
        Reading subscribed = read_both(options_);
        publishers_.resize(kPublishers);
        for (std::uint32_t i = 0; i < kPublishers; i++) {
            auto id = fmt::format("pub-{}", i);
            publishers_[i].peer = &loop_.add(*this, loop_.client_options(id), kFirstPublisher + i);
        }
        status = loop_.open_all(kOpenAtOnce, "subscriptions");
        if (!status) return status.error();
        run_until(static_cast<std::uint64_t>(options_.warm * 1e9));
        is_measured_ = true;
        std::uint64_t before = received_, sent_before = sent_;
        Reading from = read_both(options_);
        run_until(static_cast<std::uint64_t>(options_.seconds * 1e9));
        Reading to = read_both(options_);
        std::uint64_t in = sent_ - sent_before, out = received_ - before;
        std::uint64_t until = loop_.now() + 3 * kSecondNs;
        while (received_ < sent_ && loop_.now() < until) loop_.turn(loop_.now() + kSecondNs / 10);
        Report report(options_);
        double took = static_cast<double>(subscribed.time_ns - begun.time_ns) / 1e9;
        report.add("subscriptions", total_,
                   fmt::format("{}, {} a second", with_commas(total_),
                               with_commas(static_cast<std::uint64_t>(total_ / took))));
        add_memory(report, options_, begun, subscribed, total_, "subscription");
        double seconds = static_cast<double>(to.time_ns - from.time_ns) / 1e9;
        report.add_count("in", in, seconds);
        report.add_count("out", out, seconds);
        std::uint64_t lost = sent_ - std::min(sent_, received_);
        report.add("lost", static_cast<double>(lost), with_commas(lost));
        add_latency(report, latency_);
        add_cost(report, options_, from, to, out, "delivered message");
        return report;
    }

    // Spread over the tree, so that no level has more than a thousand children.
    std::string filter_of(const Peer& peer, std::uint32_t k) override {
        return topic_of(peer.number * each_ + k);
    }

    void on_message(Peer&, const mqtt::Publish& packet) override {
        MessageHead head;
        if (!read_head(packet.payload, head) || head.publisher >= kPublishers) return;
        received_++;
        if (is_measured_) latency_.add(loop_.now() - std::min(loop_.now(), head.intended_ns));
        Publisher& publisher = publishers_[head.publisher];
        if (publisher.under_way > 0) publisher.under_way--;
    }

  private:
    static constexpr std::uint32_t kFirstPublisher = 1u << 30;

    static std::string topic_of(std::uint32_t number) {
        return fmt::format("bench/{}/{}/value", number / 1000, number % 1000);
    }

    void run_until(std::uint64_t duration) {
        Progress progress("subscriptions");
        std::uint64_t end = now_ns() + duration;
        while (now_ns() < end) {
            for (std::uint32_t i = 0; i < kPublishers; i++) refill(publishers_[i], i);
            loop_.turn(std::min(end, now_ns() + kSecondNs / 10));
            progress.show(loop_.now(), [&] { return fmt::format("{} messages", received_); });
        }
    }

    void refill(Publisher& publisher, std::uint32_t number) {
        while (publisher.under_way < options_.window) {
            publisher.topic = topic_of(static_cast<std::uint32_t>(random_() % total_));
            if (!publisher.publish(payload_, number, now_ns(), options_.qos)) return;
            publisher.under_way++;
            sent_++;
            loop_.touch(*publisher.peer);
        }
    }

    const Options& options_;
    Loop& loop_;
    std::vector<std::uint8_t> payload_;
    std::vector<Publisher> publishers_;
    Histogram latency_;
    std::minstd_rand random_{1};  // the same topics in each run
    std::uint32_t each_ = 0;
    std::uint32_t total_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t received_ = 0;
    bool is_measured_ = false;
};

}  // namespace

Result<Report> run_subscriptions(const Options& options) {
    auto loop = Loop::make(options);
    if (!loop) return loop.error();
    return Subscriptions(options, *loop.value()).run();
}

}  // namespace martlet::cli::bench
