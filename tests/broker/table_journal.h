#pragma once

// The journal of a table: the real log on a disk in memory, its writer and reader taken step by
// step by the test.

#include "journal/journal.h"
#include "journal/log.h"
#include "tests/journal/memory_folder.h"

#include <cerrno>
#include <cstdint>
#include <deque>
#include <memory>

namespace martlet::broker {

class TableJournal final : public journal::Journal {
  public:
    TableJournal(std::unique_ptr<journal::Log> log, const journal::MemoryDisk& disk)
        : log_(std::move(log)), disk_(disk), next_key_(log_->next_key()) {}

    void submit(std::unique_ptr<journal::Batch> batch) override {
        batches_.push_back(std::move(batch));
    }
    void read(std::unique_ptr<journal::Reading> reading) override {
        readings_.push_back(std::move(reading));
    }
    journal::Key take_keys(std::uint64_t count) override {
        journal::Key first = next_key_;
        next_key_ += count;
        log_->note_next_key(next_key_);
        return first;
    }
    bool is_full() const override { return is_full_; }

    bool has_work() const {
        return !is_paused && (!batches_.empty() || !appended_.empty() || !readings_.empty());
    }
    // The disk is slow: nothing is written, and nobody waits for it.
    bool is_paused = false;
    std::uint64_t commits() const { return commits_; }
    journal::Log& log() { return *log_; }
    bool does_compact = true;

    // One group: all batches that wait, as the real writer merges them. Then one reading.
    void step() {
        if (is_paused) return;
        write();
        if (does_compact) (void)log_->compact(4096);
        if (readings_.empty() || disk_.is_crashed()) return;
        auto reading = std::move(readings_.front());
        readings_.pop_front();
        for (journal::Key key : reading->keys) {
            auto value = log_->read(key);
            reading->values.push_back(value ? std::move(value).value()
                                            : std::vector<std::uint8_t>());
        }
        auto* whole = reading.get();
        whole->finish(std::move(reading));
    }
    // There is room again, if the disk says so. True: it was full.
    bool look_for_room() {
        if (!is_full_ || !log_->has_room()) return false;
        is_full_ = false;
        return true;
    }

  private:
    using Batches = std::deque<std::unique_ptr<journal::Batch>>;

    // As the real writer does it: what was appended is synced until the disk takes it.
    void write() {
        if (!appended_.empty()) return sync();
        if (batches_.empty()) return;
        Status status = append(batches_);
        if (status) return sync();
        if (status.error().code != ENOSPC) return;  // the disk fails: all waits for better times
        is_full_ = true;
        Batches all;
        all.swap(batches_);
        for (auto& batch : all) {
            if (batch->is_essential())
                batches_.push_back(std::move(batch));
            else
                finish(std::move(batch), journal::Outcome::Full);
        }
        if (!batches_.empty() && append(batches_)) sync();
    }

    Status append(Batches& batches) {
        journal::Group group;
        bool is_essential = true;
        for (const auto& batch : batches) {
            batch->encode(group);
            is_essential &= batch->is_essential();
        }
        Status status = log_->append(group, is_essential);
        if (status) appended_.swap(batches);
        return status;
    }

    void sync() {
        if (!log_->sync()) return;
        commits_++;
        for (auto& batch : appended_) finish(std::move(batch), journal::Outcome::Committed);
        appended_.clear();
    }

    static void finish(std::unique_ptr<journal::Batch> batch, journal::Outcome outcome) {
        auto* whole = batch.get();
        whole->finish(std::move(batch), outcome);
    }

    std::unique_ptr<journal::Log> log_;
    const journal::MemoryDisk& disk_;
    journal::Key next_key_;
    Batches batches_;
    Batches appended_;  // and not synced yet
    std::deque<std::unique_ptr<journal::Reading>> readings_;
    std::uint64_t commits_ = 0;
    bool is_full_ = false;
};

}  // namespace martlet::broker
