#include "broker/out_queue.h"

#include "base/check.h"

#include <utility>

namespace martlet::broker {

void OutQueue::push(const OutEntry& entry) {
    if (size_ == capacity_) grow();
    size_++;
    OutEntry& pushed = at(size_ - 1);
    pushed = entry;
    if (pushed.packet_id == 0)
        pushed.packet_id = next_id_;
    else if (pushed.packet_id != next_id_)
        is_dense_ = is_dense_ && size_ == 1;
    next_id_ = pushed.packet_id == UINT16_MAX ? std::uint16_t{1}
                                              : static_cast<std::uint16_t>(pushed.packet_id + 1);
}

void OutQueue::begin_ids_at(std::uint16_t id) {
    is_dense_ = is_dense_ && (size_ == 0 || id == next_id_);
    next_id_ = id;
}

void OutQueue::restore_sent(const OutEntry& entry) {
    DCHECK(queued() == 0);
    push(entry);
    sent_++;
    in_flight_++;
    if (entry.state == OutState::WaitResend) to_resend_++;
}

OutEntry& OutQueue::send_next(OutState state) {
    DCHECK(queued() > 0);
    OutEntry& entry = at(sent_++);
    entry.state = state;
    in_flight_++;
    return entry;
}

OutEntry* OutQueue::find(std::uint16_t packet_id) {
    if (sent_ == 0 || packet_id == 0) return nullptr;
    if (!is_dense_) return find_past_holes(packet_id);
    std::uint32_t position = distance(at(0).packet_id, packet_id);
    if (position >= sent_) return nullptr;
    OutEntry& entry = at(position);
    return entry.state == OutState::Done ? nullptr : &entry;
}

// Ids of sent entries grow from the first one on, and never by a whole round.
OutEntry* OutQueue::find_past_holes(std::uint16_t packet_id) {
    std::uint16_t first = at(0).packet_id;
    std::uint16_t wanted = distance(first, packet_id);
    std::uint32_t from = 0, to = sent_;
    while (from < to) {
        std::uint32_t middle = from + (to - from) / 2;
        if (distance(first, at(middle).packet_id) < wanted)
            from = middle + 1;
        else
            to = middle;
    }
    if (from == sent_ || at(from).packet_id != packet_id) return nullptr;
    return at(from).state == OutState::Done ? nullptr : &at(from);
}

bool OutQueue::is_next_id_free() const {
    if (sent_ == 0) return true;
    std::uint16_t first = id_at(0), last = id_at(sent_ - 1);
    std::uint16_t next = sent_ < size_ ? id_at(sent_) : next_id_;
    return distance(first, last) + distance(last, next) < UINT16_MAX;
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
    is_dense_ = true;
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
    if (size_ == 0) is_dense_ = true;
    // A ring that was large once is given back; a small one is kept, so that steady traffic does
    // not allocate.
    if (size_ == 0 && capacity_ > 1024) {
        ring_.reset();
        capacity_ = begin_ = 0;
    }
}

}  // namespace martlet::broker
