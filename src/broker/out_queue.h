#pragma once

// What one session still has to deliver, in order: first the messages in flight, then those that
// wait. A message gets its packet id when it is queued: so the journal knows the id before the
// message is sent. Ids follow one another, and the entry of an acknowledged id is found by
// subtraction; only a restart leaves holes between them. A ring that grows by doubling and is given
// back when empty. Loop thread only.

#include "base/body.h"
#include "broker/message.h"
#include "journal/group.h"
#include "mqtt/types.h"

#include <cstdint>
#include <memory>
#include <utility>

namespace martlet::broker {

enum class OutState : std::uint8_t {
    Queued,
    Done,          // acknowledged (or QoS 0 and sent), while an older one is still in flight
    WaitRecorded,  // QoS 2 with its packet id, not sent before that is on disk
    WaitPuback,
    WaitPubrec,
    WaitPubcomp,
    WaitResend,  // sent on an earlier connection; this one's window has no room for it yet
};

// How a message leaves for one session: 8 bytes, so that it travels in a register.
struct Outgoing {
    std::uint32_t identifier = 0;  // of the subscription; 0: none
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
    bool retain = false;
};

struct OutEntry {
    union {
        Body* message = nullptr;     // one hold, dropped by the queue; null once PUBREC has come
        std::uint64_t stored_bytes;  // is_stored: how large it is
    };
    journal::Key key = 0;                        // its record; 0: none
    std::uint32_t subscription_identifiers = 0;  // see Session::identifiers_of
    std::uint16_t packet_id = 0;
    mqtt::Qos qos : 2 = mqtt::Qos::AtMostOnce;
    std::uint8_t share : 6 = 0;  // its share group's number in Session::groups; 0: none
    bool retain : 1 = false;
    bool is_id_recorded : 1 = false;  // QoS 2: the packet id has a record, too
    bool is_stored : 1 = false;       // the message is in the journal only
    bool is_promised : 1 = false;     // waits for another shard to write it (broker/exact.h)
    bool may_be_sent : 1 = false;     // in an earlier run; it gets DUP
    OutState state : 3 = OutState::Queued;

    static constexpr std::uint8_t kShareMax = 63;  // and all above it
    void set_group(std::uint16_t number) { share = (number < kShareMax ? number : kShareMax) & 63; }
    bool has_message() const { return is_stored || message != nullptr; }
    std::uint64_t bytes() const {
        if (is_stored) return stored_bytes;
        return message == nullptr ? 0 : message->size();
    }
    // Counted against `max_inflight_bytes`.
    std::uint64_t payload_bytes() const {
        return is_stored || message == nullptr ? 0 : MessageView(message).payload().size();
    }
};
static_assert(sizeof(OutEntry) == 24, "paid for each queued message");

class OutQueue {
  public:
    OutQueue() = default;
    ~OutQueue() { clear(); }
    OutQueue(const OutQueue&) = delete;
    OutQueue& operator=(const OutQueue&) = delete;

    bool empty() const { return size_ == 0; }
    std::uint32_t size() const { return size_; }
    std::uint32_t sent() const {
        return sent_;
    }  // entries before the first queued one, Done ones included
    std::uint32_t queued() const { return size_ - sent_; }
    // Of those sent, the ones that are neither Done nor WaitResend.
    std::uint32_t in_flight() const { return in_flight_ - to_resend_; }
    std::uint32_t to_resend() const { return to_resend_; }

    OutEntry& at(std::uint32_t position) { return ring_[(begin_ + position) & (capacity_ - 1)]; }

    // One message that is never acknowledged must not let its packet id come round again.
    bool has_packet_id() const { return is_dense_ ? sent_ < UINT16_MAX : is_next_id_free(); }
    // The id of the next message that is queued.
    std::uint16_t next_id() const { return next_id_; }
    // Ids between the last one and this one are left out.
    void begin_ids_at(std::uint16_t id);
    // How many ids `to` is ahead of `from`, 1 following 65535.
    static std::uint16_t distance(std::uint16_t from, std::uint16_t to) {
        return static_cast<std::uint16_t>(to >= from ? to - from : to + 65535u - from);
    }
    static std::uint16_t following(std::uint16_t id, std::uint16_t count = 1) {
        return static_cast<std::uint16_t>((id - 1u + count) % 65535u + 1u);
    }

    // Takes over one hold on entry.message. An entry without a packet id gets the next one.
    void push(const OutEntry& entry);
    // At start: an entry that was sent in an earlier run, with its packet id and state (WaitResend
    // or WaitPubcomp), in the order of sending and before those that wait.
    void restore_sent(const OutEntry& entry);
    // The first queued entry is in flight, in `state`; it must exist.
    OutEntry& send_next(OutState state);
    // The entry in flight with this packet id; null when there is none.
    OutEntry* find(std::uint16_t packet_id);
    // The entry that waits under this key; null when there is none. All that wait must have keys.
    OutEntry* find_queued(journal::Key key);
    // The message is no longer needed (PUBREC, or done).
    static void release(OutEntry& entry);
    // The entry has been acknowledged for good.
    void finish(OutEntry& entry);
    // The same for a walk over all that were sent: the ring is not shortened.
    void mark_done(OutEntry& entry);
    // A new connection: every PUBLISH that was sent waits to be sent again.
    void postpone_all();
    // The first of them, which is in flight again; null when none is left.
    OutEntry* resend_next();
    // Drops the first queued entry (expired, denied).
    void drop_next();
    void clear();
    // All that `keep` tells wait from now on, in their order; the others must be released.
    template <typename Keep>
    void requeue(Keep keep) {
        std::uint32_t count = std::exchange(size_, 0u);
        sent_ = in_flight_ = to_resend_ = resend_from_ = 0;
        is_dense_ = true;
        for (std::uint32_t i = 0; i < count; i++) {
            OutEntry entry = at(i);
            if (!keep(std::as_const(entry))) continue;
            entry.state = OutState::Queued;
            entry.packet_id = 0;
            push(entry);
        }
    }

  private:
    std::uint16_t id_at(std::uint32_t position) const {
        return ring_[(begin_ + position) & (capacity_ - 1)].packet_id;
    }
    bool is_next_id_free() const;
    OutEntry* find_past_holes(std::uint16_t packet_id);
    void grow();
    void trim();

    std::unique_ptr<OutEntry[]> ring_;
    std::uint32_t capacity_ = 0;
    std::uint32_t begin_ = 0;
    std::uint32_t size_ = 0;
    std::uint32_t sent_ = 0;
    std::uint32_t in_flight_ = 0;
    std::uint32_t to_resend_ = 0;
    std::uint32_t resend_from_ = 0;  // no WaitResend before this position
    std::uint16_t next_id_ = 1;
    bool is_dense_ = true;  // ids follow one another without holes
};

}  // namespace martlet::broker
