// Who gets a message: the shard's own subscribers, its share groups, and the other shards that have
// some.

#include "broker/exact.h"
#include "broker/shard.h"

#include <algorithm>

namespace martlet::broker {

bool Shard::publish(Publication& publication,
                    const std::shared_ptr<const topics::RetainedOrigin>& origin) {
    if (publication.retain && options().retain_available) {
        // Stored before it is routed, so that whoever subscribes meanwhile misses nothing
        // (ARCHITECTURE, "Retained messages").
        set_retained(publication, origin);
    }
    bool any = route(publication);
    if (tap_ != nullptr) offer_to_tap(publication);
    return any;
}

void Shard::set_retained(Publication& publication,
                         const std::shared_ptr<const topics::RetainedOrigin>& origin) {
    // The broker's own values are made anew after a restart.
    bool is_recorded = recorder_ && !publication.topic.starts_with("$SYS/");
    journal::Key replaced = 0;
    if (publication.payload.empty()) {
        publication.number = shared_.retained.set(publication.topic, {}, nullptr, 0, &replaced);
        if (is_recorded) recorder_->remove(replaced);
        return;
    }
    const BodyRef& message = publication.message();
    journal::Key key = is_recorded ? recorder_->take_keys(1) : 0;
    publication.number = shared_.retained.set(publication.topic, message, origin, key, &replaced);
    if (is_recorded)
        recorder_->put_retained(key, message, publication.number, origin.get(), replaced);
}

bool Shard::route(Publication& publication) {
    const TopicRoute& route =
        look_up(publication.topic, publication.payload.data() + publication.payload.size());
    if (route.empty()) return false;
    frames_.begin();
    publication.is_shared = route.direct.size() + route.groups.size() > 1;
    deliver_direct(route, publication);
    bool any = route.others != 0 || !route.direct.empty();
    for (const auto& [group, entry] : route.groups)
        any |= deliver_to_group(*group, publication, index_);
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
    // Those of one session stand side by side: group_by_session().
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

std::uint64_t Shard::stamp_of(std::string_view topic) const {
    // Both only grow, so that their sum stands still only when both do; 1 keeps it from ever being
    // "to be filled".
    return 1 + stamps_.read(topic) + (shared_.shards > 1 ? shared_.interest.stamp(topic) : 0);
}

const TopicRoute& Shard::look_up(std::string_view topic, const std::uint8_t* payload_end) {
    std::uint64_t stamp = stamp_of(topic);
    RouteAhead::Ready* ready = payload_end == nullptr ? nullptr : ahead_.take(topic);
    TopicRoute& route = topic_cache_.find(topic, ready ? ready->hash : hash_text(topic));
    if (route.stamp == stamp) return route;
    if (ready == nullptr && payload_end != nullptr) ready = route_ahead(topic, payload_end);
    if (ready != nullptr && ready->route.stamp == stamp)
        std::swap(route, ready->route);
    else
        fill(route, topic);
    route.stamp = stamp;
    return topic_cache_.filled(route);
}

void Shard::fill(TopicRoute& route, std::string_view topic) {
    route.clear();
    subscribers_.match(topic, [&](const SubscriberTree::Entry& entry) { add_to(route, entry); });
    if (shared_.shards > 1) route.others = others_of(shared_.interest.match(topic));
    group_by_session(route);
}

void Shard::add_to(TopicRoute& route, const SubscriberTree::Entry& entry) {
    const Subscribers& found = entry.value;
    route.direct.insert(route.direct.end(), found.direct.begin(), found.direct.end());
    for (const auto& group : found.groups) route.groups.emplace_back(group.get(), &entry);
}

void Shard::group_by_session(TopicRoute& route) const {
    if (options().allow_duplicate_messages || route.direct.size() < 2) return;
    std::stable_sort(route.direct.begin(), route.direct.end(),
                     [](const Subscription* a, const Subscription* b) {
                         return a->session->handle.index < b->session->handle.index;
                     });
}

void Shard::hand_over(std::uint32_t shard, Publication& publication) {
    Link& link = links_[shard];
    if (publication.qos == mqtt::Qos::AtMostOnce &&
        link.outstanding > options().shard_credit_bytes && publication.number == 0) {
        return drop(DropReason::ShardCredit);
    }
    LetterBatch& batch = batch_for(shard);
    const BodyRef& message = publication.message();
    batch.bytes += letter_cost(message);
    link.outstanding += letter_cost(message);
    batch.letters.emplace_back(
        PublishLetter{message, publication.number, exact_message_of(publication)});
    if (recorder_) note_handed_over(shard, Leg::ToShard, publication);
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
        link.batch->picked_bytes = 0;
    }
    return *link.batch;
}

bool Shard::has_credit(std::string_view topic) {
    auto is_overdrawn = [&](const Link& link) {
        return link.outstanding > options().shard_credit_bytes;
    };
    if (recorder_ && recorder_->is_behind()) return false;
    if (!has_tap_credit()) return false;
    if (std::none_of(links_.begin(), links_.end(), is_overdrawn)) return true;
    const TopicRoute& route = look_up(topic);
    // What a group cannot hand on is parked, up to the credit that the shard gives itself.
    if (!route.groups.empty() && is_overdrawn(links_[index_])) return false;
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

// In halves, so that a pair in one direction costs few letters back.
void Shard::confirm(std::uint32_t shard) {
    Link& link = links_[shard];
    CreditLetter letter{static_cast<std::uint64_t>(std::max<std::int64_t>(link.handled, 0)),
                        link.handled_picked};
    std::uint64_t most = std::max(letter.bytes, letter.picked_bytes);
    if (most <= options().shard_credit_bytes / 2 && (most == 0 || !link.batch)) return;
    link.handled -= static_cast<std::int64_t>(letter.bytes);
    link.handled_picked = 0;
    batch_for(shard).letters.emplace_back(letter);
}

void Shard::on_credit(std::uint32_t shard, const CreditLetter& credit) {
    Link& link = links_[shard];
    link.outstanding -= credit.bytes;
    link.outstanding_picked -= credit.picked_bytes;
    if (link.outstanding_picked <= options().shard_credit_bytes)
        busy_ &= ~(topics::ShardSet{1} << shard);
    may_unpark_ = true;
    if (!held_.empty()) release_held();
}

void Shard::send_letters() {
    if (may_unpark_) unpark();
    if (!estates_.empty()) settle_estates();
    if (recorder_) {
        complete_exacts();
        recorder_->release_settled();
        recorder_->hand_over();
        for (std::uint32_t other = 0; other < links_.size(); other++) {
            report_settled(other, Leg::ToShard);
            report_settled(other, Leg::ToMember);
        }
    }
    send_tap_batch();
    if (!to_mark_.empty() && marks_out_ == 0) send_marks();
    for (std::uint32_t other = 0; other < links_.size(); other++) {
        Link& link = links_[other];
        confirm(other);
        if (link.batch) shared_.post.post(other, std::move(link.batch));
    }
}

void Shard::receive_letters(std::unique_ptr<LetterBatch> batch) {
    for (Letter& letter : batch->letters) handle(letter, batch->from);
    if (batch->from == LetterBatch::kOutside) return;
    links_[batch->from].handled += static_cast<std::int64_t>(batch->bytes);
    links_[batch->from].handled_picked += batch->picked_bytes;
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
                       if (recorder_)
                           await_for(from, Leg::ToShard, publication, std::move(l.exact));
                       publication.is_shared = route.direct.size() + route.groups.size() > 1;
                       deliver_direct(route, publication);
                       for (const auto& [group, entry] : route.groups)
                           deliver_to_group(*group, publication, from);
                       if (recorder_) settle_for(from, Leg::ToShard, publication);
                   },
                   [&](DeliverLetter& l) {
                       Publication publication = Publication::of(l.message);
                       publication.number = l.number;
                       if (recorder_)
                           await_for(from, Leg::ToMember, publication, std::move(l.exact));
                       Session* session = session_slots_.find(l.member.session);
                       frames_.begin();
                       if (session == nullptr)
                           drop(DropReason::SessionEnded);
                       else
                           deliver_to_member(*session, l.member, publication);
                       if (recorder_) settle_for(from, Leg::ToMember, publication);
                   },
                   [&](std::unique_ptr<GroupLetter>& l) { apply(*l); },
                   [&](AdmissionLetter& l) {
                       if (Connection* c = connection_slots_.find(l.connection))
                           c->on_admission(l.verdict);
                   },
                   [&](ReloadLetter& l) { reload(std::move(l.snapshot)); },
                   [&](LogSubscriptionsLetter&) { log_subscriptions(); },
                   [&](CreditLetter& l) { on_credit(from, l); },
                   [&](PreparedLetter& l) { on_prepared(from, l); },
                   [&](CommittedLetter& l) { on_committed(from, l); },
                   [&](SettledLetter& l) { on_settled(from, l); },
                   [&](JournalLetter& l) {
                       recorder_->on_batch(std::move(l.batch));
                       for (Session* session : taps_) pump(*session);
                       if (!held_.empty()) release_held();
                   },
                   [&](ReadingLetter& l) { on_read(*l.reading); },
                   [&](TapLetter& l) { on_tap_stored(std::move(l.batch)); },
                   [&](InjectLetter& l) {
                       Publication publication = Publication::of(l.message);
                       if (memory_level() == MemoryLevel::Over)
                           drop(DropReason::MemoryLimit);
                       else
                           publish(publication, nullptr);
                   },
                   [&](QuestionLetter& l) { answer(std::move(l.question)); },
                   [&](RoomLetter&) {
                       if (!held_.empty()) release_held();
                   },
                   [&](MarkLetter& l) { on_mark(from, l); },
                   [&](ReturnLetter& l) {
                       Publication publication = Publication::of(l.message);
                       if (recorder_)
                           await_for(from, Leg::ToShard, publication, std::move(l.exact));
                       return_to_group(as_text(l.group->view()), publication, from);
                       if (recorder_) settle_for(from, Leg::ToShard, publication);
                   },
               },
               letter);
}

}  // namespace martlet::broker
