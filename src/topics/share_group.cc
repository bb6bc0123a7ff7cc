#include "topics/share_group.h"

#include <algorithm>

namespace martlet::topics {

namespace {

bool may_take(const GroupMember& member) {
    // A session that is away may still take what QoS 1 and 2 queue for it.
    return member.is_online || member.qos != mqtt::Qos::AtMostOnce;
}

}  // namespace

void ShareGroup::join(const GroupMember& member) {
    durable_ += member.is_durable;
    if (GroupMember* known = find(member.shard, member.session)) {
        durable_ -= known->is_durable;
        *known = member;
    } else {
        members_.push_back(member);
    }
}

std::optional<GroupMember> ShareGroup::leave(std::uint32_t shard, SlotHandle session) {
    const GroupMember* found = find(shard, session);
    if (found == nullptr) return std::nullopt;
    GroupMember member = *found;
    durable_ -= member.is_durable;
    members_.erase(members_.begin() + (found - members_.data()));
    return member;
}

void ShareGroup::set_online(const GroupMember& member) {
    GroupMember* known = find(member.shard, member.session);
    if (known == nullptr) return;
    durable_ += member.is_durable;
    durable_ -= known->is_durable;
    known->is_online = member.is_online;
    known->is_durable = member.is_durable;
}

const GroupMember* ShareGroup::pick(ShardSet busy) {
    std::size_t offline = members_.size();
    bool is_any_online = false;
    for (std::size_t tried = 1; tried <= members_.size(); tried++) {
        std::size_t at = (turn_ + tried) % members_.size();
        const GroupMember& member = members_[at];
        bool is_free = (busy >> member.shard & 1) == 0;
        if (member.is_online && is_free) {
            turn_ = at;
            return &member;
        }
        is_any_online |= member.is_online;
        if (offline == members_.size() && is_free && may_take(member)) offline = at;
    }
    // Who is there is waited for.
    if (is_any_online || offline == members_.size()) return nullptr;
    turn_ = offline;
    return &members_[offline];
}

bool ShareGroup::has_takers() const {
    return std::any_of(members_.begin(), members_.end(), may_take);
}

GroupMember* ShareGroup::find(std::uint32_t shard, SlotHandle session) {
    for (GroupMember& member : members_) {
        if (member.shard == shard && member.session == session) return &member;
    }
    return nullptr;
}

}  // namespace martlet::topics
