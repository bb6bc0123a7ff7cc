// Packets of the far end: CONNACK and what follows from it, messages and acknowledgements for the
// local session.

#include "base/log.h"
#include "bridge/plain_ack.h"
#include "bridge/relay.h"
#include "mqtt/secret_topic.h"
#include "mqtt/topic.h"

#include <algorithm>

namespace martlet::bridge {

using mqtt::PacketType;
using mqtt::PropertyId;
using mqtt::ReasonCode;
using mqtt::Version;

namespace {

// Packets are gathered for the local side up to so many bytes.
constexpr std::size_t kBatchBytes = 64u << 10;

bool is_exchange(PacketType type) {
    return type >= PacketType::Publish && type <= PacketType::Pubcomp;
}

std::string_view v3_refusal(std::uint8_t code) {
    static constexpr std::string_view kTexts[] = {"",
                                                  "unacceptable protocol version",
                                                  "identifier rejected",
                                                  "broker unavailable",
                                                  "bad user name or password",
                                                  "not authorised"};
    return code < std::size(kTexts) ? kTexts[code] : std::string_view("unknown reason");
}

}  // namespace

Relay::Taken Relay::on_remote(ByteView bytes, Milliseconds now) {
    now_ = last_received_ = now;
    awaits_pong_ = false;
    Taken taken;
    if (!give_rest()) return taken;
    batch_.clear();
    steps_.clear();
    std::size_t read = 0, wanted = 0;
    while (state_ == State::AwaitConnack || state_ == State::Open) {
        ByteView rest = bytes.subspan(read);
        mqtt::FrameHead head;
        mqtt::FrameState state = mqtt::read_frame_head(rest, head);
        if (state == mqtt::FrameState::NeedMore) break;
        bool is_sound = state == mqtt::FrameState::Complete;
        // The head of another packet is enough to end the connection.
        if (is_sound && state_ == State::AwaitConnack && head.type() != PacketType::Connack) {
            finish(End::Broken,
                   "the far end sent no CONNACK in answer to CONNECT: is it an MQTT broker?");
            break;
        }
        bool is_large = is_sound && head.packet_size() > local_.packet_size_max();
        if (is_sound && !is_large && rest.size() < head.packet_size()) {
            wanted = head.packet_size();
            break;
        }
        ByteView body =
            is_sound && !is_large ? rest.subspan(head.size, head.remaining_length) : ByteView();
        if (is_sound && !is_large && add_to_batch(head, body)) {
            read += head.packet_size();
            steps_.back().remote_end = read;
            if (batch_.size() >= kBatchBytes && !give_batch(taken.used)) return taken;
            continue;
        }
        if (!give_batch(taken.used)) return taken;
        if (state_ == State::Ended) break;
        if (!is_sound) {
            finish(End::Broken, "the far end sent a malformed packet");
        } else if (is_large) {
            finish(End::Broken, fmt::format("the far end sent a packet of {} bytes, "
                                            "max_packet_size is {}",
                                            head.packet_size(), local_.packet_size_max()));
        } else {
            if (!take_remote(head, body))
                finish(End::Broken,
                       fmt::format("the far end sent a packet that breaks the protocol (type {})",
                                   static_cast<int>(head.type())));
            read += head.packet_size();
            taken.used = read;
            if (!give_rest()) return taken;
        }
    }
    if (!give_batch(taken.used)) return taken;
    taken.wanted = wanted;
    if (remote_.size() > kUnreadBytesMax)
        finish(End::Broken, fmt::format("the far end sends and does not read, {} bytes wait for it",
                                        remote_.size()));
    // What comes after the end is of no interest.
    if (state_ == State::Ended) taken = {bytes.size(), 0};
    return taken;
}

bool Relay::give_batch(std::size_t& used) {
    if (batch_.empty()) return true;
    std::size_t given = local_.give(batch_);
    for (const Step& step : steps_) {
        if (step.local_end > given) return false;
        used = step.remote_end;
        counts_.received += step.is_message;
        counts_.refused += step.is_error;
    }
    batch_.clear();
    steps_.clear();
    return true;
}

bool Relay::add_to_batch(const mqtt::FrameHead& head, ByteView body) {
    if (state_ != State::Open || !is_exchange(head.type())) return false;
    return head.type() == PacketType::Publish ? add_publish(head, body) : add_ack(head, body);
}

Drop Relay::map_incoming(mqtt::Publish& packet) {
    if (!map_.to_local(packet.topic, storage_, packet.topic)) return Drop::NoTopicLine;
    bool is_other = packet.topic.data() == storage_.data();
    if (is_other && !mqtt::is_valid_topic_name(packet.topic)) return Drop::BadTopic;
    if (!local_retains_) packet.retain = false;
    bool is_too_large = mqtt::encoded_size(packet, Version::V5) > local_.packet_size_max();
    return is_too_large ? Drop::TooLarge : Drop::kCount;
}

bool Relay::add_publish(const mqtt::FrameHead& head, ByteView body) {
    mqtt::Publish packet;
    if (mqtt::decode(head.flags(), body, version_, packet) != ReasonCode::Success) return false;
    // Nobody asked for either.
    if (packet.properties.has(PropertyId::TopicAlias) ||
        packet.properties.has(PropertyId::SubscriptionIdentifier))
        return false;
    if (map_incoming(packet) != Drop::kCount) return false;
    std::size_t before = batch_.size();
    batch_.resize(before + mqtt::encoded_size(packet, Version::V5));
    mqtt::encode(packet, Version::V5, batch_.data() + before);
    steps_.push_back({0, batch_.size(), true, false});
    return true;
}

bool Relay::add_ack(const mqtt::FrameHead& head, ByteView body) {
    // Nearly all have an id alone, and are the same in each version.
    if (std::uint16_t id = plain_ack_id(head, body); id != 0) {
        if (has_effect(head.type(), id)) return false;
        batch_.insert(batch_.end(), {head.first, 2, body[0], body[1]});
        steps_.push_back({0, batch_.size(), false, false});
        return true;
    }
    mqtt::Ack ack;
    if (mqtt::decode(head.type(), head.flags(), body, version_, ack) != ReasonCode::Success)
        return false;
    if (has_effect(head.type(), ack.packet_id)) return false;
    ack.properties = {};
    std::size_t before = batch_.size();
    batch_.resize(before + mqtt::encoded_size(ack, Version::V5));
    mqtt::encode(head.type(), ack, Version::V5, batch_.data() + before);
    bool is_answer = head.type() == PacketType::Puback || head.type() == PacketType::Pubrec;
    steps_.push_back({0, batch_.size(), false, is_answer && mqtt::is_error(ack.reason)});
    return true;
}

// An acknowledgement that means something else to the local side.
bool Relay::has_effect(PacketType type, std::uint16_t packet_id) const {
    if (type == PacketType::Puback) return lowered_ && lowered_->test(packet_id);
    return type == PacketType::Pubcomp && renewal_ && renewal_->released.test(packet_id);
}

// False: it breaks the protocol.
bool Relay::take_remote(const mqtt::FrameHead& head, ByteView body) {
    if (state_ == State::AwaitConnack) {
        on_connack(head, body);
        return true;
    }
    switch (head.type()) {
        case PacketType::Publish:
            drop_incoming(head, body);
            return true;
        case PacketType::Puback:
        case PacketType::Pubrec:
        case PacketType::Pubrel:
        case PacketType::Pubcomp:
            on_ack(head, body);
            return true;
        case PacketType::Suback:
        case PacketType::Unsuback:
            on_suback(head, body);
            return true;
        case PacketType::Pingresp:
            return mqtt::decode_ping(head.flags(), body) == ReasonCode::Success;
        case PacketType::Disconnect:
            on_disconnect(head, body);
            return true;
        default:
            return false;
    }
}

void Relay::on_connack(const mqtt::FrameHead& head, ByteView body) {
    mqtt::Connack packet;
    if (mqtt::decode(head.flags(), body, version_, packet) != ReasonCode::Success)
        return finish(End::Broken, "the far end sent a malformed CONNACK");
    if (packet.reason != ReasonCode::Success) return refuse(packet);
    state_ = State::Open;
    is_remote_session_old_ = packet.session_present;
    take_limits(packet);
    if (!packet.session_present) {
        renewal_.reset();
        local_.forget_received();
    }
    std::uint16_t window = window_;
    if (packet.properties.has(PropertyId::ReceiveMaximum))
        window = std::min(window, packet.properties.receive_maximum);
    if (!local_.attach())
        return finish(End::ByUs, "the local session's last connection is not over yet");
    connect_local(window);
    subscribe_local();
    unsubscribe_remote();
    subscribe_remote();
    send_state(true);
}

void Relay::take_limits(const mqtt::Connack& packet) {
    const mqtt::Properties& p = packet.properties;
    remote_qos_max_ = mqtt::Qos::ExactlyOnce;
    if (p.has(PropertyId::MaximumQos)) remote_qos_max_ = static_cast<mqtt::Qos>(p.maximum_qos);
    if (remote_qos_max_ == mqtt::Qos::AtLeastOnce) lowered_ = std::make_unique<Ids>();
    remote_retains_ = !p.has(PropertyId::RetainAvailable) || p.retain_available != 0;
    remote_packet_max_ = mqtt::kRemainingLengthMax;
    if (options_.max_packet_size != 0)
        remote_packet_max_ = std::min<std::size_t>(remote_packet_max_, options_.max_packet_size);
    if (p.has(PropertyId::MaximumPacketSize))
        remote_packet_max_ = std::min<std::size_t>(remote_packet_max_, p.maximum_packet_size);
    if (p.has(PropertyId::ServerKeepAlive)) keep_alive_s_ = p.server_keep_alive;
}

void Relay::refuse(const mqtt::Connack& packet) {
    bool is_v5 = version_ == Version::V5;
    auto code = static_cast<std::uint8_t>(packet.reason);
    bool is_version = is_v5 ? packet.reason == ReasonCode::UnsupportedProtocolVersion : code == 1;
    std::string_view why = is_v5 ? mqtt::reason_text(packet.reason) : v3_refusal(code);
    finish(is_version ? End::VersionRefused : End::Refused,
           fmt::format("the far end refused the connection: {} ({})", why, code));
}

void Relay::on_suback(const mqtt::FrameHead& head, ByteView body) {
    mqtt::Suback packet;
    bool is_suback = head.type() == PacketType::Suback;
    std::uint16_t id = is_suback ? kSubscribeId : kUnsubscribeId;
    if (mqtt::decode(head.type(), head.flags(), body, version_, packet) != ReasonCode::Success ||
        packet.packet_id != id || awaited_ == 0)
        return finish(End::Broken,
                      "the far end sent a malformed SUBACK or UNSUBACK, or one that "
                      "answers nothing");
    awaited_--;
    if (!is_suback) return;
    const std::vector<Filter>& filters = map_.remote_filters();
    for (std::size_t i = 0; i < packet.codes.size() && i < filters.size(); i++) {
        if (packet.codes[i] < 0x80) continue;
        log::warning("Bridge {}: the far end refused the subscription to '{}' (reason {}).",
                     options_.name, mqtt::shown_topic(filters[i].text), packet.codes[i]);
    }
}

void Relay::on_disconnect(const mqtt::FrameHead& head, ByteView body) {
    mqtt::Disconnect packet;
    if (version_ != Version::V5 ||
        mqtt::decode(head.flags(), body, version_, packet) != ReasonCode::Success)
        return finish(End::Broken, "the far end sent a DISCONNECT that breaks the protocol");
    finish(End::ByFarEnd,
           fmt::format("the far end disconnected: {} ({})", mqtt::reason_text(packet.reason),
                       static_cast<int>(packet.reason)));
}

// Of a message that cannot be passed on, or that is not sound.
void Relay::drop_incoming(const mqtt::FrameHead& head, ByteView body) {
    mqtt::Publish packet;
    bool is_sound = mqtt::decode(head.flags(), body, version_, packet) == ReasonCode::Success;
    // More levels than are taken here. The far end may allow them, and would send it again with
    // each connection.
    bool is_deep = !is_sound && mqtt::is_too_deep(packet.topic) &&
                   mqtt::is_valid_utf8(packet.topic) && !mqtt::has_wildcard(packet.topic) &&
                   (packet.qos == mqtt::Qos::AtMostOnce || packet.packet_id != 0);
    if (!is_sound && !is_deep) return finish(End::Broken, "the far end sent a malformed PUBLISH");
    if (packet.properties.has(PropertyId::TopicAlias) ||
        packet.properties.has(PropertyId::SubscriptionIdentifier))
        return finish(End::Broken,
                      "the far end sent a topic alias or a subscription identifier, and the bridge "
                      "asked for neither");
    Drop why = is_deep ? Drop::BadTopic : map_incoming(packet);
    counts_.dropped_in[static_cast<std::size_t>(why)]++;
    ReasonCode reason =
        why == Drop::TooLarge ? ReasonCode::QuotaExceeded : ReasonCode::TopicNameInvalid;
    // A PUBREC with an error ends the exchange. One of 3.1.1 has none: the local side answers the
    // PUBREL of an id that it does not know.
    if (packet.qos == mqtt::Qos::AtLeastOnce)
        send_ack(PacketType::Puback, packet.packet_id, reason);
    else if (packet.qos == mqtt::Qos::ExactlyOnce)
        send_ack(PacketType::Pubrec, packet.packet_id, reason);
}

void Relay::on_ack(const mqtt::FrameHead& head, ByteView body) {
    mqtt::Ack ack;
    if (mqtt::decode(head.type(), head.flags(), body, version_, ack) != ReasonCode::Success)
        return finish(End::Broken, "the far end sent a malformed acknowledgement");
    if (head.type() == PacketType::Pubcomp) return void(renewal_->released.reset(ack.packet_id));
    // A PUBREC with an error is what ends a QoS 2 exchange without PUBREL.
    lowered_->reset(ack.packet_id);
    owe_local(PacketType::Pubrec, ack.packet_id, ReasonCode::ImplementationSpecific);
}

}  // namespace martlet::bridge
