// Retained messages: stored with QoS 1 by one publisher, then all delivered to a new subscriber.

#include "base/text.h"
#include "cli/bench/publisher.h"
#include "cli/bench/scenarios.h"
#include "cli/output/progress.h"

namespace martlet::cli::bench {

namespace {

constexpr std::uint64_t kPatienceNs = 30'000'000'000;
constexpr std::uint64_t kSecondNs = 1'000'000'000;

class Retained : public PeerOwner {
  public:
    Retained(const Options& options, Loop& loop)
        : options_(options), loop_(loop), payload_(options.size, 'x') {}

    Result<Report> run() {
        publisher_.peer = &loop_.add(*this, loop_.client_options("pub"), 0);
        auto status = loop_.open_all(1, "retained");
        if (!status) return status.error();
        Reading begun = read_both(options_);
        status = store();
        if (!status) return status.error();
        Reading stored = read_both(options_);
        Peer& subscriber = loop_.add(*this, loop_.client_options("sub"), 1);
        subscriber.filter_count = 1;
        subscriber.filter_qos = options_.qos;
        loop_.open(subscriber);
        status = wait_for(received_, "delivered");
        if (!status) return status.error();
        Reading delivered = read_both(options_);
        Report report(options_);
        report.add_count("stored", options_.messages, seconds(begun, stored));
        report.add_count("delivered", received_, seconds(stored, delivered));
        add_memory(report, options_, begun, stored, options_.messages, "retained message");
        add_cost(report, options_, stored, delivered, received_, "delivered message");
        clear();
        return report;
    }

    std::string filter_of(const Peer&, std::uint32_t) override { return "bench/retained/#"; }
    void on_message(Peer&, const mqtt::Publish&) override { received_++; }
    void on_settled(Peer&) override { settled_++; }

  private:
    static double seconds(const Reading& from, const Reading& to) {
        return static_cast<double>(to.time_ns - from.time_ns) / 1e9;
    }

    void publish_next(std::vector<std::uint8_t>& payload) {
        // Some hundred on each level, as people have them.
        publisher_.topic =
            fmt::format("bench/retained/{}/{}", publisher_.sent / 100, publisher_.sent % 100);
        mqtt::Publish packet;
        packet.qos = mqtt::Qos::AtLeastOnce;
        packet.retain = true;
        packet.topic = publisher_.topic;
        packet.payload = payload;
        if (publisher_.peer->protocol.publish(packet) == client::PublishOutcome::Accepted) {
            publisher_.sent++;
        }
        loop_.touch(*publisher_.peer);
    }

    Status publish_all(std::vector<std::uint8_t>& payload, const char* what) {
        publisher_.sent = 0;
        settled_ = 0;
        Progress progress("retained");
        std::uint64_t last = 0, since = now_ns();
        while (settled_ < options_.messages) {
            while (publisher_.sent < options_.messages && publisher_.peer->protocol.has_window()) {
                publish_next(payload);
            }
            loop_.turn(now_ns() + kSecondNs / 10);
            progress.show(loop_.now(), [&] { return fmt::format("{} {}", settled_, what); });
            if (settled_ != last) {
                last = settled_;
                since = loop_.now();
            }
            if (loop_.failures() > 0 || loop_.now() - since > kPatienceNs) {
                return Error{fmt::format("Error: Only {} of {} messages were acknowledged.",
                                         settled_, options_.messages)};
            }
        }
        return Done{};
    }

    Status store() { return publish_all(payload_, "stored"); }

    Status wait_for(const std::uint64_t& count, const char* what) {
        Progress progress("retained");
        std::uint64_t last = 0, since = now_ns();
        while (count < options_.messages) {
            loop_.turn(now_ns() + kSecondNs / 10);
            progress.show(loop_.now(), [&] { return fmt::format("{} {}", count, what); });
            if (count != last) {
                last = count;
                since = loop_.now();
            }
            if (loop_.failures() > 0 || loop_.now() - since > kPatienceNs) {
                return Error{fmt::format("Error: Only {} of {} messages were {}.", count,
                                         options_.messages, what)};
            }
        }
        return Done{};
    }

    // The broker is left as it was.
    void clear() {
        std::vector<std::uint8_t> nothing;
        (void)publish_all(nothing, "deleted");
    }

    const Options& options_;
    Loop& loop_;
    std::vector<std::uint8_t> payload_;
    Publisher publisher_;
    std::uint64_t settled_ = 0;
    std::uint64_t received_ = 0;
};

}  // namespace

Result<Report> run_retained(const Options& options) {
    auto loop = Loop::make(options);
    if (!loop) return loop.error();
    return Retained(options, *loop.value()).run();
}

}  // namespace martlet::cli::bench
