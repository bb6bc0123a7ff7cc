#pragma once

// A client at the table, for tests: says packets, and tells in text what it was answered. Unless
// told otherwise each call lets the table settle first, so that a test reads as a conversation.

#include "tests/broker/table.h"
#include "tests/mqtt/any_packet.h"
#include "tests/mqtt/describe.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::broker {

using mqtt::PacketType;
using mqtt::Qos;
using mqtt::ReasonCode;
using mqtt::Version;

struct ConnectWish {
    Version version = Version::V5;
    bool clean_start = true;
    std::uint16_t keep_alive = 0;
    std::optional<std::uint32_t> expiry{};  // v5; 3.x: clean_start says it
    std::optional<std::uint16_t> receive_maximum{};
    std::optional<std::uint32_t> packet_size_max{};
    std::optional<std::uint16_t> alias_max{};
    std::string will_topic{};  // empty: no will
    std::string will_payload{};
    Qos will_qos = Qos::AtMostOnce;
    bool will_retain = false;
    std::optional<std::uint32_t> will_delay{};
    std::optional<std::uint32_t> will_expiry{};
    std::string user{};
    std::string password{};
    bool is_bridge = false;
};

struct SubscribeWish {
    Qos qos = Qos::AtMostOnce;
    bool no_local = false;
    bool retain_as_published = false;
    std::uint8_t retain_handling = 0;
    std::uint32_t identifier = 0;
};

struct PublishWish {
    Qos qos = Qos::AtMostOnce;
    bool retain = false;
    bool dup = false;
    std::uint16_t packet_id = 0;  // 0: the next one
    std::optional<std::uint32_t> expiry{};
    std::optional<std::uint16_t> alias{};
    std::string user_name{};  // a user property
    std::string user_value{};
};

inline std::vector<std::uint8_t> user_property(const std::string& name, const std::string& value) {
    std::vector<std::uint8_t> wire{static_cast<std::uint8_t>(mqtt::PropertyId::UserProperty)};
    for (const std::string* text : {&name, &value}) {
        wire.push_back(static_cast<std::uint8_t>(text->size() >> 8));
        wire.push_back(static_cast<std::uint8_t>(text->size()));
        wire.insert(wire.end(), text->begin(), text->end());
    }
    return wire;
}

inline std::vector<std::uint8_t> connect_frame(std::string_view id, const ConnectWish& wish) {
    mqtt::Connect packet;
    packet.version = wish.version;
    packet.clean_start = wish.clean_start;
    packet.keep_alive = wish.keep_alive;
    packet.is_bridge = wish.is_bridge;
    packet.client_id = id;
    auto set = [](mqtt::Properties& p, mqtt::PropertyId property, auto& field, const auto& value) {
        if (!value) return;
        p.mark(property);
        field = *value;
    };
    using Id = mqtt::PropertyId;
    mqtt::Properties& p = packet.properties;
    set(p, Id::SessionExpiryInterval, p.session_expiry_interval, wish.expiry);
    set(p, Id::ReceiveMaximum, p.receive_maximum, wish.receive_maximum);
    set(p, Id::MaximumPacketSize, p.maximum_packet_size, wish.packet_size_max);
    set(p, Id::TopicAliasMaximum, p.topic_alias_maximum, wish.alias_max);
    if (!wish.will_topic.empty()) {
        packet.has_will = true;
        packet.will_topic = wish.will_topic;
        packet.will_payload = as_bytes(wish.will_payload);
        packet.will_qos = wish.will_qos;
        packet.will_retain = wish.will_retain;
        mqtt::Properties& w = packet.will_properties;
        set(w, Id::WillDelayInterval, w.will_delay_interval, wish.will_delay);
        set(w, Id::MessageExpiryInterval, w.message_expiry_interval, wish.will_expiry);
    }
    packet.has_user_name = !wish.user.empty();
    packet.user_name = wish.user;
    packet.has_password = !wish.password.empty();
    packet.password = as_bytes(wish.password);
    return mqtt::encode_any(packet, wish.version);
}

inline std::vector<std::uint8_t> publish_frame(Version version, std::string_view topic,
                                               std::string_view payload, const PublishWish& wish) {
    mqtt::Publish packet;
    packet.topic = topic;
    packet.payload = as_bytes(payload);
    packet.qos = wish.qos;
    packet.retain = wish.retain;
    packet.dup = wish.dup;
    packet.packet_id = wish.packet_id;
    mqtt::Properties& p = packet.properties;
    if (wish.expiry) {
        p.mark(mqtt::PropertyId::MessageExpiryInterval);
        p.message_expiry_interval = *wish.expiry;
    }
    if (wish.alias) {
        p.mark(mqtt::PropertyId::TopicAlias);
        p.topic_alias = *wish.alias;
    }
    std::vector<std::uint8_t> user;
    if (!wish.user_name.empty()) {
        user = user_property(wish.user_name, wish.user_value);
        p.mark(mqtt::PropertyId::UserProperty);
        p.raw = user;
    }
    return mqtt::encode_any(packet, version);
}

inline std::vector<std::uint8_t> subscribe_frame(Version version, std::uint16_t packet_id,
                                                 std::string_view filter,
                                                 const SubscribeWish& wish) {
    mqtt::Subscription subscription{filter, wish.qos, wish.no_local, wish.retain_as_published,
                                    wish.retain_handling};
    std::vector<std::uint8_t> filters(mqtt::encoded_size(subscription));
    mqtt::encode(subscription, version, filters.data());
    mqtt::Subscribe packet;
    packet.packet_id = packet_id;
    packet.filters = filters;
    if (wish.identifier != 0) {
        packet.properties.mark(mqtt::PropertyId::SubscriptionIdentifier);
        packet.properties.subscription_identifier = wish.identifier;
    }
    return mqtt::encode_any(packet, version);
}

inline std::vector<std::uint8_t> unsubscribe_frame(Version version, std::uint16_t packet_id,
                                                   std::string_view filter) {
    std::vector<std::uint8_t> filters(mqtt::encoded_filter_size(filter));
    mqtt::encode_filter(filter, filters.data());
    mqtt::Unsubscribe packet;
    packet.packet_id = packet_id;
    packet.filters = filters;
    return mqtt::encode_any(packet, version);
}

inline std::vector<std::uint8_t> ack_frame(PacketType type, Version version,
                                           std::uint16_t packet_id,
                                           ReasonCode reason = ReasonCode::Success) {
    mqtt::TypedAck packet;
    packet.type = type;
    packet.ack.packet_id = packet_id;
    packet.ack.reason = reason;
    return mqtt::encode_any(packet, version);
}

class Client {
  public:
    // Its id begins with `name`; its home is `shard`.
    Client(Table& table, const std::string& name, std::uint32_t shard = 0)
        : table_(table), shard_(shard), id_(table.id_on(shard, name)) {}

    const std::string& id() const { return id_; }
    Line& line() { return *line_; }
    bool is_connected() {
        collect();
        return line_ != nullptr;
    }
    // Answers QoS 1 and 2 by itself.
    bool is_answering = true;

    // Opens a line (an earlier one is forgotten, not closed) and returns what came back.
    std::string connect(const ConnectWish& wish = {}) {
        open(wish);
        return heard();
    }
    void open(const ConnectWish& wish = {}) {
        version_ = wish.version;
        line_ = &table_.open_line(shard_);
        buffer_.clear();
        say(connect_frame(id_, wish));
    }
    // The network fails; what was not heard is lost.
    void cut() {
        if (line_ != nullptr) line_->is_cut = true;
        settle();
        line_ = nullptr;
        heard_.clear();
    }
    void disconnect(ReasonCode reason = ReasonCode::Success) {
        mqtt::Disconnect packet;
        packet.reason = reason;
        say(mqtt::encode_any(packet, version_));
        settle();
        line_ = nullptr;
    }

    std::string subscribe(std::string_view filter, const SubscribeWish& wish = {}) {
        say(subscribe_frame(version_, next_id(), filter, wish));
        return heard();
    }
    std::string unsubscribe(std::string_view filter) {
        say(unsubscribe_frame(version_, next_id(), filter));
        return heard();
    }
    void say_publish(std::string_view topic, std::string_view payload, PublishWish wish = {}) {
        if (wish.qos != Qos::AtMostOnce && wish.packet_id == 0) wish.packet_id = next_id();
        say(publish_frame(version_, topic, payload, wish));
    }
    void publish(std::string_view topic, std::string_view payload, const PublishWish& wish = {}) {
        say_publish(topic, payload, wish);
        settle();
    }
    void say_ack(PacketType type, std::uint16_t packet_id,
                 ReasonCode reason = ReasonCode::Success) {
        say(ack_frame(type, version_, packet_id, reason));
    }
    void say(const std::vector<std::uint8_t>& bytes) {
        if (line_ == nullptr || !line_->is_open()) return;
        line_->to_broker.insert(line_->to_broker.end(), bytes.begin(), bytes.end());
    }

    // All that came since it was asked last, one packet after the other, parted by " | ".
    std::string heard() {
        settle();
        std::string text;
        for (const std::string& packet : heard_) text += (text.empty() ? "" : " | ") + packet;
        heard_.clear();
        return text;
    }
    // The same without acknowledgements.
    std::vector<std::string> messages() {
        settle();
        std::vector<std::string> found;
        for (std::string& packet : heard_) {
            if (packet.starts_with("PUBLISH")) found.push_back(std::move(packet));
        }
        heard_.clear();
        return found;
    }
    std::vector<std::string> payloads() {
        std::vector<std::string> found;
        for (const std::string& packet : messages()) {
            std::size_t topic_end = packet.find("' '");
            std::size_t begin = topic_end + 3;
            found.push_back(packet.substr(begin, packet.find('\'', begin) - begin));
        }
        return found;
    }
    std::uint16_t next_id() {
        return packet_id_ = static_cast<std::uint16_t>(packet_id_ % 65535 + 1);
    }

    void settle() {
        do {
            CHECK(table_.settle());
        } while (collect());
    }
    // Reads what has come. True: an answer was said.
    bool collect() {
        if (line_ == nullptr) return false;
        bool is_open = line_->is_open();
        buffer_.insert(buffer_.end(), line_->from_broker.begin(), line_->from_broker.end());
        line_->from_broker = {};
        bool has_answered = read_buffer();
        if (!is_open) {
            line_ = nullptr;
            heard_.push_back("closed");
        }
        return has_answered && is_open;
    }

  private:
    bool read_buffer() {
        bool has_answered = false;
        std::size_t at = 0;
        mqtt::FrameHead head;
        while (true) {
            ByteView rest = ByteView(buffer_).subspan(at);
            if (mqtt::read_frame_head(rest, head) != mqtt::FrameState::Complete) break;
            if (rest.size() < head.packet_size()) break;
            has_answered |= hear(head, rest.subspan(head.size, head.remaining_length));
            at += head.packet_size();
        }
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at));
        return has_answered;
    }

    bool hear(const mqtt::FrameHead& head, ByteView body) {
        mqtt::AnyPacket any;
        ReasonCode reason = mqtt::decode_any(head.first, body, version_, any);
        if (reason != ReasonCode::Success) {
            heard_.push_back("unsound packet of type " + std::to_string(head.first >> 4));
            return false;
        }
        heard_.push_back(mqtt::describe_any(any));
        return is_answering && answer(any);
    }

    bool answer(const mqtt::AnyPacket& any) {
        if (const auto* publish = std::get_if<mqtt::Publish>(&any)) {
            if (publish->qos == Qos::AtMostOnce) return false;
            bool once = publish->qos == Qos::AtLeastOnce;
            say_ack(once ? PacketType::Puback : PacketType::Pubrec, publish->packet_id);
            return true;
        }
        if (const auto* ack = std::get_if<mqtt::TypedAck>(&any)) {
            if (ack->type == PacketType::Pubrec && !mqtt::is_error(ack->ack.reason))
                say_ack(PacketType::Pubrel, ack->ack.packet_id);
            else if (ack->type == PacketType::Pubrel)
                say_ack(PacketType::Pubcomp, ack->ack.packet_id);
            else
                return false;
            return true;
        }
        return false;
    }

    Table& table_;
    std::uint32_t shard_;
    std::string id_;
    Version version_ = Version::V5;
    Line* line_ = nullptr;
    std::vector<std::uint8_t> buffer_;
    std::vector<std::string> heard_;
    std::uint16_t packet_id_ = 0;
};

}  // namespace martlet::broker
