#pragma once

// One subscription of one session. Owned by the session; known to the shard's filter tree (or, when
// shared, to the group's home shard) while it lives. Loop thread only.

#include "broker/group.h"
#include "journal/group.h"
#include "mqtt/packets.h"
#include "topics/filter_tree.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace martlet::broker {

class Session;
struct Subscription;

// The subscribers of one filter in one shard: mostly one, which then stands in the list itself.
class SubscriberList {
  public:
    SubscriberList() = default;
    ~SubscriberList() {
        if (capacity_ > 1) delete[] many_;
    }
    SubscriberList(const SubscriberList&) = delete;
    SubscriberList& operator=(const SubscriberList&) = delete;

    bool empty() const { return size_ == 0; }
    std::uint32_t size() const { return size_; }
    Subscription* const* begin() const { return capacity_ > 1 ? many_ : &one_; }
    Subscription* const* end() const { return begin() + size_; }
    void push(Subscription* subscription);
    // The last one takes the place of the one at `index`, and is returned; null when that was the
    // last.
    Subscription* remove(std::uint32_t index);

  private:
    union {
        Subscription* one_ = nullptr;
        Subscription** many_;
    };
    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = 1;
};

// What the shard's tree holds for a filter: its subscribers here, and the share groups on it whose
// home is here.
struct Subscribers {
    SubscriberList direct;
    std::vector<std::unique_ptr<Group>> groups;
    bool empty() const { return direct.empty() && groups.empty(); }
};
using SubscriberTree = topics::FilterTree<Subscribers>;

// One cache line: a message among a million subscriptions touches a cold one.
struct alignas(64) Subscription {
    Session* session = nullptr;
    Subscription* next = nullptr;  // in the session's list
    Subscription* previous = nullptr;
    SubscriberTree::Entry* entry = nullptr;  // null: shared
    // Live messages up to this retained number were given as retained ones already.
    std::uint64_t retained_number = 0;
    std::uint32_t identifier = 0;  // 0: none
    std::uint32_t index = 0;       // in entry->value.direct
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
    bool no_local = false;
    bool retain_as_published = false;
    bool is_shared = false;  // it is a SharedSubscription
    journal::Key key = 0;    // its record; 0: none

    // Shared only: "GROUP/FILTER" as it stands behind "$share/".
    const std::string& share_key() const;
    std::uint16_t group_number() const;  // in Session::groups
};
static_assert(sizeof(Subscription) == 64);

struct SharedSubscription : Subscription {
    SharedSubscription(std::string group_and_filter, std::uint16_t group_number)
        : key(std::move(group_and_filter)), number(group_number) {
        is_shared = true;
    }
    std::string key;
    std::uint16_t number;
};

inline const std::string& Subscription::share_key() const {
    return static_cast<const SharedSubscription*>(this)->key;
}

inline std::uint16_t Subscription::group_number() const {
    return static_cast<const SharedSubscription*>(this)->number;
}

void destroy(Subscription* subscription);

}  // namespace martlet::broker
