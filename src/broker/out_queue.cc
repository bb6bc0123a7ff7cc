#include "broker/out_queue.h"

#include "base/check.h"

#include <utility>

namespace martlet::broker {

void OutQueue::push(const OutEntry& entry) {
    if (size_ == capacity_) grow();
    size_++;
    at(size_ - 1) = entry;
}

void OutQueue::restore_sent(const OutEntry& entry) {
    DCHECK(queued() == 0);
    if (size_ == 0) next_id_ = entry.packet_id;
    // What was sent between has been acknowledged.
    OutEntry gone;
    gone.state = OutState::Done;
    for (; next_id_ != entry.packet_id; next_id_ = following(next_id_)) {
        gone.packet_id = next_id_;
        push(gone);
        sent_++;
    }
    push(entry);
    sent_++;
    in_flight_++;
    if (entry.state == OutState::WaitResend) to_resend_++;
    next_id_ = following(next_id_);
}

OutEntry& OutQueue::send_next(OutState state) {
    DCHECK(queued() > 0);
    OutEntry& entry = at(sent_++);
    entry.packet_id = next_id_;
    next_id_ = following(next_id_);
    entry.state = state;
    in_flight_++;
    return entry;
}

OutEntry* OutQueue::find(std::uint16_t packet_id) {
    if (sent_ == 0 || packet_id == 0) return nullptr;
    // Ids of sent entries follow one another, 65535 being followed by 1.
    std::uint32_t first = at(0).packet_id;
    std::uint32_t position = packet_id >= first ? packet_id - first : packet_id + 65535u - first;
    if (position >= sent_) return nullptr;
    OutEntry& entry = at(position);
    return entry.state == OutState::Done ? nullptr : &entry;
}

OutEntry* OutQueue::find_queued(journal::Key key) {
    // Keys grow.
    std::uint32_t from = sent_, to = size_;
    while (from < to) {
        std::uint32_t middle = from + (to - from) / 2;
        if (at(middle).key < key)
            from = middle + 1;
        else
            to = middle;
    }
    return from < size_ && at(from).key == key ? &at(from) : nullptr;
}

void OutQueue::release(OutEntry& entry) {
    if (!entry.is_stored && entry.message != nullptr) entry.message->drop();
    entry.message = nullptr;
    entry.is_stored = false;
}

void OutQueue::finish(OutEntry& entry) {
    mark_done(entry);
    trim();
}

void OutQueue::mark_done(OutEntry& entry) {
    release(entry);
    if (entry.state == OutState::WaitResend) to_resend_--;
    entry.state = OutState::Done;
    in_flight_--;
}

void OutQueue::postpone_all() {
    to_resend_ = 0;
    resend_from_ = 0;
    for (std::uint32_t i = 0; i < sent_; i++) {
        OutEntry& entry = at(i);
        if (entry.state == OutState::Done || entry.state == OutState::WaitPubcomp ||
            entry.state == OutState::WaitRecorded)
            continue;
        entry.state = OutState::WaitResend;
        to_resend_++;
    }
}

OutEntry* OutQueue::resend_next() {
    for (; resend_from_ < sent_ && to_resend_ > 0; resend_from_++) {
        OutEntry& entry = at(resend_from_);
        if (entry.state != OutState::WaitResend) continue;
        entry.state =
            entry.qos == mqtt::Qos::ExactlyOnce ? OutState::WaitPubrec : OutState::WaitPuback;
        to_resend_--;
        return &entry;
    }
    return nullptr;
}

void OutQueue::drop_next() {
    OutEntry& entry = send_next(OutState::WaitPuback);
    finish(entry);
}

void OutQueue::clear() {
    for (std::uint32_t i = 0; i < size_; i++) release(at(i));
    begin_ = size_ = sent_ = in_flight_ = to_resend_ = 0;
    ring_.reset();
    capacity_ = 0;
}

void OutQueue::grow() {
    std::uint32_t wider = capacity_ == 0 ? 8 : capacity_ * 2;
    auto ring = std::make_unique<OutEntry[]>(wider);
    for (std::uint32_t i = 0; i < size_; i++) ring[i] = at(i);
    ring_ = std::move(ring);
    capacity_ = wider;
    begin_ = 0;
}

void OutQueue::trim() {
    while (sent_ > 0 && at(0).state == OutState::Done) {
        begin_ = (begin_ + 1) & (capacity_ - 1);
        size_--;
        sent_--;
        if (resend_from_ > 0) resend_from_--;
    }
    // A ring that was large once is given back; a small one is kept, so that steady traffic does
    // not allocate.
    if (size_ == 0 && capacity_ > 1024) {
        ring_.reset();
        capacity_ = begin_ = 0;
    }
}

}  // namespace martlet::broker
