#include "migrate/db_chunks.h"

#include "mqtt/properties.h"

namespace martlet::migrate {

namespace {

constexpr std::string_view kCut = "a chunk is shorter than its fields";
constexpr std::uint32_t kIdentifierMax = 268'435'455;
constexpr std::uint8_t kNoLocal = 4, kRetainAsPublished = 8;

// What is left of the chunk: a block of properties, or nothing.
ByteView rest_of(DbReader& reader) {
    return reader.take(reader.left(), kCut);
}

void read_config(DbReader& reader) {
    reader.little<std::uint64_t>(kCut);  // the last store id
    reader.take(1, kCut);                // whether mosquitto was about to end
    check_id_size(reader, reader.little<std::uint8_t>(kCut));
}

void read_client(DbReader& reader, MosquittoDb& db) {
    constexpr std::size_t kPadding = 4;
    DbClient client;
    client.ends_at_s = reader.little<std::int64_t>(kCut);
    client.expiry_interval_s = reader.big<std::uint32_t>(kCut);
    client.last_mid = reader.big<std::uint16_t>(kCut);
    auto id_size = reader.big<std::uint16_t>(kCut);
    std::uint16_t user_size = 0;
    if (db.version >= 6) {
        client.listener_port = reader.big<std::uint16_t>(kCut);
        user_size = reader.big<std::uint16_t>(kCut);
        reader.take(kPadding, kCut);
    }
    client.client_id = reader.text(id_size, kCut);
    client.user_name = reader.text(user_size, kCut);
    db.clients.push_back(client);
}

std::uint32_t identifier_of(ByteView block) {
    mqtt::Properties properties;
    std::size_t at = 0;
    if (block.empty()) return 0;
    auto code = mqtt::read_properties(block, at, mqtt::PropertyHome::Publish, properties);
    bool has_identifier = code == mqtt::ReasonCode::Success &&
                          properties.has(mqtt::PropertyId::SubscriptionIdentifier);
    return has_identifier ? properties.subscription_identifier : 0;
}

void read_client_message(DbReader& reader, MosquittoDb& db) {
    std::size_t begin = reader.at();
    DbClientMessage message;
    message.store_id = reader.little<std::uint64_t>(kCut);
    message.mid = reader.big<std::uint16_t>(kCut);
    auto id_size = reader.big<std::uint16_t>(kCut);
    message.qos = reader.big<std::uint8_t>(kCut);
    message.state = static_cast<DbState>(reader.big<std::uint8_t>(kCut));
    auto flags = reader.big<std::uint8_t>(kCut);
    message.retain = (flags & 0xF0) != 0;
    message.dup = (flags & 0x0F) != 0;
    message.direction = static_cast<DbDirection>(reader.big<std::uint8_t>(kCut));
    message.client_id = reader.text(id_size, kCut);
    message.subscription_identifier = identifier_of(rest_of(reader));
    check_client_message(reader, begin, message);
    db.client_messages.push_back(message);
}

void read_message(DbReader& reader, MosquittoDb& db) {
    std::size_t begin = reader.at();
    DbMessage message;
    message.store_id = reader.little<std::uint64_t>(kCut);
    message.expires_at_s = reader.little<std::int64_t>(kCut);
    auto payload_size = reader.big<std::uint32_t>(kCut);
    reader.big<std::uint16_t>(kCut);  // the publisher's packet id
    auto source_id_size = reader.big<std::uint16_t>(kCut);
    auto source_user_size = reader.big<std::uint16_t>(kCut);
    auto topic_size = reader.big<std::uint16_t>(kCut);
    message.source_port = reader.big<std::uint16_t>(kCut);
    message.qos = reader.big<std::uint8_t>(kCut);
    message.retain = reader.big<std::uint8_t>(kCut) != 0;
    message.source_id = reader.text(source_id_size, kCut);
    message.source_user = reader.text(source_user_size, kCut);
    message.topic = reader.text(topic_size, kCut);
    message.payload = reader.take(payload_size, kCut);
    message.properties = rest_of(reader);
    check_qos(reader, begin, message.qos);
    db.messages.push_back(message);
}

void read_subscription(DbReader& reader, MosquittoDb& db) {
    constexpr std::size_t kPadding = 2;
    std::size_t begin = reader.at();
    DbSubscription subscription;
    subscription.identifier = reader.big<std::uint32_t>(kCut);
    auto id_size = reader.big<std::uint16_t>(kCut);
    auto filter_size = reader.big<std::uint16_t>(kCut);
    subscription.qos = reader.big<std::uint8_t>(kCut);
    auto options = reader.big<std::uint8_t>(kCut);
    subscription.no_local = (options & kNoLocal) != 0;
    subscription.retain_as_published = (options & kRetainAsPublished) != 0;
    reader.take(kPadding, kCut);
    subscription.client_id = reader.text(id_size, kCut);
    subscription.filter = reader.text(filter_size, kCut);
    check_qos(reader, begin, subscription.qos);
    if (subscription.identifier > kIdentifierMax)
        reader.fail_at("there is a subscription identifier above 268435455", begin);
    db.subscriptions.push_back(subscription);
}

}  // namespace

bool read_chunk(DbReader& reader, DbChunk kind, MosquittoDb& db) {
    switch (kind) {
        case DbChunk::Config:
            return read_config(reader), true;
        case DbChunk::Message:
            return read_message(reader, db), true;
        case DbChunk::ClientMessage:
            return read_client_message(reader, db), true;
        case DbChunk::Retain:
            return db.retained.push_back(reader.little<std::uint64_t>(kCut)), true;
        case DbChunk::Subscription:
            return read_subscription(reader, db), true;
        case DbChunk::Client:
            return read_client(reader, db), true;
    }
    return false;
}

void check_qos(DbReader& reader, std::size_t at, std::uint8_t qos) {
    if (qos > 2) reader.fail_at("there is a QoS above 2", at);
}

void check_client_message(DbReader& reader, std::size_t at, const DbClientMessage& message) {
    check_qos(reader, at, message.qos);
    if (message.direction > DbDirection::Out)
        reader.fail_at("a message goes neither in nor out", at);
    if (message.state > DbState::Queued) reader.fail_at("a message is in no known state", at);
}

void check_id_size(DbReader& reader, std::uint8_t size) {
    if (size != sizeof(std::uint64_t)) reader.fail("ids are not of 8 bytes");
}

}  // namespace martlet::migrate
