#pragma once

// A share group in its home shard: its members, and the messages that wait because none of those
// whose turn it could be lives in a shard that can take more now. What waits is paid for by the
// shard it came from: its credit is not given back before, so the queue is bounded by the credit of
// all shards together. Loop thread only.

#include "base/body.h"
#include "broker/settlement.h"
#include "topics/share_group.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <memory>

namespace martlet::broker {

struct ParkedMessage {
    BodyRef message;
    std::uint64_t number = 0;  // retained: its number
    Position position = 0;     // of whoever waits until it is settled; 0: nobody
    std::uint32_t from = 0;    // the shard it came from; the home itself for its own publishers
};

class Group final : public topics::ShareGroup {
  public:
    using ShareGroup::ShareGroup;

    bool has_parked() const { return parked_ != nullptr; }
    void park(ParkedMessage message) {
        if (!parked_) parked_ = std::make_unique<std::deque<ParkedMessage>>();
        parked_->push_back(std::move(message));
    }
    // Messages that an ended session gives back are older than all that wait.
    bool has_returned() const { return returned_ > 0; }
    void park_returned(ParkedMessage message) {
        if (!parked_) parked_ = std::make_unique<std::deque<ParkedMessage>>();
        parked_->insert(std::next(parked_->begin(), returned_), std::move(message));
        returned_++;
    }
    // The oldest; there must be one.
    const ParkedMessage& parked() const { return parked_->front(); }
    void pop_parked() {
        parked_->pop_front();
        if (returned_ > 0) returned_--;
        if (parked_->empty()) parked_.reset();
    }

  private:
    std::unique_ptr<std::deque<ParkedMessage>> parked_;  // null: none
    std::ptrdiff_t returned_ = 0;                        // of these, the first ones
};

}  // namespace martlet::broker
