#include "cli/output/message_json.h"

#include "base/text.h"
#include "cli/output/json_text.h"
#include "cli/output/json_writer.h"

namespace martlet::cli {

namespace {

using Id = mqtt::PropertyId;

struct Row {
    Id id;
    const char* name;
    bool is_number;
};

constexpr Row kRows[] = {
    {Id::PayloadFormatIndicator, "payload-format-indicator", true},
    {Id::MessageExpiryInterval, "message-expiry-interval", true},
    {Id::ContentType, "content-type", false},
    {Id::ResponseTopic, "response-topic", false},
    {Id::CorrelationData, "correlation-data", false},
    {Id::SubscriptionIdentifier, "subscription-identifier", true},
    {Id::TopicAlias, "topic-alias", true},
};

std::string time_text(const timespec& time) {
    std::tm broken{};
    localtime_r(&time.tv_sec, &broken);
    char date[64];
    char zone[16];
    std::strftime(date, sizeof date, "%FT%T", &broken);
    std::strftime(zone, sizeof zone, "%z", &broken);
    return fmt::format("{}.{:06}{}", date, time.tv_nsec / 1000, zone);
}

// A list, since names may repeat; where the first of them stands.
void write_user_properties(ByteView raw, JsonWriter& json) {
    json.key("user-properties");
    json.begin_array();
    mqtt::RawProperty property;
    for (std::size_t at = 0; mqtt::next_property(raw, at, property);) {
        if (property.id != Id::UserProperty) continue;
        json.begin_object();
        json.key(property.name);
        json.text(property.value);
        json.end_object();
    }
    json.end_array();
}

void write_subscription_ids(ByteView raw, JsonWriter& json) {
    json.key("subscription-identifier");
    json.begin_array();
    mqtt::RawProperty property;
    for (std::size_t at = 0; mqtt::next_property(raw, at, property);) {
        if (property.id == Id::SubscriptionIdentifier) json.number(property.number);
    }
    json.end_array();
}

std::size_t count(ByteView raw, Id id) {
    std::size_t times = 0;
    mqtt::RawProperty property;
    for (std::size_t at = 0; mqtt::next_property(raw, at, property);) times += property.id == id;
    return times;
}

void write_properties(ByteView raw, JsonWriter& json) {
    bool is_user_done = false;
    bool is_ids_done = count(raw, Id::SubscriptionIdentifier) < 2;
    bool has_many_ids = !is_ids_done;
    mqtt::RawProperty property;
    for (std::size_t at = 0; mqtt::next_property(raw, at, property);) {
        if (property.id == Id::UserProperty) {
            if (!std::exchange(is_user_done, true)) write_user_properties(raw, json);
            continue;
        }
        if (property.id == Id::SubscriptionIdentifier && has_many_ids) {
            if (!std::exchange(is_ids_done, true)) write_subscription_ids(raw, json);
            continue;
        }
        for (const Row& row : kRows) {
            if (row.id != property.id) continue;
            json.key(row.name);
            if (row.is_number) {
                json.number(property.number);
            } else {
                json.text(property.value);
            }
        }
    }
}

}  // namespace

bool print_json(const ArrivedMessage& message, bool payload_is_json, bool is_pretty,
                std::string& out) {
    const mqtt::Publish& packet = *message.packet;
    std::size_t begin = out.size();
    JsonWriter json(is_pretty, out);
    json.begin_object();
    json.key("tst");
    json.text(time_text(message.time));
    json.key("topic");
    json.text(packet.topic);
    json.key("qos");
    json.number(static_cast<unsigned>(packet.qos));
    json.key("retain");
    json.number(packet.retain ? 1 : 0);
    json.key("payloadlen");
    json.number(packet.payload.size());
    if (packet.qos != mqtt::Qos::AtMostOnce) {
        json.key("mid");
        json.number(packet.packet_id);
    }
    if (packet.properties.present != 0) {
        json.key("properties");
        json.begin_object();
        write_properties(packet.properties.raw, json);
        json.end_object();
    }
    json.key("payload");
    if (packet.payload.empty()) {
        json.raw("null");
    } else if (!payload_is_json) {
        json.text(as_text(packet.payload));
    } else if (!copy_json(as_text(packet.payload), json)) {
        out.resize(begin);
        return false;
    }
    json.end_object();
    return true;
}

}  // namespace martlet::cli
