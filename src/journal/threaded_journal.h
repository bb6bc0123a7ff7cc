#pragma once

// The journal with its two threads: one merges the batches that wait, writes and syncs them once
// (group commit) and compacts while nothing waits; the other reads back. Made and ended by the main
// thread; submit(), read(), take_keys(), is_full(), stats() and sync_times() may be called by any.

#include "base/histogram.h"
#include "base/result.h"
#include "journal/journal.h"
#include "journal/log.h"

#include <array>
#include <functional>
#include <memory>

namespace martlet::journal {

enum class Sync : std::uint8_t { Commit, Interval, Off };

struct JournalOptions {
    Sync sync = Sync::Commit;
    std::uint32_t interval_s = 1;  // Sync::Interval
    // While the disk is full: how often to look whether there is room again.
    std::uint32_t retry_ms = 250;
    // Test switch for the crash checker: says "committed" before the sync.
    bool test_ack_before_sync = false;
};

struct JournalStats {
    LogStats log;
    std::uint64_t commits = 0;  // groups written
    std::uint64_t syncs = 0;
    std::uint64_t records_written = 0;
    std::uint64_t bytes_written = 0;
    std::uint64_t errors = 0;
    bool is_full = false;
};

// How long the disk was waited for, in seconds.
inline constexpr std::array<double, 10> kSyncSeconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025,
                                                        0.005,  0.01,    0.05,   0.25,  1};
using SyncTimes = Histogram<kSyncSeconds.size()>;

class ThreadedJournal final : public Journal {
  public:
    // `on_room`: called on the writer's thread when a full journal has room again.
    ThreadedJournal(std::unique_ptr<Log> log, const JournalOptions& options,
                    std::function<void()> on_room);
    // Writes and syncs what was submitted, calls what is to be called, ends the threads.
    ~ThreadedJournal() override;

    void submit(std::unique_ptr<Batch> batch) override;
    void read(std::unique_ptr<Reading> reading) override;
    Key take_keys(std::uint64_t count) override;
    bool is_full() const override;

    // Everything that was committed before the call is on the disk when it returns, whatever
    // `persistence_sync` says.
    Status force_sync();
    JournalStats stats() const;
    const SyncTimes& sync_times() const;

  private:
    struct Inner;
    std::unique_ptr<Inner> inner_;
};

}  // namespace martlet::journal
