#pragma once

// Many producers, one consumer, no lock. A producer pushes a node that it gives away; the consumer
// takes all that is there, in the order of pushing.
//
// Invariants:
// 1. head_ is the newest node of a singly linked list, or null.
// 2. A node is pushed by one compare-exchange (release), and taken by one exchange (acquire): what
// the producer wrote before
//    pushing is seen by the consumer.
// 3. sleeping_ is set (seq_cst) by the consumer before it looks at head_ for the last time; a
// producer reads it (seq_cst) after
//    its push. So either the consumer sees the node or the producer sees that it must wake the
//    consumer.

#include <atomic>

namespace martlet {

struct InboxNode {
    InboxNode* next = nullptr;
};

class Inbox {
  public:
    // Any thread. True: the consumer sleeps and must be woken by whatever means it has.
    bool push(InboxNode* node) {
        InboxNode* head = head_.load(std::memory_order_relaxed);
        do node->next = head;
        while (!head_.compare_exchange_weak(head, node, std::memory_order_seq_cst,
                                            std::memory_order_relaxed));  // 2, 3
        return sleeping_.load(std::memory_order_seq_cst) &&
               sleeping_.exchange(false, std::memory_order_seq_cst);  // 3
    }

    // Consumer only. The oldest node first.
    InboxNode* take_all() {
        if (head_.load(std::memory_order_relaxed) == nullptr) return nullptr;
        InboxNode* newest = head_.exchange(nullptr, std::memory_order_acquire);  // 2
        InboxNode* oldest = nullptr;
        while (newest != nullptr) {
            InboxNode* next = newest->next;
            newest->next = oldest;
            oldest = newest;
            newest = next;
        }
        return oldest;
    }

    // Consumer only. Announces sleep; false when something is there already, and then no sleep is
    // announced.
    bool prepare_sleep() {
        sleeping_.store(true, std::memory_order_seq_cst);  // 3
        if (head_.load(std::memory_order_seq_cst) == nullptr) return true;
        sleeping_.store(false, std::memory_order_relaxed);
        return false;
    }
    void end_sleep() { sleeping_.store(false, std::memory_order_relaxed); }

  private:
    alignas(64) std::atomic<InboxNode*> head_{nullptr};
    alignas(64) std::atomic<bool> sleeping_{false};
};

}  // namespace martlet
