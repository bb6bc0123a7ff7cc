#pragma once

// Letters between the shards of one thread: posted batches wait in a box until the test lets the
// shard take them. And password checks that wait until the test lets them be answered.

#include "broker/letter.h"
#include "broker/shared.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace martlet::broker {

class MemoryPost final : public Post {
  public:
    explicit MemoryPost(std::uint32_t shards) : boxes_(shards), spare_(shards) {}

    void post(std::uint32_t shard, std::unique_ptr<LetterBatch> batch) override {
        boxes_[shard].push_back(std::move(batch));
    }
    void give_back(std::unique_ptr<LetterBatch> batch) override {
        std::uint32_t owner = batch->from;
        spare_[owner].push_back(std::move(batch));
    }
    std::unique_ptr<LetterBatch> take_back(std::uint32_t shard) override {
        if (spare_[shard].empty()) return nullptr;
        auto batch = std::move(spare_[shard].back());
        spare_[shard].pop_back();
        return batch;
    }

    bool is_empty(std::uint32_t shard) const { return boxes_[shard].empty(); }
    std::size_t waiting(std::uint32_t shard) const {
        std::size_t letters = 0;
        for (const auto& batch : boxes_[shard]) letters += batch->letters.size();
        return letters;
    }
    // The oldest batch for this shard; there must be one.
    std::unique_ptr<LetterBatch> take(std::uint32_t shard) {
        auto batch = std::move(boxes_[shard].front());
        boxes_[shard].pop_front();
        return batch;
    }

  private:
    std::vector<std::deque<std::unique_ptr<LetterBatch>>> boxes_;
    std::vector<std::vector<std::unique_ptr<LetterBatch>>> spare_;
};

class MemoryChecker final : public HashChecker {
  public:
    explicit MemoryChecker(MemoryPost& post) : post_(post) {}

    bool check(Check check, std::string_view network) override {
        if (is_full) return false;
        networks.emplace_back(network);
        waiting_.push_back(std::move(check));
        return true;
    }

    std::size_t waiting() const { return waiting_.size(); }
    // Answers the oldest question that waits.
    void answer() {
        bool is_right = waiting_.front().hash->verify(waiting_.front().password);
        answer(is_right ? PasswordVerdict::Right : PasswordVerdict::Wrong);
    }
    void answer(PasswordVerdict verdict) {
        Check check = std::move(waiting_.front());
        waiting_.pop_front();
        auto batch = std::make_unique<LetterBatch>();
        batch->letters.emplace_back(AdmissionLetter{check.connection, verdict});
        post_.post(check.shard, std::move(batch));
    }

    bool is_full = false;
    std::vector<std::string> networks;  // of all that were taken

  private:
    MemoryPost& post_;
    std::deque<Check> waiting_;
};

}  // namespace martlet::broker
