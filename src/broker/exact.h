#pragma once

// A QoS 2 message from a session that lasts, on its way to several shards. That it was received and
// every QoS 2 copy of it must reach the disk together, else a crash between would lose it or double
// it when the publisher sends it again. So the copies of other shards come back to the publisher's
// shard, which writes all of them in one batch, with one record of the message for all; until then
// they are promises that no shard sends.
// Owned by the Shard; loop thread only.

#include "base/body.h"
#include "base/slots.h"
#include "broker/publication.h"
#include "broker/shard_batch.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace martlet::broker {

struct Exact {
    struct Promise {
        SlotHandle session;
        journal::Key key = 0;
    };
    struct Handed {
        std::uint32_t shard = 0;
        Leg leg = Leg::ToShard;
        std::uint64_t count = 0;  // of the letter
    };

    std::shared_ptr<ExactMessage> message;
    BodyRef body;
    std::vector<ShardBatch::Delivery> copies;
    std::vector<Promise> promises;  // of this shard
    std::vector<Handed> handed;     // to other shards
    // The publisher's shard only.
    bool is_origin = false;
    SlotHandle publisher;
    std::uint16_t packet_id = 0;  // 0: its will
    bool is_return = false;       // an estate gives it back: the entry in its queue
};

// Null: the message is none of these.
inline std::shared_ptr<ExactMessage> exact_message_of(const Publication& publication) {
    return publication.exact == nullptr ? nullptr : publication.exact->message;
}

}  // namespace martlet::broker
