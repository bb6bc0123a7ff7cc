#pragma once

// Queued messages of one session on their way back from the journal. The shard asks, the journal's
// reader fills in, a letter brings it back.

#include "base/slots.h"
#include "journal/journal.h"

#include <cstdint>
#include <memory>

namespace martlet::broker {

class Post;

class ShardReading final : public journal::Reading {
  public:
    ShardReading(std::uint32_t shard, SlotHandle whose, Post& post)
        : session(whose), shard_(shard), post_(post) {}

    void finish(std::unique_ptr<journal::Reading> self) override;

    const SlotHandle session;

  private:
    const std::uint32_t shard_;
    Post& post_;
};

}  // namespace martlet::broker
