// What is on its way from the broker to sessions.

#include "migrate/conversion.h"

namespace martlet::migrate {

namespace {

// PUBREC has come: what is left is PUBREL, and the packet id.
bool is_released(const DbClientMessage& entry) {
    return entry.qos == 2 && entry.mid != 0 &&
           (entry.state == DbState::ResendPubrel || entry.state == DbState::WaitForPubcomp);
}

// The client may have seen this packet id. The states to publish stand also for what is sent again.
bool is_sent(const DbClientMessage& entry) {
    bool waits = entry.state == DbState::WaitForPuback || entry.state == DbState::WaitForPubrec;
    bool is_again =
        entry.dup && (entry.state == DbState::PublishQos1 || entry.state == DbState::PublishQos2);
    return entry.qos > 0 && entry.mid != 0 && (waits || is_again);
}

}  // namespace

void Conversion::count_receivers() {
    for (const DbClientMessage& entry : db_.client_messages) {
        auto it = messages_.find(entry.store_id);
        bool is_receiver = entry.direction == DbDirection::Out && !is_released(entry) &&
                           session_of(entry.client_id) != nullptr;
        if (is_receiver && it != messages_.end()) it->second.receivers++;
    }
}

Status Conversion::write_queues() {
    count_receivers();
    for (const DbClientMessage& entry : db_.client_messages) {
        if (entry.direction != DbDirection::Out) continue;
        SessionState* session = session_of(entry.client_id);
        if (session == nullptr) {
            counts_.unsound++;
            continue;
        }
        Status status = write_outgoing(*session, entry);
        if (!status) return status;
    }
    return Done{};
}

Status Conversion::write_outgoing(SessionState& session, const DbClientMessage& entry) {
    bool is_numbered =
        (is_sent(entry) || is_released(entry)) && session.sent.insert(entry.mid).second;
    if (is_released(entry)) {
        if (!is_numbered) return Done{};
        journal::Key key = sink_.take_keys(2) + 1;
        return sink_.put(key, broker::ReleasedRecord{session.key, entry.mid});
    }
    Stored* stored = message_of(entry.store_id);
    if (stored == nullptr) return Done{};
    // What has been begun is ended ([MQTT-3.3.2-5] forbids only to begin).
    if (!is_numbered && is_over(*stored->message)) {
        counts_.over++;
        return Done{};
    }
    journal::Key key = sink_.take_keys(is_numbered ? 2 : 1);
    Status status = write_delivery(
        *stored, {session.key, entry.qos, entry.retain, entry.subscription_identifier}, key);
    if (!status || !is_numbered) return status;
    return sink_.put(key + 1, broker::SentRecord{session.key, entry.mid});
}

Status Conversion::write_delivery(Stored& stored, const Receiver& receiver, journal::Key key) {
    broker::DeliveryRecord record;
    record.session = receiver.session;
    record.qos = static_cast<mqtt::Qos>(receiver.qos);
    record.retain = receiver.retain;
    record.identifier = receiver.identifier;
    if (stored.receivers > 1 && stored.key == 0) {
        stored.key = sink_.take_keys(1);
        Status status = sink_.put(stored.key, record_of(stored));
        if (!status) return status;
    }
    record.message_key = stored.key;
    if (stored.key == 0) record.message = record_of(stored);
    counts_.messages++;
    return sink_.put(key, record);
}

}  // namespace martlet::migrate
