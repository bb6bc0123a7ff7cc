#include "broker/shard_batch.h"

#include "base/hash_map.h"
#include "broker/letter.h"
#include "broker/message_record.h"

#include <algorithm>

namespace martlet::broker {

void RecordBuffer::put(journal::Key key, const Record& record) {
    std::size_t size = encoded_size(record);
    std::size_t at = bytes_.size();
    bytes_.resize(at + size);
    broker::encode(record, bytes_.data() + at);
    items_.push_back({key, static_cast<std::uint32_t>(size), false});
}

void RecordBuffer::remove(journal::Key key) {
    items_.push_back({key, 0, true});
}

void RecordBuffer::encode(journal::Group& group) const {
    ByteView rest(bytes_);
    for (const Item& item : items_) {
        if (item.is_removal) {
            group.remove(item.key);
            continue;
        }
        group.put(item.key, rest.first(item.size));
        rest = rest.subspan(item.size);
    }
}

void RecordBuffer::append(const RecordBuffer& other) {
    items_.insert(items_.end(), other.items_.begin(), other.items_.end());
    bytes_.insert(bytes_.end(), other.bytes_.begin(), other.bytes_.end());
}

void RecordBuffer::follow_removals(const RecordBuffer& other) {
    HashSet<journal::Key> removed;
    for (const Item& item : other.items_)
        if (item.is_removal) removed.insert(item.key);
    std::size_t from = 0, to = 0;
    for (Item& item : items_) {
        const std::size_t size = item.size;
        if (removed.contains(item.key)) item = {item.key, 0, true};
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(from), item.size,
                    bytes_.begin() + static_cast<std::ptrdiff_t>(to));
        from += size;
        to += item.size;
    }
    bytes_.resize(to);
}

void RecordBuffer::clear() {
    items_.clear();
    bytes_.clear();
}

void ShardBatch::clear() {
    messages.clear();
    deliveries.clear();
    records.clear();
    essentials.clear();
    number = essential_number = 0;
    last_position = 0;
    late.clear();
    exact_messages.clear();
    exact_copies.clear();
    exact_positions.clear();
}

void ShardBatch::encode(journal::Group& group) {
    for (const auto* shared : {&messages, &exact_messages}) {
        for (const SharedMessage& m : *shared)
            if (m.message) put(group, m.key, record_of(m.message, wall_minus_steady_ms));
    }
    for (const Delivery& d : deliveries) {
        if (!d.is_void) encode(group, d);
    }
    for (const Delivery& d : exact_copies) encode(group, d);
    records.encode(group);
    essentials.encode(group);
}

void ShardBatch::encode(journal::Group& group, const Delivery& d) const {
    DeliveryRecord record;
    record.session = d.session;
    record.message_key = d.message_key;
    record.qos = d.qos;
    record.retain = d.retain;
    record.identifier = d.identifier;
    if (d.group) record.group = as_text(d.group->view());
    record.packet_id = d.packet_id;
    if (d.message_key == 0) record.message = record_of(d.message, wall_minus_steady_ms);
    put(group, d.key, record);
}

void ShardBatch::finish(std::unique_ptr<journal::Batch> self, journal::Outcome how) {
    outcome = how;
    auto letters = std::make_unique<LetterBatch>();
    letters->letters.emplace_back(
        JournalLetter{std::unique_ptr<ShardBatch>(static_cast<ShardBatch*>(self.release()))});
    post_.post(shard_, std::move(letters));
}

}  // namespace martlet::broker
