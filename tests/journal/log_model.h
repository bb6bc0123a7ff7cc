#pragma once

// A log under a random load beside an obvious model of it: the map of what is synced, and the
// groups since then. After a crash the log must hold the former and some of the latter, from the
// first on.

#include "tests/journal/open_log.h"

#include <map>
#include <optional>

namespace martlet::journal {

struct Workload {
    int steps = 60;
    Key keys = 40;  // alive at a time, about
    std::size_t value_max = 120;
    int sync_percent = 60;
    int compact_percent = 20;
    int reopen_percent = 2;
    int fault_percent = 0;
};

class LogRun {
  public:
    using State = std::map<Key, std::string>;

    LogRun(MemoryDisk& disk, std::uint64_t seed, const Workload& workload)
        : disk_(disk), random_(seed), workload_(workload) {
        recover();
    }

    void go() {
        for (int i = 0; i < workload_.steps && log_ && !disk_.is_crashed(); ++i) {
            step();
            if (::testing::Test::HasFailure()) return;
        }
    }

    void crash(MemoryDisk::Random& random) {
        log_.reset();
        disk_.crash(random);
    }
    // The system lives on, so nothing is lost; and the log had no time to end.
    void kill() {
        disk_.kill();
        log_.reset();
    }

    // Opens the log and holds it to the model. Without a log afterwards when the power went again.
    void recover() {
        auto looked = look_at(disk_);
        ASSERT_EQ(looked.error, "");
        auto opened = try_open(disk_);
        if (disk_.is_crashed()) return;
        ASSERT_EQ(opened.error, "");
        std::ranges::sort(looked.visited);
        std::ranges::sort(opened.visited);
        EXPECT_EQ(looked.visited, opened.visited);
        EXPECT_EQ(looked.recovery.damages.size(), opened.recovery.damages.size());
        for (const auto& damage : opened.recovery.damages) {
            EXPECT_EQ(damage.what, "torn tail") << damage.file << " at " << damage.at;
        }
        State found(opened.visited.begin(), opened.visited.end());
        EXPECT_EQ(found.size(), opened.visited.size());
        EXPECT_EQ(opened.recovery.records, found.size());
        State state = synced_;
        std::optional<std::size_t> match;
        for (std::size_t i = 0; i <= pending_.size(); ++i) {
            if (i > 0) apply(pending_[i - 1], state);
            if (state == found) match = i;
        }
        EXPECT_TRUE(match.has_value()) << describe(found);
        recovered_ = match.value_or(0);
        for (const auto& [key, value] : found) EXPECT_EQ(value_of(*opened.log, key), value);
        EXPECT_GE(opened.log->next_key(), found.empty() ? 1 : found.rbegin()->first + 1);
        pending_at_recovery_ = pending_.size();
        pending_.clear();
        synced_ = found;
        log_ = std::move(opened.log);
    }

    std::size_t recovered_groups() const { return recovered_; }
    std::size_t pending_groups() const { return pending_at_recovery_; }

  private:
    struct Change {
        Key key = 0;
        std::optional<std::string> value;  // none: removed
    };
    using Changes = std::vector<Change>;

    bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }

    static void apply(const Changes& changes, State& state) {
        for (const auto& change : changes) {
            if (change.value) {
                state[change.key] = *change.value;
            } else {
                state.erase(change.key);
            }
        }
    }
    State now() const {
        State state = synced_;
        for (const auto& changes : pending_) apply(changes, state);
        return state;
    }

    void step() {
        if (chance(workload_.fault_percent)) add_fault();
        append();
        if (log_ && chance(workload_.sync_percent)) (void)log_->sync().ok();
        if (log_ && chance(workload_.compact_percent)) (void)log_->compact(random_() % 2000).ok();
        if (chance(1)) (void)log_->compact_all().ok();
        note_sync();
        if (disk_.is_crashed()) return;
        check_reads();
        if (chance(workload_.reopen_percent)) reopen();
    }

    void note_sync() {
        if (disk_.is_crashed() || log_->is_sync_due()) return;
        synced_ = now();
        pending_.clear();
    }

    void append() {
        Group group;
        Changes changes;
        auto state = now();
        auto count = 1 + random_() % 5;
        for (std::uint64_t i = 0; i < count; ++i) add_change(group, changes, state);
        bool is_essential = chance(30);
        auto appended = log_->append(group, is_essential);
        // When the power goes in the middle it may have come just so far.
        if (appended.ok() || disk_.is_crashed()) pending_.push_back(changes);
        note_sync();
    }

    void add_change(Group& group, Changes& changes, State& state) {
        bool shrinks = state.size() > workload_.keys ? chance(70) : chance(25);
        if (!state.empty() && shrinks) {
            auto it = state.begin();
            std::advance(it, static_cast<std::ptrdiff_t>(random_() % state.size()));
            auto key = it->first;
            state.erase(it);
            group.remove(key);
            changes.push_back({key, std::nullopt});
            return;
        }
        Key key = next_key_++;
        if (!state.empty() && chance(10)) {
            key = state.begin()->first;  // replaced
        } else if (chance(10)) {
            // The removal comes first; perhaps the put follows at once.
            group.remove(key);
            if (chance(50)) group.put(key, as_bytes("dead on arrival"));
            return;
        }
        std::string value(random_() % workload_.value_max, static_cast<char>('a' + key % 26));
        value += std::to_string(key) + "." + std::to_string(random_() % 1000);
        group.put(key, as_bytes(value));
        changes.push_back({key, value});
        state[key] = value;
    }

    void add_fault() {
        static constexpr DiskOperation kOperations[] = {
            DiskOperation::Write, DiskOperation::Sync, DiskOperation::Reserve, DiskOperation::Names,
            DiskOperation::NamesSync};
        auto operation = kOperations[random_() % std::size(kOperations)];
        auto nth = 1 + random_() % 3;
        disk_.fail(operation, nth, chance(50) ? EIO : ENOSPC);
    }

    void check_reads() {
        auto state = now();
        EXPECT_EQ(log_->stats().live_records, state.size());
        if (state.empty()) return;
        auto it = state.begin();
        std::advance(it, static_cast<std::ptrdiff_t>(random_() % state.size()));
        EXPECT_EQ(value_of(*log_, it->first), it->second);
    }

    void reopen() {
        disk_.heal();
        log_.reset();
        if (disk_.is_crashed()) return;
        recover();
        // A clean end loses nothing.
        if (log_) {
            EXPECT_EQ(recovered_, pending_at_recovery_);
        }
    }

    std::string describe(const State& found) const {
        std::string text = "found:";
        for (const auto& [key, value] : found) text += " " + std::to_string(key);
        text += "\nsynced:";
        for (const auto& [key, value] : synced_) text += " " + std::to_string(key);
        for (const auto& changes : pending_) {
            text += "\ngroup:";
            for (const auto& change : changes)
                text += (change.value ? " +" : " -") + std::to_string(change.key);
        }
        return text;
    }

    MemoryDisk& disk_;
    std::mt19937_64 random_;
    const Workload workload_;
    std::unique_ptr<Log> log_;
    State synced_;
    std::vector<Changes> pending_;
    std::size_t recovered_ = 0;
    std::size_t pending_at_recovery_ = 0;
    Key next_key_ = 1;
};

}  // namespace martlet::journal
