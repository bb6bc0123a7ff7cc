// Messages of share groups whose home may not hand them on yet, since the shards of the members
// have not confirmed what they got before. Handling a letter never needs credit: so they wait here,
// and the shard that they came from runs out of credit and holds its publishers.
//
// A message for a picked member has a credit of its own, apart from that of messages for all
// subscribers: the member's shard always confirms the former, while the latter may wait for a group
// again. With one for both, two shards could wait for each other.

#include "broker/exact.h"
#include "broker/shard.h"

#include <algorithm>

namespace martlet::broker {

void Shard::hand_to_member(const Group& group, topics::GroupMember member,
                           Publication& publication) {
    member.is_recorded = group.has_durable();
    if (member.shard == index_) {
        Session* session = session_slots_.find(member.session);
        if (session == nullptr) return drop(DropReason::SessionEnded);
        return deliver_to_member(*session, member, publication);
    }
    Link& link = links_[member.shard];
    LetterBatch& batch = batch_for(member.shard);
    const BodyRef& message = publication.message();
    std::uint64_t cost = letter_cost(message);
    batch.picked_bytes += cost;
    link.outstanding_picked += cost;
    if (link.outstanding_picked > options().shard_credit_bytes)
        busy_ |= topics::ShardSet{1} << member.shard;
    batch.letters.emplace_back(
        DeliverLetter{message, publication.number, member, exact_message_of(publication)});
    if (recorder_) note_handed_over(member.shard, Leg::ToMember, publication);
}

void Shard::park(Group& group, Publication& publication, std::uint32_t from, bool is_returned) {
    if (recorder_ && publication.is_awaited) {
        recorder_->open_position(publication);
        recorder_->settlement().add_part(publication.position);
    }
    const BodyRef& message = publication.message();
    std::uint64_t cost = letter_cost(message);
    if (from == index_)
        links_[from].outstanding += cost;
    else
        links_[from].handled -= static_cast<std::int64_t>(cost);
    counters_.parked_messages.add();
    counters_.parked_bytes.add(cost);
    if (!group.has_parked()) waiting_groups_.push_back(&group);
    ParkedMessage parked{message, publication.number, publication.position, from};
    if (is_returned)
        group.park_returned(std::move(parked));
    else
        group.park(std::move(parked));
}

// The oldest of the group is on its way, or gone.
void Shard::end_parked(Group& group) {
    const ParkedMessage& parked = group.parked();
    if (parked.position != 0) recorder_->settlement().drop_part(parked.position);
    std::uint64_t cost = letter_cost(parked.message);
    if (parked.from == index_)
        links_[parked.from].outstanding -= cost;
    else
        links_[parked.from].handled += static_cast<std::int64_t>(cost);
    counters_.parked_messages.subtract();
    counters_.parked_bytes.subtract(cost);
    group.pop_parked();
}

// The oldest of the group.
void Shard::hand_parked(Group& group, const topics::GroupMember& member) {
    const ParkedMessage& parked = group.parked();
    Publication publication = Publication::of(parked.message);
    publication.number = parked.number;
    publication.position = parked.position;
    publication.is_awaited = parked.position != 0;
    if (auto exact = exacts_.find(parked.position); exact != exacts_.end())
        publication.exact = exact->second.get();
    frames_.begin();
    if (MessageView(parked.message.get()).is_expired(now_.steady))
        drop(DropReason::Expired);
    else
        hand_to_member(group, member, publication);
}

// False: it must wait on.
bool Shard::unpark_one(Group& group) {
    const topics::GroupMember* member = group.pick(busy_);
    if (member == nullptr && group.has_takers()) return false;
    if (member == nullptr)
        drop(DropReason::Offline);
    else
        hand_parked(group, *member);
    end_parked(group);
    return true;
}

// One of each group in turn, as long as anything moves.
void Shard::unpark() {
    may_unpark_ = false;
    if (waiting_groups_.empty()) return;
    bool has_moved = true;
    while (has_moved) {
        has_moved = false;
        for (Group* group : waiting_groups_) has_moved |= group->has_parked() && unpark_one(*group);
        // Who came first last time comes last next time.
        std::rotate(waiting_groups_.begin(), waiting_groups_.begin() + 1, waiting_groups_.end());
    }
    std::erase_if(waiting_groups_, [](const Group* group) { return !group->has_parked(); });
    if (!held_.empty()) release_held();
}

// The last member leaves. What was acknowledged while it was there is still its own, whatever the
// credit. If its session is over it comes back, and is dropped, since the group is no more.
void Shard::give_parked(Group& group, const topics::GroupMember& member) {
    if (!group.has_parked()) return;
    std::erase(waiting_groups_, &group);
    while (group.has_parked()) {
        hand_parked(group, member);
        end_parked(group);
    }
    if (!held_.empty()) release_held();
}

}  // namespace martlet::broker
