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
    std::size_t offline = members_.size();
    for (std::size_t tried = 1; tried <= members_.size(); tried++) {
        std::size_t at = (turn_ + tried) % members_.size();
        const GroupMember& member = members_[at];
        if (member.is_online) {
            turn_ = at;
            return &member;
        }
        // A session that is away may still take what QoS 1 and 2 queue for it.
        bool may_queue = member.qos != mqtt::Qos::AtMostOnce;
        if (offline == members_.size() && may_queue) offline = at;
    }
    if (offline == members_.size()) return nullptr;
    turn_ = offline;
    return &members_[offline];
}

GroupMember* ShareGroup::find(std::uint32_t shard, SlotHandle session) {
    for (GroupMember& member : members_) {
        if (member.shard == shard && member.session == session) return &member;
    }
    return nullptr;
}

}  // namespace martlet::topics
