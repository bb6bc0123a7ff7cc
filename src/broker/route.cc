// Who gets a message: the shard's own subscribers, its share groups, and the other shards that have
// some.

#include "broker/shard.h"

#include <algorithm>

namespace martlet::broker {

namespace {

// What a letter costs towards the credit of a pair of shards, apart from its message.
constexpr std::uint64_t kLetterBytes = 64;

std::uint64_t cost_of(const BodyRef& message) {
    return kLetterBytes + message->size();
}

}  // namespace

bool Shard::publish(Publication& publication,
                    const std::shared_ptr<const topics::RetainedOrigin>& origin) {
    if (publication.retain && options().retain_available) {
        // Stored before it is routed, so that whoever subscribes meanwhile misses nothing
        // (ARCHITECTURE, "Retained messages").
        publication.number =
            publication.payload.empty()
                ? shared_.retained.set(publication.topic, {}, nullptr)
                : shared_.retained.set(publication.topic, publication.message(), origin);
    }
    return route(publication);
}

bool Shard::route(Publication& publication) {
    const TopicRoute& route = look_up(publication.topic);
    if (route.empty()) return false;
    frames_.begin();
    deliver_direct(route, publication);
    bool any = route.others != 0 || !route.direct.empty();
    for (const auto& [group, entry] : route.groups) any |= deliver_to_group(*group, publication);
    for (topics::ShardSet rest = route.others; rest != 0; rest &= rest - 1) {
        hand_over(static_cast<std::uint32_t>(__builtin_ctzll(rest)), publication);
    }
    return any;
}

void Shard::deliver_direct(const TopicRoute& route, Publication& publication) {
    if (options().allow_duplicate_messages) {
        for (Subscription* subscription : route.direct) deliver(*subscription, publication);
        return;
    }
    // fill() has put those of one session side by side.
    std::span<Subscription* const> rest(route.direct);
    while (!rest.empty()) {
        auto other = [&](const Subscription* s) { return s->session != rest.front()->session; };
        auto end = std::find_if(rest.begin(), rest.end(), other);
        auto count = static_cast<std::size_t>(end - rest.begin());
        if (count == 1)
            deliver(*rest.front(), publication);
        else
            deliver_merged(rest.first(count), publication);
        rest = rest.subspan(count);
    }
}

const TopicRoute& Shard::look_up(std::string_view topic) {
    // Both only grow, so that their sum stands still only when both do; 1 keeps it from ever being
    // "to be filled".
    std::uint64_t stamp =
        1 + stamps_.read(topic) + (shared_.shards > 1 ? shared_.interest.stamp(topic) : 0);
    TopicRoute& route = topic_cache_.find(topic);
    if (route.stamp == stamp) return route;
    fill(route, topic);
    route.stamp = stamp;
    return topic_cache_.filled(route);
}

void Shard::fill(TopicRoute& route, std::string_view topic) {
    route.clear();
    subscribers_.match(topic, [&](const SubscriberTree::Entry& entry) {
        const Subscribers& found = entry.value;
        route.direct.insert(route.direct.end(), found.direct.begin(), found.direct.end());
        for (const auto& group : found.groups) route.groups.emplace_back(group.get(), &entry);
    });
    if (!options().allow_duplicate_messages) {
        std::stable_sort(route.direct.begin(), route.direct.end(),
                         [](const Subscription* a, const Subscription* b) {
                             return a->session->handle.index < b->session->handle.index;
                         });
    }
    if (shared_.shards > 1)
        route.others = shared_.interest.match(topic) & ~(topics::ShardSet{1} << index_);
}

void Shard::hand_over(std::uint32_t shard, Publication& publication) {
    Link& link = links_[shard];
    if (publication.qos == mqtt::Qos::AtMostOnce &&
        link.outstanding > options().shard_credit_bytes && publication.number == 0) {
        return drop(DropReason::ShardCredit);
    }
    LetterBatch& batch = batch_for(shard);
    const BodyRef& message = publication.message();
    batch.bytes += cost_of(message);
    link.outstanding += cost_of(message);
    batch.letters.emplace_back(PublishLetter{message, publication.number});
}

LetterBatch& Shard::batch_for(std::uint32_t shard) {
    Link& link = links_[shard];
    if (!link.batch) {
        if (spare_batches_.empty()) {
            link.batch = shared_.post.take_back(index_);
            if (!link.batch) link.batch = std::make_unique<LetterBatch>();
        } else {
            link.batch = std::move(spare_batches_.back());
            spare_batches_.pop_back();
        }
        link.batch->from = index_;
        link.batch->bytes = 0;
    }
    return *link.batch;
}

bool Shard::has_credit(std::string_view topic) {
    auto is_overdrawn = [&](const Link& link) {
        return link.outstanding > options().shard_credit_bytes;
    };
    if (std::none_of(links_.begin(), links_.end(), is_overdrawn)) return true;
    const TopicRoute& route = look_up(topic);
    // Whose turn it is in a group is not known yet: it may be a member in the shard that cannot
    // take more.
    if (!route.groups.empty()) return false;
    for (topics::ShardSet rest = route.others; rest != 0; rest &= rest - 1) {
        if (is_overdrawn(links_[static_cast<std::size_t>(__builtin_ctzll(rest))])) return false;
    }
    return true;
}

void Shard::hold_for_credit(Connection& connection) {
    connection.is_held_ = true;
    held_.push_back(connection.handle_);
}

void Shard::release_held() {
    // Each tries again; one that is still out of credit is held anew.
    std::vector<SlotHandle> held;
    held.swap(held_);
    for (SlotHandle handle : held) {
        Connection* connection = connection_slots_.find(handle);
        if (connection == nullptr || !connection->is_held_) continue;
        connection->is_held_ = false;
        connection->last_seen_ms_ = now_.steady.count();
        connection->transport().resume();
    }
}

void Shard::send_letters() {
    for (std::uint32_t other = 0; other < links_.size(); other++) {
        Link& link = links_[other];
        // Confirmed in halves, so that a pair in one direction costs few letters back.
        if (link.handled > options().shard_credit_bytes / 2 || (link.handled > 0 && link.batch)) {
            batch_for(other).letters.emplace_back(CreditLetter{link.handled});
            link.handled = 0;
        }
        if (link.batch) shared_.post.post(other, std::move(link.batch));
    }
}

void Shard::receive_letters(std::unique_ptr<LetterBatch> batch) {
    for (Letter& letter : batch->letters) handle(letter, batch->from);
    if (batch->from == LetterBatch::kOutside) return;
    links_[batch->from].handled += batch->bytes;
    batch->letters.clear();
    // Emptied batches are used again in this direction; those that pile up are freed.
    if (spare_batches_.size() < 2 * links_.size())
        spare_batches_.push_back(std::move(batch));
    else
        shared_.post.give_back(std::move(batch));
}

namespace {
template <typename... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;
}  // namespace

void Shard::handle(Letter& letter, std::uint32_t from) {
    std::visit(Overloaded{
                   [&](PublishLetter& l) {
                       Publication publication = Publication::of(l.message);
                       publication.number = l.number;
                       const TopicRoute& route = look_up(publication.topic);
                       frames_.begin();
                       deliver_direct(route, publication);
                       for (const auto& [group, entry] : route.groups)
                           deliver_to_group(*group, publication);
                   },
                   [&](DeliverLetter& l) {
                       Publication publication = Publication::of(l.message);
                       publication.number = l.number;
                       Session* session = session_slots_.find(l.member.session);
                       if (session == nullptr) return drop(DropReason::SessionEnded);
                       frames_.begin();
                       deliver_to_member(*session, l.member, publication);
                   },
                   [&](std::unique_ptr<GroupLetter>& l) { apply(*l); },
                   [&](AdmissionLetter& l) {
                       if (Connection* c = connection_slots_.find(l.connection))
                           c->on_admission(l.is_accepted);
                   },
                   [&](ReloadLetter& l) { reload(std::move(l.snapshot)); },
                   [&](LogSubscriptionsLetter&) { log_subscriptions(); },
                   [&](CreditLetter& l) {
                       links_[from].outstanding -= l.bytes;
                       if (!held_.empty()) release_held();
                   },
               },
               letter);
}

}  // namespace martlet::broker
