// QoS 2 from clients. mosquitto passes such a message on when PUBREL comes, Martlet when PUBLISH
// comes. So what mosquitto still held is passed on now: to the sessions of the file, since nobody
// else is there. Their packet ids stay known: a PUBLISH that is sent again is no new message.

#include "migrate/conversion.h"
#include "mqtt/topic.h"

#include <algorithm>

namespace martlet::migrate {

Status Conversion::write_received() {
    for (const DbClientMessage& entry : db_.client_messages) {
        if (entry.direction != DbDirection::In || entry.qos != 2 || entry.mid == 0) continue;
        // PUBREL has come: the message went on, and the client may use the id for another.
        if (entry.state == DbState::ResendPubcomp) continue;
        SessionState* session = session_of(entry.client_id);
        if (session == nullptr) {
            counts_.unsound++;
            continue;
        }
        if (!session->received.insert(entry.mid).second) continue;
        Status status =
            sink_.put(sink_.take_keys(1), broker::ReceivedRecord{session->key, entry.mid});
        if (!status) return status;
        Stored* stored = message_of(entry.store_id);
        if (stored == nullptr) continue;
        status = pass_on(entry, *stored);
        if (!status) return status;
    }
    return Done{};
}

Status Conversion::pass_on(const DbClientMessage& entry, Stored& stored) {
    const DbMessage& message = *stored.message;
    if (message.retain) retained_[message.topic] = &stored;
    if (is_over(message)) {
        counts_.over++;
        return Done{};
    }
    auto subscriptions = subscriptions_for(entry, message.topic);
    stored.receivers += static_cast<std::uint32_t>(subscriptions.size());
    for (const DbSubscription* subscription : subscriptions) {
        Receiver receiver;
        receiver.session = session_of(subscription->client_id)->key;
        receiver.qos = std::min(subscription->qos, message.qos);
        receiver.retain = message.retain && subscription->retain_as_published;
        receiver.identifier = subscription->identifier;
        Status status = write_delivery(stored, receiver, sink_.take_keys(1));
        if (!status) return status;
    }
    return Done{};
}

// Of a share group the first member. QoS 0 does not wait for those who are away.
std::vector<const DbSubscription*> Conversion::subscriptions_for(const DbClientMessage& entry,
                                                                 std::string_view topic) {
    std::vector<const DbSubscription*> found;
    HashSet<std::string_view> groups;
    for (const DbSubscription& subscription : db_.subscriptions) {
        mqtt::ParsedFilter parsed;
        if (subscription.qos == 0 || session_of(subscription.client_id) == nullptr) continue;
        if (!mqtt::parse_filter(subscription.filter, parsed)) continue;
        if (subscription.no_local && subscription.client_id == entry.client_id) continue;
        if (!mqtt::matches(parsed.filter, topic)) continue;
        // The whole text names the group and its filter.
        if (parsed.is_shared && !groups.insert(subscription.filter).second) continue;
        found.push_back(&subscription);
    }
    return found;
}

}  // namespace martlet::migrate
