// What waits until something is written: PUBLISH and PUBREL of QoS 2, CONNACK, queued messages that
// are to be read back, and acknowledgements.

#include "broker/recorder.h"
#include "broker/shard.h"

#include <utility>

namespace martlet::broker {

namespace {

// So many queued messages are read back with one request.
constexpr std::size_t kReadAtOnce = 128;

}  // namespace

void Recorder::release_later(Connection& connection, std::uint16_t packet_id) {
    SlotHandle handle = shard_.handle_of(connection);
    Wait wait = essential();
    if (releases_.empty() && is_over(wait)) return shard_.send_pubrel(handle, packet_id);
    is_urgent_ = true;
    releases_.push_back({handle, packet_id, wait});
}

void Recorder::connect_later(const Connection& connection, const Wait& wait) {
    is_urgent_ = true;
    connects_.push_back({shard_.handle_of(connection), 0, wait});
}

void Recorder::note_held(Connection& connection) {
    held_.push_back(&connection);
}

void Recorder::forget_held(Connection& connection) {
    std::erase(held_, &connection);
}

void Recorder::release_written() {
    release_sends();
    while (!releases_.empty() && is_over(releases_.front().wait)) {
        shard_.send_pubrel(releases_.front().handle, releases_.front().packet_id);
        releases_.pop_front();
    }
    std::vector<SlotHandle> connected;
    std::erase_if(connects_, [&](const Later& later) {
        if (!is_over(later.wait)) return false;
        connected.push_back(later.handle);
        return true;
    });
    for (SlotHandle handle : connected) shard_.complete_connect(handle);
    for (SlotHandle handle : std::exchange(readers_, {})) shard_.pump(handle);
}

void Recorder::release_sends() {
    while (!sends_.empty() && is_over(sends_.front().wait)) {
        Later later = sends_.front();
        sends_.pop_front();
        shard_.send_recorded(later.handle, later.packet_id);
    }
    if (!sends_.empty() && journal_.is_full()) release_sends_past_others();
}

// On a full disk those whose copy is written overtake those whose copy is not.
void Recorder::release_sends_past_others() {
    std::vector<Later> over;
    std::erase_if(sends_, [&](const Later& later) {
        if (!is_over(later.wait)) return false;
        over.push_back(later);
        return true;
    });
    for (const Later& later : over) shard_.send_recorded(later.handle, later.packet_id);
}

void Recorder::read_back(Session& session) {
    OutQueue& out = session.flow->out;
    auto reading = std::make_unique<ShardReading>(index_, session.handle, post_);
    for (std::uint32_t i = out.sent(); i < out.size(); i++) {
        const OutEntry& entry = out.at(i);
        if (!entry.is_stored || entry.key >= committed_key_ || reading->keys.size() >= kReadAtOnce)
            break;
        auto shared = shared_by_delivery_.find(entry.key);
        reading->keys.push_back(shared == shared_by_delivery_.end() ? entry.key : shared->second);
    }
    session.flow->is_reading = true;
    if (reading->keys.empty()) return readers_.push_back(session.handle);
    journal_.read(std::move(reading));
}

void Recorder::release_settled() {
    settlement_.trim();
    for (std::size_t i = 0; i < held_.size();) {
        if (shard_.send_held(*held_[i])) {
            held_[i] = held_.back();
            held_.pop_back();
        } else {
            i++;
        }
    }
}

}  // namespace martlet::broker
