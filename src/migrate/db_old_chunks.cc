#include "migrate/db_chunks.h"

namespace martlet::migrate {

namespace {

constexpr std::string_view kCut = "the file ends within a chunk";

void read_config(DbReader& reader) {
    reader.take(1, kCut);  // whether mosquitto was about to end
    check_id_size(reader, reader.little<std::uint8_t>(kCut));
    reader.little<std::uint64_t>(kCut);  // the last store id
}

// The time at which the client left stands at the end, in the size that a time had on the machine.
// mosquitto itself makes nothing of it since 1.6.
void read_client(DbReader& reader, std::size_t length, MosquittoDb& db) {
    constexpr std::size_t kShortTime = 4, kLongTime = 8;
    DbClient client;
    std::size_t begin = reader.at();
    client.client_id = reader.text(kCut);
    client.last_mid = reader.big<std::uint16_t>(kCut);
    bool is_short = length == reader.at() - begin + kShortTime;
    reader.take(is_short ? kShortTime : kLongTime, kCut);
    db.clients.push_back(client);
}

void read_client_message(DbReader& reader, MosquittoDb& db) {
    std::size_t begin = reader.at();
    DbClientMessage message;
    message.client_id = reader.text(kCut);
    message.store_id = reader.little<std::uint64_t>(kCut);
    message.mid = reader.big<std::uint16_t>(kCut);
    message.qos = reader.big<std::uint8_t>(kCut);
    message.retain = reader.big<std::uint8_t>(kCut) != 0;
    message.direction = static_cast<DbDirection>(reader.big<std::uint8_t>(kCut));
    message.state = static_cast<DbState>(reader.big<std::uint8_t>(kCut));
    message.dup = reader.big<std::uint8_t>(kCut) != 0;
    check_client_message(reader, begin, message);
    db.client_messages.push_back(message);
}

void read_message(DbReader& reader, MosquittoDb& db) {
    std::size_t begin = reader.at();
    DbMessage message;
    message.store_id = reader.little<std::uint64_t>(kCut);
    message.source_id = reader.text(kCut);
    if (db.version >= 4) {
        message.source_user = reader.text(kCut);
        message.source_port = reader.big<std::uint16_t>(kCut);
    }
    reader.big<std::uint16_t>(kCut);  // the publisher's packet id
    reader.big<std::uint16_t>(kCut);  // not used
    message.topic = reader.text(kCut);
    message.qos = reader.big<std::uint8_t>(kCut);
    message.retain = reader.big<std::uint8_t>(kCut) != 0;
    message.payload = reader.take(reader.big<std::uint32_t>(kCut), kCut);
    check_qos(reader, begin, message.qos);
    db.messages.push_back(message);
}

void read_subscription(DbReader& reader, MosquittoDb& db) {
    std::size_t begin = reader.at();
    DbSubscription subscription;
    subscription.client_id = reader.text(kCut);
    subscription.filter = reader.text(kCut);
    subscription.qos = reader.big<std::uint8_t>(kCut);
    check_qos(reader, begin, subscription.qos);
    db.subscriptions.push_back(subscription);
}

}  // namespace

bool read_old_chunk(DbReader& reader, DbChunk kind, std::size_t length, MosquittoDb& db) {
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
            return read_client(reader, length, db), true;
    }
    return false;
}

}  // namespace martlet::migrate
