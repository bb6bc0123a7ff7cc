#include "topics/share_group.h"

namespace martlet::topics {

void ShareGroup::join(const GroupMember& member) {
    if (GroupMember* known = find(member.shard, member.session))
        *known = member;
    else
        members_.push_back(member);
}

void ShareGroup::leave(std::uint32_t shard, SlotHandle session) {
    std::erase_if(members_,
                  [&](const GroupMember& m) { return m.shard == shard && m.session == session; });
}

void ShareGroup::set_online(std::uint32_t shard, SlotHandle session, bool is_online) {
    if (GroupMember* member = find(shard, session)) member->is_online = is_online;
}

const GroupMember* ShareGroup::pick() {
    const GroupMember* offline = nullptr;
    for (std::size_t tried = 0; tried < members_.size(); tried++) {
        turn_ = (turn_ + 1) % members_.size();
        const GroupMember& member = members_[turn_];
        if (member.is_online) return &member;
        // A session that is away may still take what QoS 1 and 2 queue for it.
        if (offline == nullptr && member.qos != mqtt::Qos::AtMostOnce) offline = &member;
    }
    return offline;
}

GroupMember* ShareGroup::find(std::uint32_t shard, SlotHandle session) {
    for (GroupMember& member : members_) {
        if (member.shard == shard && member.session == session) return &member;
    }
    return nullptr;
}

}  // namespace martlet::topics
