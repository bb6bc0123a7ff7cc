// Shared subscriptions: a group lives in its home shard, which picks the member and hands over.

#include "broker/shard.h"

#include <algorithm>

namespace martlet::broker {

namespace {

std::string_view name_of(std::string_view group_and_filter) {
    return group_and_filter.substr(0, group_and_filter.find('/'));
}
std::string_view filter_of(std::string_view group_and_filter) {
    return group_and_filter.substr(group_and_filter.find('/') + 1);
}

topics::GroupMember member_of(std::uint32_t shard, const Session& session,
                              const Subscription& subscription) {
    return {shard,
            session.handle,
            subscription.qos,
            subscription.retain_as_published,
            session.is_online(),
            subscription.identifier,
            subscription.group_number(),
            session.is_durable()};
}

}  // namespace

bool Shard::deliver_to_group(Group& group, Publication& publication, std::uint32_t from,
                             bool is_returned) {
    bool may_wait = publication.qos != mqtt::Qos::AtMostOnce;
    if (may_wait && (is_returned ? group.has_returned() : group.has_parked())) {
        // Those that came before it go first.
        park(group, publication, from, is_returned);
        return true;
    }
    if (const topics::GroupMember* member = group.pick(busy_)) {
        hand_to_member(group, *member, publication);
        return true;
    }
    if (!group.has_takers()) return false;
    if (may_wait)
        park(group, publication, from, is_returned);
    else
        drop(DropReason::ShardCredit);
    return true;
}

bool Shard::add_shared(Session& session, std::string_view group, std::string_view filter,
                       const mqtt::Subscription& wanted, std::uint32_t identifier,
                       journal::Key restored) {
    std::string key(group);
    key += '/';
    key += filter;
    Subscription* subscription = session.find_shared(key);
    bool is_new = subscription == nullptr;
    if (is_new) {
        std::uint16_t number = session.group_number(key);
        subscription = new SharedSubscription(std::move(key), number);
        session.link(subscription);
        if (shared_.shards > 1)
            shared_.interest.add(filter, shared_.home_of_group(subscription->share_key()));
        counters_.subscriptions.add();
        counters_.shared_subscriptions.add();
    }
    subscription->qos = wanted.qos;
    subscription->retain_as_published = wanted.retain_as_published;
    subscription->identifier = identifier;
    if (restored != 0)
        subscription->key = restored;
    else if (recorder_)
        recorder_->put_subscription(session, *subscription);
    GroupLetter letter;
    letter.change = GroupLetter::Change::Join;
    letter.member = member_of(index_, session, *subscription);
    change_group(std::move(letter), subscription->share_key());
    return is_new;
}

bool Shard::remove_shared(Session& session, std::string_view group, std::string_view filter) {
    std::string key(group);
    key += '/';
    key += filter;
    Subscription* subscription = session.find_shared(key);
    if (subscription == nullptr) return false;
    drop_subscription(session, subscription);
    return true;
}

void Shard::tell_groups(Session& session) {
    for (Subscription* s = session.subscriptions; s != nullptr; s = s->next) {
        if (!s->is_shared) continue;
        GroupLetter letter;
        letter.change = GroupLetter::Change::State;
        letter.member = member_of(index_, session, *s);
        change_group(std::move(letter), s->share_key());
    }
}

void Shard::change_group(GroupLetter letter, std::string_view group_and_filter) {
    letter.name = name_of(group_and_filter);
    letter.filter = filter_of(group_and_filter);
    std::uint32_t home = shared_.home_of_group(group_and_filter);
    if (home == index_) return apply(letter);
    batch_for(home).letters.emplace_back(std::make_unique<GroupLetter>(std::move(letter)));
}

Group* Shard::find_group(std::string_view group_and_filter) {
    SubscriberTree::Entry* entry = subscribers_.find(filter_of(group_and_filter));
    if (entry == nullptr) return nullptr;
    for (const auto& group : entry->value.groups) {
        if (group->name() == name_of(group_and_filter)) return group.get();
    }
    return nullptr;
}

void Shard::apply(const GroupLetter& letter) {
    using Change = GroupLetter::Change;
    bool joins = letter.change == Change::Join;
    SubscriberTree::Entry* entry =
        joins ? &subscribers_.find_or_add(letter.filter) : subscribers_.find(letter.filter);
    if (entry == nullptr) return;
    auto& groups = entry->value.groups;
    auto it = std::find_if(groups.begin(), groups.end(),
                           [&](const auto& g) { return g->name() == letter.name; });
    if (it == groups.end()) {
        if (!joins) return;
        groups.push_back(std::make_unique<Group>(letter.name));
        it = std::prev(groups.end());
        stamps_.change(letter.filter);
    }
    switch (letter.change) {
        case Change::Join:
            (*it)->join(letter.member);
            break;
        case Change::Leave:
            if (auto left = (*it)->leave(letter.member.shard, letter.member.session))
                if ((*it)->empty()) give_parked(**it, *left);
            break;
        case Change::State:
            (*it)->set_online(letter.member);
            break;
    }
    may_unpark_ = true;  // to a member that was not there before
    if (!(*it)->empty()) return;
    groups.erase(it);
    stamps_.change(letter.filter);
    if (entry->value.empty()) subscribers_.remove(*entry);
}

}  // namespace martlet::broker
