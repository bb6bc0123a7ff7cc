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

std::uint64_t Counters::dropped_total() const {
    std::uint64_t total = 0;
    for (const Counter& counter : dropped) total += counter.get();
    return total;
}

}  // namespace martlet::broker
