// PUBLISH: sound, permitted, handed to the shard, answered.

#include "base/log.h"
#include "broker/bridge_side.h"
#include "broker/reserved_topics.h"
#include "broker/send_packet.h"
#include "broker/shard.h"
#include "broker/trace.h"
#include "mqtt/secret_topic.h"

namespace martlet::broker {

namespace {

using mqtt::ReasonCode;

}  // namespace

Connection::Progress Connection::on_publish(const mqtt::FrameHead& head, ByteView body,
                                            BodyRef* frame) {
    mqtt::Publish publish;
    ReasonCode reason = mqtt::decode(head.flags(), body, version_, publish);
    if (reason == ReasonCode::Success) reason = check_publish(publish);
    if (mqtt::is_error(reason)) {
        end(reason, reason == ReasonCode::MalformedPacket ? "malformed packet" : "protocol error");
        return Progress::Done;
    }
    std::string mounted;
    std::string_view topic = publish.topic;
    if (const std::string& mount = listener_options().mount_point; !mount.empty()) {
        mounted = mount;
        mounted += topic;
        topic = mounted;
    }
    // What must not be dropped waits: the publisher is read no further.
    bool is_kept = publish.qos != mqtt::Qos::AtMostOnce || publish.retain;
    Recorder* recorder = shard_.recorder();
    bool is_full = is_kept && recorder != nullptr && recorder->is_full();
    bool is_short = !shard_.has_memory_for_message(topic, publish.retain,
                                                   publish.retain && publish.payload.empty());
    // MQTT 5 clients are told that the disk or memory is full; others get no acknowledgement until
    // there is room.
    bool has_answer = publish.qos != mqtt::Qos::AtMostOnce;
    bool can_tell = version_ == mqtt::Version::V5 && has_answer;
    bool must_wait =
        is_full || (is_short && has_answer) ? !can_tell : is_kept && !shard_.has_credit(topic);
    if (must_wait) {
        shard_.hold_for_credit(*this);
        return Progress::Hold;
    }
    if (is_traced() || shard_.is_topic_traced(topic)) {
        log::write(
            log::Level::Debug,
            fmt::format("Received PUBLISH from {} (d{}, q{}, r{}, m{}, '{}', ... ({} bytes))",
                        client_id(), publish.dup ? 1 : 0, static_cast<int>(publish.qos),
                        publish.retain ? 1 : 0, publish.packet_id, mqtt::shown_topic(topic),
                        publish.payload.size()));
    }
    Counters& counters = shard_.counters();
    counters.publish_received.add();
    counters.publish_bytes_received.add(publish.payload.size());
    if (!register_qos2(publish)) return Progress::Done;
    reason = check_rights(topic, publish);
    if (reason == ReasonCode::Success && (is_full || is_short)) {
        shard_.drop(is_full ? DropReason::JournalFull : DropReason::MemoryLimit);
        reason = ReasonCode::QuotaExceeded;
    }
    Position position = 0;
    bool is_exact = false;
    if (reason == ReasonCode::Success) {
        Publication publication;
        publication.topic = topic;
        publication.payload = publish.payload;
        publication.qos = publish.qos;
        publication.retain = publish.retain;
        publication.publisher = session_;
        publication.frame = frame;
        publication.is_awaited = recorder != nullptr && publish.qos != mqtt::Qos::AtMostOnce;
        if (version_ == mqtt::Version::V5) {
            publication.properties = publish.properties.raw;
            if (publish.properties.has(mqtt::PropertyId::MessageExpiryInterval)) {
                publication.expires_at_ms =
                    end_of_life(shard_.now().steady, publish.properties.message_expiry_interval);
            }
        }
        if (recorder != nullptr && publish.qos == mqtt::Qos::ExactlyOnce)
            shard_.begin_exact(publication, *session_, publish.packet_id);
        is_exact = publication.exact != nullptr;
        bool any =
            shard_.publish(publication, publish.retain ? shard_.origin_of(*session_) : nullptr);
        if (!any) reason = ReasonCode::NoMatchingSubscribers;
        position = publication.position;
    }
    if (publish.qos != mqtt::Qos::AtMostOnce) answer_publish(publish, reason, position, is_exact);
    return Progress::Done;
}

// What ends the connection.
ReasonCode Connection::check_publish(mqtt::Publish& publish) {
    if (version_ == mqtt::Version::V5) {
        // [MQTT-3.3.4-6]
        if (publish.properties.has(mqtt::PropertyId::SubscriptionIdentifier))
            return ReasonCode::ProtocolError;
        if (publish.properties.has(mqtt::PropertyId::TopicAlias)) {
            ReasonCode reason = resolve_alias(publish);
            if (mqtt::is_error(reason)) return reason;
        }
    }
    if (publish.qos > listener_options().max_qos)
        return ReasonCode::QosNotSupported;  // [MQTT-3.2.2-11]
    if (publish.retain && !shard_.options().retain_available)
        return ReasonCode::RetainNotSupported;  // [MQTT-3.2.2-14]
    return ReasonCode::Success;
}

ReasonCode Connection::resolve_alias(mqtt::Publish& publish) {
    std::uint16_t alias = publish.properties.topic_alias;
    if (alias == 0 || alias > listener_options().max_topic_alias)
        return ReasonCode::TopicAliasInvalid;  // [MQTT-3.3.2-8], [MQTT-3.3.2-9]
    if (!aliases_in_) aliases_in_ = std::make_unique<std::vector<std::string>>();
    if (aliases_in_->size() < alias) aliases_in_->resize(alias);
    std::string& name = (*aliases_in_)[alias - 1u];
    if (!publish.topic.empty()) {
        name = publish.topic;
        return ReasonCode::Success;
    }
    publish.topic = name;
    // An alias that was never given a topic is a protocol error, not an invalid alias (3.3.4).
    return name.empty() ? ReasonCode::ProtocolError : ReasonCode::Success;
}

// False: this QoS 2 message was received before, or must not be; it has been answered.
bool Connection::register_qos2(const mqtt::Publish& publish) {
    if (publish.qos != mqtt::Qos::ExactlyOnce) return true;
    auto& received = session_->flows().received;
    if (auto it = received.find(publish.packet_id); it != received.end()) {
        Recorder* recorder = shard_.recorder();
        Wait wait = recorder == nullptr ? Wait() : recorder->ordinary();
        wait.position = it->second.position;
        send_ack_after(wait, mqtt::PacketType::Pubrec, publish.packet_id,
                       ReasonCode::Success);  // [MQTT-4.3.3-10]
        return false;
    }
    std::uint32_t limit = shard_.options().max_inflight_messages;
    // A bridge passes on what a far end of 3.1.1 sends, which knows no Receive Maximum.
    bool is_told = version_ == mqtt::Version::V5 && !is_of_bridges(listener_options());
    if (limit != 0 && received.size() >= limit && is_told &&
        !shard_.options().tolerate_receive_maximum) {
        end(ReasonCode::ReceiveMaximumExceeded, "receive maximum exceeded");  // [MQTT-3.3.4-7]
        return false;
    }
    return true;
}

// What is answered in an ack and goes no further.
ReasonCode Connection::check_rights(std::string_view topic, const mqtt::Publish& publish) {
    const Options& options = shard_.options();
    if (options.message_size_limit != 0 && publish.payload.size() > options.message_size_limit) {
        shard_.counters().drop(DropReason::PayloadTooLarge);
        log::info(
            "Dropped too large PUBLISH from {} (q{}, '{}', {} bytes, message_size_limit is {}).",
            client_id(), static_cast<int>(publish.qos), mqtt::shown_topic(topic),
            publish.payload.size(), options.message_size_limit);
        return ReasonCode::ImplementationSpecific;
    }
    const auth::Security& rules = shard_.security(listener_);
    auth::Decision decision{!is_reserved(publish.topic), 0};
    if (decision.is_allowed && rules.has_acl()) {
        decision =
            rules.decide(session_->user_name, session_->client_id, auth::Access::Write, topic);
    }
    if (decision.is_allowed) return ReasonCode::Success;
    shard_.counters().denied_publishes.add();
    shard_.counters().drop(DropReason::DeniedWrite);
    log::info("Denied PUBLISH from {} (d{}, q{}, r{}, m{}, '{}', ... ({} bytes)): {}", client_id(),
              publish.dup ? 1 : 0, static_cast<int>(publish.qos), publish.retain ? 1 : 0,
              publish.packet_id, mqtt::shown_topic(topic), publish.payload.size(),
              is_reserved(publish.topic) ? "the topic is the broker's own"
                                         : "no line of the ACL file allows it");
    return ReasonCode::NotAuthorized;
}

void Connection::answer_publish(const mqtt::Publish& publish, ReasonCode reason, Position position,
                                bool is_exact) {
    // A 3.x client cannot be told: what is denied is acknowledged and dropped.
    if (version_ != mqtt::Version::V5) reason = ReasonCode::Success;
    Recorder* recorder = shard_.recorder();
    bool is_qos2 = publish.qos == mqtt::Qos::ExactlyOnce;
    // Without subscribers PUBACK may say so, and PUBREC may (3.5.2.1): as in mosquitto only the
    // first does.
    if (is_qos2 && reason == ReasonCode::NoMatchingSubscribers) reason = ReasonCode::Success;
    if (is_qos2 && !mqtt::is_error(reason)) {
        session_->flows().received[publish.packet_id].position = position;
        // The record of an exact one goes with its copies.
        if (recorder != nullptr && !is_exact) recorder->put_received(*session_, publish.packet_id);
    }
    Wait wait;
    bool has_record =
        !mqtt::is_error(reason) && (publish.retain || (is_qos2 && session_->key != 0 && !is_exact));
    if (recorder != nullptr && has_record) wait = recorder->everything();
    wait.position = position;
    send_ack_after(wait, is_qos2 ? mqtt::PacketType::Pubrec : mqtt::PacketType::Puback,
                   publish.packet_id, reason);
}

void Connection::send_ack(mqtt::PacketType type, std::uint16_t packet_id, ReasonCode reason) {
    mqtt::Ack ack;
    ack.packet_id = packet_id;
    ack.reason = reason;
    if (mqtt::is_error(reason)) explain(ack.properties, mqtt::reason_text(reason));
    send(*this, shard_, type, ack);
    if (!is_traced()) return;
    static constexpr std::string_view kNames[] = {"PUBACK", "PUBREC", "PUBREL", "PUBCOMP"};
    std::size_t index =
        static_cast<std::size_t>(type) - static_cast<std::size_t>(mqtt::PacketType::Puback);
    trace(*this, "Sending {} to {} (m{}, rc{})", kNames[index], client_id(), packet_id,
          static_cast<int>(reason));
}

}  // namespace martlet::broker
