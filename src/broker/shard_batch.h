#pragma once

// What one shard wants written: filled by the shard, encoded by the journal's thread, given back to
// the shard by a letter. Each thread has it for itself in turn.

#include "base/body.h"
#include "base/slots.h"
#include "broker/records.h"
#include "broker/settlement.h"
#include "journal/journal.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace martlet::broker {

class Post;

// Small records, encoded when they come up.
class RecordBuffer {
  public:
    void put(journal::Key key, const Record& record);
    void remove(journal::Key key);
    void append(const RecordBuffer& other);
    // What is put here and removed there is only removed here, too: for when `other` is written
    // first. Nothing less is in here afterwards, since somebody may wait for it to be written.
    void follow_removals(const RecordBuffer& other);
    void encode(journal::Group& group) const;
    bool empty() const { return items_.empty(); }
    std::size_t size() const { return bytes_.size() + items_.size() * sizeof(Item); }
    void clear();

  private:
    struct Item {
        journal::Key key;
        std::uint32_t size;
        bool is_removal;
    };
    std::vector<Item> items_;
    std::vector<std::uint8_t> bytes_;
};

// The message of a QoS 2 exchange across shards (broker/exact.h): one record for the copies of all
// shards. The last shard that has a copy removes it.
struct ExactMessage {
    explicit ExactMessage(journal::Key message_key) : key(message_key) {}
    const journal::Key key;
    // Shards that have copies, and the publisher's own until the record is on its way.
    std::atomic<std::uint32_t> holders{1};
};

class ShardBatch final : public journal::Batch {
  public:
    // A copy of a message for one session. Encoded late, since most are acknowledged before the
    // batch is taken.
    struct Delivery {
        journal::Key key = 0;
        journal::Key session = 0;
        journal::Key message_key = 0;  // 0: the message is in this record
        BodyRef message;               // null: void, or message_key says where it is
        BodyRef group;                 // the name of the share group that it came from; null: none
        Position position = 0;
        std::uint32_t identifier = 0;
        std::uint16_t packet_id = 0;
        mqtt::Qos qos = mqtt::Qos::AtMostOnce;
        bool retain = false;
        bool is_void = false;
    };
    // A message that several copies share.
    struct SharedMessage {
        journal::Key key = 0;
        BodyRef message;  // null: void
    };

    ShardBatch(std::uint32_t shard, Post& post) : shard_(shard), post_(post) {}

    std::vector<SharedMessage> messages;
    std::vector<Delivery> deliveries;  // in order of their keys
    // Of QoS 2 messages that several shards have a part in, with the positions that wait for them.
    std::vector<SharedMessage> exact_messages;
    std::vector<Delivery> exact_copies;
    std::vector<Position> exact_positions;
    RecordBuffer records;
    // What makes room or keeps receivers going.
    RecordBuffer essentials;
    // Set when it is taken.
    std::uint64_t number = 0;            // of `deliveries` and `records`; 0: it has none
    std::uint64_t essential_number = 0;  // of `essentials`; 0: it has none
    Position last_position = 0;
    // Positions that have been waiting since before an earlier batch was taken.
    std::vector<Position> late;
    std::int64_t wall_minus_steady_ms = 0;
    journal::Outcome outcome = journal::Outcome::Committed;

    bool has_ordinary() const {
        return !deliveries.empty() || !messages.empty() || !records.empty() ||
               !exact_positions.empty();
    }
    bool empty() const { return !has_ordinary() && essentials.empty(); }
    void clear();

    void encode(journal::Group& group) override;
    bool is_essential() const override { return !has_ordinary(); }
    void finish(std::unique_ptr<journal::Batch> self, journal::Outcome outcome) override;

  private:
    void encode(journal::Group& group, const Delivery& delivery) const;

    const std::uint32_t shard_;
    Post& post_;
};

}  // namespace martlet::broker
