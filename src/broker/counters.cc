#include "broker/counters.h"

namespace martlet::broker {

std::string_view drop_reason_name(DropReason reason) {
    static constexpr std::string_view kNames[] = {
        "queue_full",    "outbox_full",  "offline",           "expired",       "packet_too_large",
        "denied_read",   "denied_write", "payload_too_large", "shard_credit",  "memory_limit",
        "session_ended", "journal_full", "unreadable",        "telemetry_full"};
    static_assert(std::size(kNames) == static_cast<std::size_t>(DropReason::kCount));
    return kNames[static_cast<std::size_t>(reason)];
}

std::string_view drop_reason_text(DropReason reason) {
    switch (reason) {
        case DropReason::PacketTooLarge:
            return "larger than the Maximum Packet Size of the client they are for";
        case DropReason::ShardCredit:
            return "of QoS 0, and another thread cannot keep up";
        case DropReason::MemoryLimit:
            return "memory_limit leaves no room";
        case DropReason::JournalFull:
            return "no room on the disk";
        case DropReason::Unreadable:
            return "the journal could not give them back";
        case DropReason::TelemetryFull:
            return "of QoS 0, and telemetry cannot keep up";
        default:
            return {};
    }
}

RefusalName refusal_name(Refusal refusal) {
    static constexpr RefusalName kNames[] = {{"connection", "max_connections"},
                                             {"connection", "tls_handshake"},
                                             {"connection", "connection_rate"},
                                             {"connection", "proxy_header"},
                                             {"connection", "connect_timeout"},
                                             {"websocket", "upgrade"},
                                             {"websocket", "origin"},
                                             {"websocket", "frame"},
                                             {"connect", "malformed"},
                                             {"connect", "protocol_version"},
                                             {"connect", "authentication_method"},
                                             {"connect", "client_id"},
                                             {"connect", "maximum_packet_size"},
                                             {"connect", "keep_alive"},
                                             {"connect", "will"},
                                             {"connect", "not_authorized"},
                                             {"connect", "banned"},
                                             {"connect", "session_of_another"},
                                             {"connect", "passwords_busy"},
                                             {"connect", "max_clients"},
                                             {"connect", "memory_limit"},
                                             {"connect", "journal_full"},
                                             {"subscribe", "denied"},
                                             {"subscribe", "memory_limit"},
                                             {"subscribe", "journal_full"}};
    static_assert(std::size(kNames) == static_cast<std::size_t>(Refusal::kCount));
    return kNames[static_cast<std::size_t>(refusal)];
}

std::uint64_t Counters::dropped_total() const {
    std::uint64_t total = 0;
    for (const Counter& counter : dropped) total += counter.get();
    return total;
}

}  // namespace martlet::broker
