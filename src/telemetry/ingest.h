#pragma once

// The thread between the broker and the store: takes what the tap was given, decodes it, and gives
// it back when the store has it. What could not be stored (no room, no database) is tried again;
// meanwhile the journal keeps it. Made, started and stopped by the main thread; take(), change(),
// reconfigure() and the read-only members may be called by any thread.

#include "base/histogram.h"
#include "base/inbox.h"
#include "base/result.h"
#include "broker/letter.h"
#include "broker/tap.h"
#include "telemetry/ledger.h"
#include "telemetry/mesh_traffic.h"
#include "telemetry/operator_units.h"
#include "telemetry/options.h"
#include "telemetry/outcomes.h"
#include "telemetry/raw_again.h"
#include "telemetry/rules.h"
#include "telemetry/silence.h"
#include "telemetry/store/store.h"
#include "telemetry/topic_table.h"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace martlet::telemetry {

// Seconds.
inline constexpr std::array<double, 10> kCommitSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025,
                                                          0.05,  0.1,    0.25,  1,    5};
inline constexpr std::array<double, 10> kLagSeconds = {0.01, 0.025, 0.05, 0.1, 0.25,
                                                       0.5,  1,     5,    60,  3600};

// Sums since the start, and how it stands now.
struct IngestCounts {
    std::atomic<std::uint64_t> messages{0};
    std::atomic<std::uint64_t> repeated{0};  // stored before a restart already
    std::atomic<std::uint64_t> samples{0};
    std::atomic<std::uint64_t> commits{0};
    std::atomic<std::uint64_t> failed_commits{0};
    std::atomic<std::uint64_t> refused_rows{0};                // the store will never take them
    std::array<std::atomic<std::uint64_t>, kDrops> dropped{};  // values, by reason
    std::atomic<std::uint64_t> late_samples{0};                // older than the newest of a series
    std::atomic<std::uint64_t> mended_times{0};
    std::atomic<std::uint64_t> cut_texts{0};
    std::atomic<std::uint64_t> counter_resets{0};
    std::atomic<std::uint64_t> meters_replaced{0};
    std::atomic<std::uint64_t> counter_jumps{0};
    std::atomic<std::uint64_t> waiting_bytes{0};   // taken and not stored
    Histogram<10> commit_seconds{kCommitSeconds};  // how long the store took
    Histogram<10> lag_seconds{kLagSeconds};        // from receipt to the store, the oldest of each
    std::atomic<std::uint64_t> sources{0};
    std::atomic<std::uint64_t> series{0};
};

class Ingest final : public broker::Tap {
  public:
    // `post` outlives it. The error says what of the store or the rules is not sound.
    static Result<std::unique_ptr<Ingest>> open(const Options& options, broker::Post& post);
    ~Ingest() override;

    void start();
    // Stores what was taken and is not in the journal, and ends the thread.
    void stop();

    // Before start() only.
    journal::Key stored_up_to(std::string_view name) const override;
    void take(std::unique_ptr<broker::TapBatch> batch) override;

    // Carried out by the thread between two commits; waits for it. An error when the thread is not
    // there, or takes too long.
    using Change = std::function<Status(StoreWriter& writer, Ledger& ledger)>;
    Status change(Change change);
    // New options, likewise, all or nothing: with an error, which says what is not sound, the old
    // ones stay. Decoders whose options are the same keep what they remember. Whether telemetry is
    // on and its store stay as they are.
    Status reconfigure(Options options);
    // Those in force.
    std::shared_ptr<const Options> options() const;
    // Their rules and those of the decoders.
    std::vector<Rules::Row> rules() const;

    Store& store() { return *store_; }
    TopicTable& topics() { return topics_; }
    Outcomes& outcomes() { return outcomes_; }
    MeshTraffic& mesh_traffic() { return mesh_traffic_; }
    Thresholds& thresholds() { return thresholds_; }
    const IngestCounts& counts() const { return counts_; }

  private:
    using Clock = std::chrono::steady_clock;
    struct Order;

    Ingest(Options options, broker::Post& post, Rules rules, std::unique_ptr<Store> store,
           std::unique_ptr<StoreWriter> writer, const StoreContents& contents);

    void run();
    void wait(Clock::time_point until);
    void wake();
    // Events of the ledger's own (a source fell silent) belong to no message.
    bool has_unstored() const {
        return !unstored_.empty() || is_again_unstored_ || ledger_.gathered() > 0;
    }
    void take_mail();
    void leave_to_journal();
    void read(const broker::TapBatch& batch);
    void read(const Incoming& incoming);
    void publish(const DerivedMessage& message);
    bool is_applied(const broker::TapBatch& batch, const broker::TapMessage& message) const;
    bool is_commit_due(Clock::time_point now) const;
    void commit();
    void on_failure(const Error& error);
    void publish_counts();
    void tell_refusals();
    void tell_drops(Clock::time_point now);
    void give_back();
    Status carry_out(std::function<Status()> work);
    void carry_out_orders();
    void end_orders();
    Status apply(Options options);
    void read_kept(Clock::time_point now);
    void read_again(const RawRow& row);
    void prune(Clock::time_point now);
    void look_for_silence(Clock::time_point now);
    Retention retention() const;

    // Replaced by the thread under mutex_.
    std::shared_ptr<const Options> options_;
    broker::Post& post_;
    Rules rules_;
    OperatorUnits units_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<StoreWriter> writer_;
    Ledger ledger_;
    Silence silence_;
    Thresholds thresholds_;
    TopicTable topics_;
    Outcomes outcomes_;
    MeshTraffic mesh_traffic_;
    IngestCounts counts_;

    // The thread's own.
    std::vector<Incoming> incoming_;
    Decoded decoded_;
    std::deque<std::unique_ptr<broker::TapBatch>> unread_;
    std::vector<std::unique_ptr<broker::TapBatch>> unstored_;  // read, and not in the store yet
    TextMap<std::uint64_t> applied_;                           // by name of the tap
    std::int64_t oldest_received_ms_ = 0;
    Clock::time_point oldest_read_;
    Clock::time_point retry_at_;
    Clock::time_point prune_at_;
    Clock::time_point look_for_silence_at_;
    RawAgain raw_again_;
    Clock::time_point again_at_;
    bool is_again_unstored_ = false;  // what was read again waits for the store
    std::uint64_t read_again_ = 0;    // messages, in this pass
    bool is_failing_ = false;
    // What is told so that the log says it once, and again when it goes on.
    std::string told_failure_;
    Clock::time_point tell_failure_at_;
    std::uint64_t told_refusals_ = 0;
    std::array<std::uint64_t, kDrops> told_drops_{};
    Clock::time_point tell_drops_at_;

    Inbox mail_;
    mutable std::mutex mutex_;
    std::condition_variable woken_;
    bool is_woken_ = false;
    std::vector<std::shared_ptr<Order>> orders_;
    std::atomic<bool> is_stopping_{false};
    bool is_running_ = false;  // under mutex_: orders are carried out
    std::thread thread_;
};

}  // namespace martlet::telemetry
