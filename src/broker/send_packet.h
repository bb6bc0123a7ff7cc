#pragma once

// Encodes a packet into a connection's outbox. Loop thread only.

#include "broker/connection.h"
#include "broker/shard.h"
#include "mqtt/packets.h"

namespace martlet::broker {

inline void send(Connection& connection, Shard& shard, const mqtt::Disconnect& packet) {
    std::size_t size = mqtt::encoded_size(packet, connection.version());
    mqtt::encode(packet, connection.version(), connection.outbox.extend(size));
    connection.count_sent(mqtt::PacketType::Disconnect, size);
    shard.touch(connection);
}

inline void send(Connection& connection, Shard& shard, const mqtt::Connack& packet) {
    std::size_t size = mqtt::encoded_size(packet, connection.version());
    mqtt::encode(packet, connection.version(), connection.outbox.extend(size));
    connection.count_sent(mqtt::PacketType::Connack, size);
    shard.touch(connection);
}

// PUBACK, PUBREC, PUBREL, PUBCOMP; SUBACK and UNSUBACK.
template <typename Packet>
void send(Connection& connection, Shard& shard, mqtt::PacketType type, const Packet& packet) {
    std::size_t size = mqtt::encoded_size(packet, connection.version());
    mqtt::encode(type, packet, connection.version(), connection.outbox.extend(size));
    connection.count_sent(type, size);
    shard.touch(connection);
}

}  // namespace martlet::broker
