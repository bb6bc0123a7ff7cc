// Pairs, fan-out, fan-in, wildcard: publishers and subscribers, with a warm-up, a window that is
// measured, and a drain. Either as fast as the messages come through (each publisher has a bounded
// number under way), or by schedule: then a latency counts from the intended moment, so that a
// stalled broker or bench is not hidden.

#include "base/text.h"
#include "cli/bench/histogram.h"
#include "cli/bench/publisher.h"
#include "cli/bench/scenarios.h"
#include "cli/bench/sequence.h"
#include "cli/output/progress.h"

#include <algorithm>

namespace martlet::cli::bench {

namespace {

constexpr std::size_t kOpenAtOnce = 200;
constexpr std::uint64_t kDrainNs = 3'000'000'000;
// QoS 0 that does not come back in so long is taken for lost, or the load would stand still.
constexpr std::uint64_t kStallNs = 1'000'000'000;
constexpr std::uint64_t kSecondNs = 1'000'000'000;

struct Shape {
    std::uint32_t publishers = 1;
    std::uint32_t subscribers = 1;
    std::uint32_t copies = 1;  // of each message
};

Shape shape_of(const Options& options) {
    switch (options.scenario) {
        case Scenario::FanOut:
            return {1, options.clients, options.clients};
        case Scenario::FanIn:
            return {options.clients, 1, 1};
        case Scenario::Wildcard:
            return {options.clients, options.clients, options.clients};
        default:
            return {options.clients, options.clients, 1};
    }
}

class Traffic : public PeerOwner {
  public:
    Traffic(const Options& options, Loop& loop)
        : options_(options), shape_(shape_of(options)), loop_(loop), payload_(options.size, 'x') {
        bool is_pairs = options.scenario == Scenario::Pairs;
        sequences_.resize(is_pairs ? shape_.subscribers
                                   : std::size_t{shape_.subscribers} * shape_.publishers);
    }

    Result<Report> run() {
        for (std::uint32_t i = 0; i < shape_.subscribers; i++) {
            Peer& peer = loop_.add(*this, loop_.client_options(fmt::format("sub-{}", i)), i);
            peer.filter_count = 1;
            peer.filter_qos = options_.qos;
        }
        publishers_.resize(shape_.publishers);
        for (std::uint32_t i = 0; i < shape_.publishers; i++) {
            auto id = fmt::format("pub-{}", i);
            publishers_[i].peer = &loop_.add(*this, loop_.client_options(id), kFirstPublisher + i);
            publishers_[i].topic = topic_of(i);
        }
        auto status = loop_.open_all(kOpenAtOnce, name_of(options_.scenario));
        if (!status) return status.error();
        load();
        drain();
        return report();
    }

    std::string filter_of(const Peer& peer, std::uint32_t) override {
        return options_.scenario == Scenario::Wildcard ? "bench/+/value" : topic_of(peer.number);
    }

    void on_message(Peer& peer, const mqtt::Publish& packet) override {
        MessageHead head;
        if (!read_head(packet.payload, head) || head.publisher >= shape_.publishers) return;
        received_++;
        std::size_t stream = options_.scenario == Scenario::Pairs
                                 ? peer.number
                                 : std::size_t{peer.number} * shape_.publishers + head.publisher;
        sequences_[stream].take(head.number, counts_);
        if (head.intended_ns >= begin_ && head.intended_ns < end_) {
            latency_.add(loop_.now() - std::min(loop_.now(), head.intended_ns));
        }
        Publisher& publisher = publishers_[head.publisher];
        if (publisher.under_way > 0) publisher.under_way--;
        mark_due(head.publisher);
    }

    void on_settled(Peer& peer) override { mark_due(peer.number - kFirstPublisher); }

  private:
    static constexpr std::uint32_t kFirstPublisher = 1u << 30;

    std::string topic_of(std::uint32_t number) const {
        switch (options_.scenario) {
            case Scenario::FanOut:
            case Scenario::FanIn:
                return "bench/all";
            case Scenario::Wildcard:
                return fmt::format("bench/{}/value", number);
            default:
                return fmt::format("bench/pair/{}", number);
        }
    }

    void mark_due(std::uint32_t number) {
        Publisher& publisher = publishers_[number];
        if (std::exchange(publisher.is_due, true)) return;
        due_.push_back(number);
    }

    // `begin_` and `end_` bound the measured window.
    void load() {
        Progress progress(name_of(options_.scenario));
        std::uint64_t started = now_ns();
        begin_ = started + static_cast<std::uint64_t>(options_.warm * 1e9);
        end_ = begin_ + static_cast<std::uint64_t>(options_.seconds * 1e9);
        schedule_begin_ = started;
        last_progress_ = started;
        for (std::uint32_t i = 0; i < shape_.publishers; i++) mark_due(i);
        bool is_measured = false;
        for (std::uint64_t now = started; now < end_; now = loop_.now()) {
            if (!is_measured && now >= begin_) {
                is_measured = true;
                from_ = read_both(options_);
                sent_before_ = sent_;
                received_before_ = received_;
            }
            send_due(now);
            loop_.turn(next_wake(now));
            look_for_stall();
            progress.show(loop_.now(), [&] { return progress_text(started); });
        }
        to_ = read_both(options_);
        sent_in_window_ = sent_ - sent_before_;
        received_in_window_ = received_ - received_before_;
    }

    std::string progress_text(std::uint64_t started) {
        std::uint64_t passed = (loop_.now() - started) / kSecondNs;
        auto text =
            fmt::format("{} of {:.0f} s, {} in, {} out", passed, options_.warm + options_.seconds,
                        with_commas(sent_ - shown_sent_), with_commas(received_ - shown_received_));
        shown_sent_ = sent_;
        shown_received_ = received_;
        return text;
    }

    std::uint64_t next_wake(std::uint64_t now) const {
        std::uint64_t stall_check = now + kSecondNs / 10;
        if (options_.rate <= 0) return std::min(stall_check, end_);
        return std::min({intended_of(scheduled_), end_, stall_check});
    }

    std::uint64_t intended_of(std::uint64_t index) const {
        return schedule_begin_ +
               static_cast<std::uint64_t>(static_cast<double>(index) * 1e9 / options_.rate);
    }

    void send_due(std::uint64_t now) {
        if (options_.rate > 0) {
            for (; intended_of(scheduled_) <= now; scheduled_++) {
                auto number = static_cast<std::uint32_t>(scheduled_ % shape_.publishers);
                publishers_[number].owed++;
                mark_due(number);
            }
        }
        for (std::uint32_t number : due_) {
            Publisher& publisher = publishers_[number];
            publisher.is_due = false;
            if (options_.rate > 0) {
                send_owed(publisher, number);
            } else {
                send_window(publisher, number, now);
            }
        }
        due_.clear();
    }

    // The k-th message of a publisher is the one with the index k * publishers + its number.
    void send_owed(Publisher& publisher, std::uint32_t number) {
        while (publisher.owed > 0) {
            auto index = std::uint64_t{publisher.sent} * shape_.publishers + number;
            if (!send(publisher, number, intended_of(index))) return;
            publisher.owed--;
        }
    }

    void send_window(Publisher& publisher, std::uint32_t number, std::uint64_t now) {
        std::uint64_t most = std::uint64_t{options_.window} * shape_.copies;
        while (publisher.under_way + shape_.copies <= most) {
            if (!send(publisher, number, now)) return;
        }
    }

    bool send(Publisher& publisher, std::uint32_t number, std::uint64_t intended) {
        if (!publisher.publish(payload_, number, intended, options_.qos)) return false;
        publisher.under_way += shape_.copies;
        sent_++;
        loop_.touch(*publisher.peer);
        return true;
    }

    void look_for_stall() {
        if (received_ != last_received_) {
            last_received_ = received_;
            last_progress_ = loop_.now();
        }
        if (loop_.now() - last_progress_ < kStallNs || options_.rate > 0) return;
        last_progress_ = loop_.now();
        for (std::uint32_t i = 0; i < shape_.publishers; i++) {
            publishers_[i].under_way = 0;
            mark_due(i);
        }
    }

    void drain() {
        std::uint64_t until = loop_.now() + kDrainNs;
        while (loop_.now() < until && received_ < sent_ * shape_.copies) {
            loop_.turn(loop_.now() + kSecondNs / 10);
        }
    }

    std::uint64_t lost() const {
        std::uint64_t lost = 0;
        for (std::size_t i = 0; i < sequences_.size(); i++) {
            std::size_t publisher =
                options_.scenario == Scenario::Pairs ? i : i % shape_.publishers;
            lost += sequences_[i].lost(publishers_[publisher].sent);
        }
        return lost;
    }

    Report report() const {
        Report report(options_);
        double seconds = static_cast<double>(to_.time_ns - from_.time_ns) / 1e9;
        report.add_count("in", sent_in_window_, seconds);
        report.add_count("out", received_in_window_, seconds);
        std::uint64_t missing = lost();
        report.add("lost", static_cast<double>(missing), with_commas(missing));
        report.add("duplicated", static_cast<double>(counts_.duplicated),
                   with_commas(counts_.duplicated));
        report.add("out_of_order", static_cast<double>(counts_.out_of_order),
                   with_commas(counts_.out_of_order));
        report.add("disconnected", static_cast<double>(loop_.failures()),
                   loop_.failures() == 0 ? "" : with_commas(loop_.failures()));
        if (options_.rate > 0) {
            report.add("behind_schedule", static_cast<double>(scheduled_ - sent_),
                       scheduled_ == sent_ ? "" : with_commas(scheduled_ - sent_));
        }
        add_latency(report, latency_);
        add_cost(report, options_, from_, to_, received_in_window_, "delivered message");
        return report;
    }

    const Options& options_;
    Shape shape_;
    Loop& loop_;
    std::vector<std::uint8_t> payload_;
    std::vector<Publisher> publishers_;
    std::vector<Sequence> sequences_;
    std::vector<std::uint32_t> due_;
    SequenceCounts counts_;
    Histogram latency_;
    Reading from_, to_;
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;
    std::uint64_t schedule_begin_ = 0;
    std::uint64_t scheduled_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t sent_before_ = 0;
    std::uint64_t received_before_ = 0;
    std::uint64_t sent_in_window_ = 0;
    std::uint64_t received_in_window_ = 0;
    std::uint64_t shown_sent_ = 0;
    std::uint64_t shown_received_ = 0;
    std::uint64_t last_received_ = 0;
    std::uint64_t last_progress_ = 0;
};

}  // namespace

Result<Report> run_traffic(const Options& options) {
    auto loop = Loop::make(options);
    if (!loop) return loop.error();
    return Traffic(options, *loop.value()).run();
}

}  // namespace martlet::cli::bench
