// How a message reaches one session: what the subscription asks for, the window, the queue, the
// bytes.

#include "base/log.h"
#include "broker/shard.h"
#include "mqtt/frame.h"
#include "mqtt/properties.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace martlet::broker {

namespace {

// Of a session's queue so many messages are kept in memory, the rest in the journal only.
constexpr std::uint32_t kInMemoryMax = 64;
// A frame larger than this is not copied into the outbox whole: its payload is referenced.
constexpr std::size_t kShareFrom = FrameCache::kShareFrom;

// A subscription identifier in wire form.
struct WireIdentifier {
    std::array<std::uint8_t, 5> bytes;
    std::size_t size = 0;
    explicit WireIdentifier(std::uint32_t identifier) {
        if (identifier == 0) return;
        bytes[0] = static_cast<std::uint8_t>(mqtt::PropertyId::SubscriptionIdentifier);
        size = static_cast<std::size_t>(mqtt::write_varint(identifier, &bytes[1]) - bytes.data());
    }
    ByteView view() const { return {bytes.data(), size}; }
};

}  // namespace

bool Shard::may_read(const Session& session, std::string_view topic) const {
    // Asked again when the message is sent, to whoever has come for it.
    if (!session.is_user_known) return true;
    const auth::Security& rules = security(session.listener);
    if (!rules.has_acl()) return true;
    return rules.decide(session.user_name, session.client_id, auth::Access::Read, topic).is_allowed;
}

// A message leaves with the lower of both, or with that of the subscription where the operator
// wants it (`upgrade_outgoing_qos`).
mqtt::Qos Shard::outgoing_qos(mqtt::Qos published, mqtt::Qos subscribed) const {
    return options().upgrade_outgoing_qos ? subscribed : std::min(published, subscribed);
}

void Shard::deliver(Subscription& subscription, Publication& publication) {
    Session& session = *subscription.session;
    if (subscription.no_local && publication.publisher == &session) return;  // [MQTT-3.8.3-3]
    if (publication.number != 0 && publication.number <= subscription.retained_number) return;
    mqtt::Qos qos = outgoing_qos(publication.qos, subscription.qos);
    bool retain = publication.retain && subscription.retain_as_published;
    send(session, publication, {subscription.identifier, qos, retain});
}

// `allow_duplicate_messages false`: one copy for all subscriptions of a session that match, with
// the highest QoS and every identifier [MQTT-3.3.4-2] to [MQTT-3.3.4-4]. `subscriptions` are of one
// session.
void Shard::deliver_merged(std::span<Subscription* const> subscriptions, Publication& publication) {
    Subscription merged;
    merged.no_local = true;
    merged.retained_number = UINT64_MAX;
    std::vector<std::uint8_t> identifiers;
    for (const Subscription* s : subscriptions) {
        bool is_own = s->no_local && publication.publisher == s->session;
        bool is_seen = publication.number != 0 && publication.number <= s->retained_number;
        if (is_own || is_seen) continue;
        merged.session = s->session;
        merged.no_local = false;
        merged.retained_number = 0;
        merged.qos = std::max(merged.qos, s->qos);
        merged.retain_as_published |= s->retain_as_published;
        WireIdentifier wire(s->identifier);
        identifiers.insert(identifiers.end(), wire.view().begin(), wire.view().end());
    }
    if (merged.session == nullptr) return;
    if (identifiers.empty()) return deliver(merged, publication);
    // The identifiers travel as properties of a copy that is this session's own.
    Publication own = publication.copy_with_properties(identifiers);
    frames_.begin();
    deliver(merged, own);
    publication.position = own.position;
    frames_.begin();
}

void Shard::deliver_to_member(Session& session, const topics::GroupMember& member,
                              Publication& publication) {
    Outgoing how{member.subscription_identifier, outgoing_qos(publication.qos, member.qos),
                 publication.retain && member.retain_as_published};
    if (how.qos == mqtt::Qos::AtMostOnce) return send(session, publication, how);
    if (has_acl_ && !may_read(session, publication.topic)) return drop(DropReason::DeniedRead);
    enqueue(session, publication, how, &member);
}

void Shard::send(Session& session, Publication& publication, Outgoing how) {
    if (has_acl_ && !may_read(session, publication.topic)) return drop(DropReason::DeniedRead);
    if (how.qos == mqtt::Qos::AtMostOnce)
        send_qos0(session, publication, how);
    else
        enqueue(session, publication, how);
}

void Shard::send_qos0(Session& session, Publication& publication, Outgoing how) {
    Connection* connection = session.connection;
    // Nothing follows a DISCONNECT [MQTT-3.14.4-1].
    if (connection == nullptr || !connection->is_ready()) {
        if (options().queue_qos0_messages && session.is_durable()) {
            return enqueue(session, publication, how);
        }
        return drop(DropReason::Offline);
    }
    // Order within a topic holds for QoS 0 as well while an earlier one waits (queued when the
    // session was away).
    if (session.flow && session.flow->out.queued() > 0 && options().queue_qos0_messages) {
        return enqueue(session, publication, how);
    }
    if (connection->outbox.size() > options().outbox_bytes_max) {
        connection->note_dropped();
        return drop(DropReason::OutboxFull);
    }
    OutEntry entry;
    entry.subscription_identifiers = how.identifier;
    entry.retain = how.retain;
    write_publish(*connection, publication, entry, false);
}

bool Shard::has_queue_room(const Session& session, std::size_t bytes) const {
    // has_tap_credit() holds the publishers of the tap; an estate gives all of it away.
    if (session.tap_name || session.is_over) return true;
    const Session::Flow& flow = *session.flow;
    const Options& o = options();
    if (o.max_queued_messages != 0 && flow.out.queued() >= o.max_queued_messages) return false;
    if (o.max_queued_bytes != 0 && flow.out_bytes + bytes > o.max_queued_bytes) return false;
    return has_total_room(bytes);
}

// Over all sessions of all shards, in flight or waiting.
bool Shard::has_total_room(std::size_t bytes) const {
    const Options& o = options();
    if (o.max_queued_messages_total == 0 && o.max_queued_bytes_total == 0) return true;
    std::uint64_t messages = 0, all_bytes = bytes;
    for (const Counters& counters : shared_.counters) {
        messages += counters.queued_messages.get();
        all_bytes += counters.queued_bytes.get();
    }
    if (o.max_queued_messages_total != 0 && messages >= o.max_queued_messages_total) return false;
    return o.max_queued_bytes_total == 0 || all_bytes <= o.max_queued_bytes_total;
}

void Shard::enqueue(Session& session, Publication& publication, Outgoing how,
                    const topics::GroupMember* picked) {
    mqtt::Qos qos = how.qos;
    Session::Flow& flow = session.flows();
    // Topic and properties count as well as the payload.
    std::size_t cost = publication.message()->size();
    // A session that ends with the process leaves QoS 1 to the members that do not (estate.h).
    bool is_left = picked != nullptr && picked->is_recorded && qos == mqtt::Qos::AtLeastOnce;
    bool is_recorded = recorder_ && (session.key != 0 || is_left);
    bool is_promised = is_recorded && publication.exact != nullptr && qos == mqtt::Qos::ExactlyOnce;
    // Stored by telemetry and lost here, it would be stored again when its publisher repeats it.
    bool must_be_written = session.tap_name && qos == mqtt::Qos::ExactlyOnce;
    bool is_next = !is_promised && !must_be_written && goes_at_once(session, qos);
    if (!is_next && !has_queue_room(session, cost)) {
        if (!flow.is_drop_logged) {
            flow.is_drop_logged = true;
            log::notice("Outgoing messages are being dropped for client {}.", session.client_id);
        }
        return drop(DropReason::QueueFull);
    }
    OutEntry entry;
    entry.subscription_identifiers = how.identifier;
    entry.qos = qos;
    entry.retain = how.retain;
    std::uint16_t group = picked == nullptr ? std::uint16_t{0} : picked->number;
    entry.set_group(group);
    entry.packet_id = flow.out.next_id();
    if (is_promised) {
        recorder_->promise(session, publication, entry, group);
    } else if (is_recorded) {
        bool is_urgent = !is_next || qos == mqtt::Qos::ExactlyOnce;
        recorder_->add_delivery(session, publication, entry, group, is_urgent);
    }
    // The first message since it went offline, which is not sent now.
    if (is_recorded && session.key != 0 && session.is_open != session.is_open_recorded)
        recorder_->put_session(session);
    entry.is_stored = is_recorded && !is_promised && !is_next && flow.in_memory >= kInMemoryMax;
    if (entry.is_stored) {
        entry.stored_bytes = cost;
    } else {
        entry.message = BodyRef(publication.message()).release();
        flow.in_memory++;
    }
    flow.out.push(entry);
    charge(2 * sizeof entry);  // a ring that has just grown is half empty
    count_queued(session, entry);
    if (!is_next) return;
    OutEntry& sent = begin_next(flow);
    if (session.tap_name) return send_to_tap(session, sent);
    if (is_recorded && qos == mqtt::Qos::ExactlyOnce) return send_after_recording(session, sent);
    if (!write_publish(*session.connection, publication, sent, false)) finish_entry(session, sent);
}

// The first that waits is in flight from now on.
OutEntry& Shard::begin_next(Session::Flow& flow) {
    const OutEntry& next = flow.out.at(flow.out.sent());
    mqtt::Qos qos = next.qos;
    if (!next.is_stored) flow.in_memory--;
    OutEntry& entry = flow.out.send_next(qos == mqtt::Qos::ExactlyOnce ? OutState::WaitPubrec
                                                                       : OutState::WaitPuback);
    flow.in_flight_bytes += entry.payload_bytes();
    return entry;
}

// The message itself is no longer needed (QoS 2 after PUBREC), or the whole entry is done.
void Shard::release_message(Session& session, OutEntry& entry) {
    if (!entry.has_message()) return;
    std::uint64_t bytes = entry.bytes();
    session.flow->out_bytes -= bytes;
    bool is_in_flight = entry.state != OutState::Queued && entry.state != OutState::WaitResend;
    if (is_in_flight) session.flow->in_flight_bytes -= entry.payload_bytes();
    if (session.is_tap) {
        counters_.tap_messages.subtract();
    } else {
        counters_.queued_messages.subtract();
        counters_.queued_bytes.subtract(bytes);
    }
    OutQueue::release(entry);
}

// QoS 2 to a session that lasts: message and packet id are on disk before it leaves.
void Shard::send_after_recording(Session& session, OutEntry& entry) {
    entry.state = OutState::WaitRecorded;
    session.flow->recording++;
    entry.is_id_recorded = true;
    recorder_->note_sent(session, entry);
}

void Shard::end_record(const OutEntry& entry) {
    if (entry.key == 0 || entry.state == OutState::Done) return;
    if (entry.state != OutState::WaitPubcomp) recorder_->end_delivery(entry);
    if (entry.is_id_recorded) recorder_->remove(entry.key + 1);
}

void Shard::finish_entry(Session& session, OutEntry& entry) {
    if (recorder_) end_record(entry);
    release_message(session, entry);
    session.flow->out.finish(entry);
}

bool Shard::is_receiving(const Session& session) {
    return session.tap_name || (session.connection != nullptr && session.connection->is_ready());
}

// Whether a message would be sent now, and not wait in the queue. The session has a flow.
bool Shard::goes_at_once(const Session& session, mqtt::Qos qos) const {
    const Session::Flow& flow = *session.flow;
    // A message that waits for the disk is not overtaken.
    bool must_follow = flow.recording > 0 && qos != mqtt::Qos::ExactlyOnce;
    return !must_follow && is_receiving(session) && flow.out.queued() == 0 &&
           flow.out.to_resend() == 0 && flow.out.has_packet_id() && has_window(session);
}

bool Shard::has_window(const Session& session) const {
    if (session.tap_name) return has_tap_window(session);
    const Connection& connection = *session.connection;
    const Session::Flow& flow = *session.flow;
    std::uint64_t bytes_max = options().max_inflight_bytes;
    if (bytes_max != 0 && flow.out.in_flight() > 0 && flow.in_flight_bytes >= bytes_max)
        return false;
    return flow.out.in_flight() < connection.send_quota_ &&
           connection.outbox.size() <= options().outbox_bytes_max && connection.is_ready();
}

void Shard::pump(Session& session) {
    if (!is_receiving(session) || !session.flow) return;
    OutQueue& out = session.flow->out;
    while (out.to_resend() > 0 && has_window(session)) {
        OutEntry& entry = *out.resend_next();
        session.flow->in_flight_bytes += entry.payload_bytes();
        resend(session, entry);
    }
    if (out.to_resend() > 0) return;
    while (out.queued() > 0 && out.has_packet_id() && has_window(session)) {
        OutEntry& next = out.at(out.sent());
        if (next.is_promised) return;
        // As in enqueue().
        bool is_exact = next.qos == mqtt::Qos::ExactlyOnce;
        if (session.tap_name && is_exact && !recorder_->is_written(next)) return;
        if (next.is_stored) return read_back(session);
        MessageView message(next.message);
        bool is_lost = message.topic().empty();  // could not be read back
        // What telemetry gets has arrived in time.
        bool expired = !session.is_tap && message.is_expired(now_.steady);
        if (is_lost || expired || (has_acl_ && !may_read(session, message.topic()))) {
            drop(is_lost ? DropReason::Unreadable
                         : (expired ? DropReason::Expired : DropReason::DeniedRead));
            finish_entry(session, begin_next(*session.flow));
            continue;
        }
        if (session.flow->recording > 0 && next.qos != mqtt::Qos::ExactlyOnce) return;
        OutEntry& entry = begin_next(*session.flow);
        if (session.tap_name)
            send_to_tap(session, entry);
        else if (entry.key != 0 && entry.qos == mqtt::Qos::ExactlyOnce)
            send_after_recording(session, entry);
        else
            write_entry(session, entry, entry.may_be_sent);
    }
    if (out.queued() > 0) return;
    session.flow->is_drop_logged = false;
    if (session.replays) continue_replays(session);
}

// Sent on an earlier connection. An exchange of QoS 2 that has begun goes on, whatever its expiry
// (4.3.3); what may no longer be read ends.
void Shard::resend(Session& session, OutEntry& entry) {
    std::string_view topic = MessageView(entry.message).topic();
    bool is_lost = topic.empty();  // could not be read back
    if (!is_lost && (!has_acl_ || may_read(session, topic)))
        return write_entry(session, entry, true);
    drop(is_lost ? DropReason::Unreadable : DropReason::DeniedRead);
    finish_entry(session, entry);
}

// Writes an entry that has its packet id. QoS 0, and what the client cannot take, is done with at
// once.
void Shard::write_entry(Session& session, OutEntry& entry, bool dup) {
    BodyRef message(BodyRef::adopt(entry.message));
    message->hold();
    Publication publication = Publication::of(message);
    frames_.begin();
    bool is_sent = write_publish(*session.connection, publication, entry, dup);
    if (!is_sent || entry.qos == mqtt::Qos::AtMostOnce) finish_entry(session, entry);
}

bool Shard::write_publish(Connection& connection, Publication& publication, const OutEntry& how,
                          bool dup) {
    bool is_plain = how.subscription_identifiers == 0 && connection.aliases_out_max_ == 0 &&
                    connection.mount_size_ == 0 && !dup;
    std::size_t size = is_plain ? write_shape(connection, publication, how)
                                : write_own(connection, publication, how, dup);
    if (size == 0) return drop(DropReason::PacketTooLarge), false;  // [MQTT-3.1.2-24]
    counters_.publish_sent.add();
    counters_.publish_bytes_sent.add(publication.payload.size());
    connection.count_sent(mqtt::PacketType::Publish, size);
    if (connection.is_traced() || is_topic_traced(publication.topic))
        connection.log_sending_publish(publication, how, dup);
    touch(connection);
    return true;
}

// The frame that others of the same shape get as well. 0: too large for this client.
std::size_t Shard::write_shape(Connection& connection, Publication& publication,
                               const OutEntry& how) {
    EncodedFrame frame =
        frames_.get(publication, connection.version_, how.qos, how.retain, now_.steady);
    if (frame.size() > connection.maximum_packet_size_) return 0;
    std::uint8_t* out = connection.outbox.extend(frame.head.size());
    std::memcpy(out, frame.head.data(), frame.head.size());
    if (how.qos != mqtt::Qos::AtMostOnce) {
        out[frame.packet_id_at] = static_cast<std::uint8_t>(how.packet_id >> 8);
        out[frame.packet_id_at + 1] = static_cast<std::uint8_t>(how.packet_id);
    }
    if (!frame.payload.empty()) append_payload(connection.outbox, publication);
    return frame.size();
}

// A frame that is this client's own: with an identifier, an alias, DUP, or without its mount point.
std::size_t Shard::write_own(Connection& connection, Publication& publication, const OutEntry& how,
                             bool dup) {
    bool is_v5 = connection.version_ == mqtt::Version::V5;
    WireIdentifier identifier(is_v5 ? how.subscription_identifiers : 0);
    FrameExtras extras;
    extras.subscription_identifiers = identifier.view();
    extras.topic = publication.topic;
    extras.topic.remove_prefix(std::min<std::size_t>(connection.mount_size_, extras.topic.size()));
    if (is_v5) connection.choose_alias(extras.topic, extras);
    auto encode = [&](std::uint8_t* out) {
        return encode_publish_head(publication, connection.version_, how.qos, how.retain, dup,
                                   how.packet_id, extras, now_.steady, out);
    };
    std::size_t head = encode(nullptr);
    if (head + publication.payload.size() > connection.maximum_packet_size_ &&
        extras.topic_alias != 0 && !extras.is_topic_left_out) {
        extras.topic_alias = 0;  // what makes it too large may be the alias
        head = encode(nullptr);
    }
    std::size_t size = head + publication.payload.size();
    if (size > connection.maximum_packet_size_) return 0;
    connection.keep_alias(extras.topic, extras);
    bool is_shared = publication.payload.size() >= kShareFrom;
    std::uint8_t* out = connection.outbox.extend(is_shared ? head : size);
    encode(out);
    if (is_shared)
        append_payload(connection.outbox, publication);
    else if (!publication.payload.empty())
        std::memcpy(out + head, publication.payload.data(), publication.payload.size());
    return size;
}

void Shard::append_payload(Outbox& outbox, Publication& publication) {
    const BodyRef& body = publication.message();
    outbox.append_shared(body.get(), MessageView(body.get()).payload());
}

}  // namespace martlet::broker
