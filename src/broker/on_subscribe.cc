// SUBSCRIBE and UNSUBSCRIBE: each filter judged for itself, answered in order, then the retained
// messages.

#include "base/log.h"
#include "broker/shard.h"
#include "broker/trace.h"
#include "mqtt/secret_topic.h"

#include <algorithm>
#include <vector>

namespace martlet::broker {

namespace {

using mqtt::ReasonCode;

std::string mounted(const std::string& mount, std::string_view filter) {
    std::string text = mount;
    text += filter;
    return text;
}

}  // namespace

void Connection::on_subscribe(const mqtt::FrameHead& head, ByteView body) {
    mqtt::Subscribe packet;
    ReasonCode reason = mqtt::decode(head.flags(), body, version_, packet);
    if (mqtt::is_error(reason))
        return end(reason,
                   reason == ReasonCode::MalformedPacket ? "malformed packet" : "protocol error");
    trace(*this, "Received SUBSCRIBE from {}", client_id());
    std::uint32_t identifier = packet.properties.has(mqtt::PropertyId::SubscriptionIdentifier)
                                   ? packet.properties.subscription_identifier
                                   : 0;
    std::vector<std::uint8_t> codes;
    mqtt::Subscription wanted;
    for (std::size_t at = 0; mqtt::next_subscription(packet.filters, at, wanted);) {
        codes.push_back(static_cast<std::uint8_t>(subscribe_one(wanted, identifier)));
    }
    const Recorder* recorder = shard_.recorder();
    bool is_any_granted = std::any_of(codes.begin(), codes.end(), [](std::uint8_t code) {
        return !mqtt::is_error(static_cast<ReasonCode>(code));
    });
    bool has_record = recorder != nullptr && session_->key != 0 && is_any_granted;
    Wait wait = has_record ? recorder->ordinary() : Wait();
    send_codes_after(wait, mqtt::PacketType::Suback, packet.packet_id, std::move(codes));
    if (session_->replays) shard_.continue_replays(*session_);
}

ReasonCode Connection::subscribe_one(mqtt::Subscription wanted, std::uint32_t identifier) {
    const std::string& mount = listener_options().mount_point;
    mqtt::ParsedFilter parsed;
    CHECK(mqtt::parse_filter(wanted.filter, parsed));  // decode() has seen to it
    std::string storage;
    if (!mount.empty()) parsed.filter = storage = mounted(mount, parsed.filter);
    bool is_readable = is_any_readable(parsed.filter);
    if (!is_readable) {
        shard_.counters().denied_subscribes.add();
        ReasonCode code = refuse_filter(Refusal::SubscribeDenied, wanted);
        if (must_refuse_unreadable()) return code;
    }
    if (session_->key != 0 && shard_.recorder()->is_full())
        return refuse_filter(Refusal::SubscribeDisk, wanted);
    if (!shard_.has_memory_for_filter(*session_, parsed))
        return refuse_filter(Refusal::SubscribeMemory, wanted);
    wanted.qos = std::min(wanted.qos, listener_options().max_qos);
    if (is_bridge_) {
        // A bridge of MQTT 5 asks for this in its options, one of 3.1 or 3.1.1 with a bit in
        // CONNECT: its own messages do not come back, and a retained one stays retained.
        wanted.no_local = wanted.retain_as_published = true;
    }
    if (is_readable && log::is_on(log::Level::Subscribe)) {
        log::print(log::Level::Subscribe, "{} {} {}", client_id(), static_cast<int>(wanted.qos),
                   mqtt::shown_topic(wanted.filter));
    }
    if (parsed.is_shared) {
        // No retained messages for a shared subscription (4.8.2).
        shard_.add_shared(*session_, parsed.group, parsed.filter, wanted, identifier);
        return static_cast<ReasonCode>(wanted.qos);
    }
    Subscription* subscription = nullptr;
    bool is_new =
        shard_.add_subscription(*session_, parsed.filter, wanted, identifier, subscription);
    // [MQTT-3.3.1-9] to [MQTT-3.3.1-11]
    bool wants_retained = wanted.retain_handling == 0 || (wanted.retain_handling == 1 && is_new);
    if (wants_retained) shard_.start_replay(*session_, parsed.filter, *subscription, is_new);
    return static_cast<ReasonCode>(wanted.qos);
}

ReasonCode Connection::refuse_filter(Refusal refusal, const mqtt::Subscription& wanted) {
    shard_.counters().refuse(refusal);
    log_refused_filter(refusal, wanted);
    if (version_ != mqtt::Version::V5) return ReasonCode::UnspecifiedError;
    return refusal == Refusal::SubscribeDenied ? ReasonCode::NotAuthorized
                                               : ReasonCode::QuotaExceeded;
}

// False: nothing could ever be delivered. Whatever is readable in part is granted, and filtered at
// delivery.
bool Connection::is_any_readable(std::string_view filter) const {
    const auth::Security& rules = shard_.security(listener_);
    return !rules.has_acl() || rules.may_read_any(session_->user_name, session_->client_id, filter);
}

// A 3.x client is told "granted" by default, as by mosquitto.
bool Connection::must_refuse_unreadable() const {
    return version_ == mqtt::Version::V5 ||
           shard_.security(listener_).options().refuse_unreadable_subscriptions;
}

// A client may ask for thousands of filters, again and again: so many lines in a minute.
void Connection::log_refused_filter(Refusal refusal, const mqtt::Subscription& wanted) {
    constexpr std::uint32_t kLinesAMinute = 10;
    Paced& paced = this->paced();
    if (shard_.now().steady >= paced.next_filter) {
        if (paced.filters > kLinesAMinute)
            log::notice("Denied SUBSCRIBE from {}: {} more filters that were not logged.",
                        client_id(), paced.filters - kLinesAMinute);
        paced.filters = 0;
        paced.next_filter = shard_.now().steady + std::chrono::minutes(1);
    }
    if (++paced.filters > kLinesAMinute) return;
    log::notice("Denied SUBSCRIBE from {} ('{}', QoS {}): {}", client_id(),
                mqtt::shown_topic(wanted.filter), static_cast<int>(wanted.qos),
                why_refused(refusal));
}

std::string Connection::why_refused(Refusal refusal) const {
    if (refusal == Refusal::SubscribeMemory)
        return "memory_limit leaves no room for new subscriptions";
    if (refusal == Refusal::SubscribeDisk) return "no room on the disk";
    std::string who = session_->user_name.empty() ? std::string("an anonymous client")
                                                  : fmt::format("user '{}'", session_->user_name);
    return who + " may read no topic that this filter matches" +
           (must_refuse_unreadable() ? "" : "; SUBACK says granted, as mosquitto's would");
}

void Connection::on_unsubscribe(const mqtt::FrameHead& head, ByteView body) {
    mqtt::Unsubscribe packet;
    ReasonCode reason = mqtt::decode(head.flags(), body, version_, packet);
    if (mqtt::is_error(reason))
        return end(reason,
                   reason == ReasonCode::MalformedPacket ? "malformed packet" : "protocol error");
    trace(*this, "Received UNSUBSCRIBE from {}", client_id());
    const std::string& mount = listener_options().mount_point;
    std::vector<std::uint8_t> codes;
    std::string_view text;
    for (std::size_t at = 0; mqtt::next_filter(packet.filters, at, text);) {
        mqtt::ParsedFilter parsed;
        CHECK(mqtt::parse_filter(text, parsed));
        std::string storage;
        if (!mount.empty()) parsed.filter = storage = mounted(mount, parsed.filter);
        bool existed = parsed.is_shared
                           ? shard_.remove_shared(*session_, parsed.group, parsed.filter)
                           : shard_.remove_subscription(*session_, parsed.filter);
        codes.push_back(static_cast<std::uint8_t>(existed ? ReasonCode::Success
                                                          : ReasonCode::NoSubscriptionExisted));
        if (log::is_on(log::Level::Unsubscribe))
            log::print(log::Level::Unsubscribe, "{} {}", client_id(), mqtt::shown_topic(text));
    }
    if (version_ != mqtt::Version::V5) codes.clear();
    const Recorder* recorder = shard_.recorder();
    Wait wait = recorder == nullptr || session_->key == 0 ? Wait() : recorder->essential();
    send_codes_after(wait, mqtt::PacketType::Unsuback, packet.packet_id, std::move(codes));
}

}  // namespace martlet::broker
