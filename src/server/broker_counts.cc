#include "server/broker_counts.h"

#include "mqtt/types.h"
#include "server/metric_list.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace martlet::server {

namespace {

using broker::Counter;
using broker::Counters;
using broker::DropReason;
using broker::Refusal;
using broker::Shared;

struct Row {
    std::string_view name;
    std::string_view help;
    Counter Counters::*counter;
};

constexpr std::array kGauges = {
    Row{"martlet_sessions", "Sessions, connected or kept.", &Counters::sessions},
    Row{"martlet_clients_connected", "Clients that are connected.", &Counters::sessions_online},
    Row{"martlet_connections", "Open connections.", &Counters::connections},
    Row{"martlet_subscriptions", "Subscriptions.", &Counters::subscriptions},
    Row{"martlet_shared_subscriptions", "Shared subscriptions.", &Counters::shared_subscriptions},
    Row{"martlet_queued_messages", "Messages that wait for clients.", &Counters::queued_messages},
    Row{"martlet_queued_messages_bytes", "Bytes of messages that wait for clients.",
        &Counters::queued_bytes},
    Row{"martlet_telemetry_queued_messages",
        "Messages of QoS 1 and 2 that telemetry has not stored yet; the journal keeps them.",
        &Counters::tap_messages},
    Row{"martlet_parked_messages", "Messages that wait in share groups for a busy shard.",
        &Counters::parked_messages},
};

constexpr std::array kCounters = {
    Row{"martlet_connections_opened_total", "Connections that were opened.",
        &Counters::connections_opened},
    Row{"martlet_sessions_expired_total", "Sessions that expired.", &Counters::sessions_expired},
    Row{"martlet_packets_received_total", "Packets of all types received.",
        &Counters::messages_received},
    Row{"martlet_packets_sent_total", "Packets of all types sent.", &Counters::messages_sent},
    Row{"martlet_messages_received_total", "PUBLISH packets received.",
        &Counters::publish_received},
    Row{"martlet_messages_sent_total", "PUBLISH packets sent.", &Counters::publish_sent},
    Row{"martlet_message_bytes_received_total", "Bytes of payloads received.",
        &Counters::publish_bytes_received},
    Row{"martlet_message_bytes_sent_total", "Bytes of payloads sent.",
        &Counters::publish_bytes_sent},
    Row{"martlet_bytes_received_total", "Bytes received.", &Counters::bytes_received},
    Row{"martlet_bytes_sent_total", "Bytes sent.", &Counters::bytes_sent},
};

constexpr std::array<std::string_view, 16> kPackets = {
    "",        "connect",  "connack",    "publish", "puback",      "pubrec",
    "pubrel",  "pubcomp",  "subscribe",  "suback",  "unsubscribe", "unsuback",
    "pingreq", "pingresp", "disconnect", "auth"};

template <typename Get>
std::uint64_t sum(const Shared& shared, Get get) {
    std::uint64_t total = 0;
    for (const Counters& counters : shared.counters) total += get(counters).get();
    return total;
}

std::uint64_t sum_of(const Shared& shared, Counter Counters::*counter) {
    return sum(shared, [counter](const Counters& c) -> const Counter& { return c.*counter; });
}

// Two numbers that are not read in one moment.
std::uint64_t less(std::uint64_t a, std::uint64_t b) {
    return a - std::min(a, b);
}

void add_messages_kept(const Shared& shared, MetricList& list) {
    std::uint64_t queued = sum_of(shared, &Counters::queued_messages);
    std::uint64_t queued_bytes = sum_of(shared, &Counters::queued_bytes);
    list.gauge("martlet_retained_messages", "Retained messages.", shared.retained.count());
    list.gauge("martlet_stored_messages", "Messages that are queued or retained.",
               queued + shared.retained.count());
    list.gauge("martlet_stored_messages_bytes", "Bytes of messages that are queued or retained.",
               queued_bytes + shared.retained.bytes());
}

void add_connects(const Shared& shared, MetricList& list) {
    constexpr std::string_view kName = "martlet_connects_total";
    constexpr std::string_view kHelp = "CONNECT packets, by what was answered.";
    std::uint64_t refused = sum_of(shared, &Counters::connects_refused);
    std::uint64_t denied = sum_of(shared, &Counters::denied_connects);
    list.counter(kName, kHelp, sum_of(shared, &Counters::connects), {{"result", "accepted"}});
    list.counter(kName, kHelp, denied, {{"result", "denied"}});
    list.counter(kName, kHelp, less(refused, denied), {{"result", "refused"}});
    constexpr std::string_view kDenied = "martlet_denied_total";
    constexpr std::string_view kDeniedHelp = "What clients were not allowed to do.";
    list.counter(kDenied, kDeniedHelp, sum_of(shared, &Counters::denied_publishes),
                 {{"action", "publish"}});
    list.counter(kDenied, kDeniedHelp, sum_of(shared, &Counters::denied_subscribes),
                 {{"action", "subscribe"}});
}

void add_packets(const Shared& shared, MetricList& list) {
    for (std::size_t i = 1; i < kPackets.size(); i++) {
        auto received =
            sum(shared, [i](const Counters& c) -> const Counter& { return c.packets_received[i]; });
        list.counter("martlet_packets_received_by_type_total", "Packets received, by type.",
                     received, {{"type", std::string(kPackets[i])}});
    }
    for (std::size_t i = 1; i < kPackets.size(); i++) {
        auto sent =
            sum(shared, [i](const Counters& c) -> const Counter& { return c.packets_sent[i]; });
        list.counter("martlet_packets_sent_by_type_total", "Packets sent, by type.", sent,
                     {{"type", std::string(kPackets[i])}});
    }
}

void add_drops(const Shared& shared, MetricList& list) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(DropReason::kCount); i++) {
        auto dropped =
            sum(shared, [i](const Counters& c) -> const Counter& { return c.dropped[i]; });
        std::string reason(broker::drop_reason_name(static_cast<DropReason>(i)));
        list.counter("martlet_dropped_messages_total", "Messages dropped, by reason.", dropped,
                     {{"reason", std::move(reason)}});
    }
}

void add_refusals(const Shared& shared, MetricList& list) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(Refusal::kCount); i++) {
        auto refused =
            sum(shared, [i](const Counters& c) -> const Counter& { return c.refused[i]; });
        broker::RefusalName name = broker::refusal_name(static_cast<Refusal>(i));
        list.counter(
            "martlet_refused_total",
            "Connections, CONNECT packets and filters of SUBSCRIBE packets that were "
            "refused, by reason.",
            refused,
            {{"request", std::string(name.request)}, {"reason", std::string(name.reason)}});
    }
}

void add_memory(const Shared& shared, MetricList& list) {
    if (std::uint64_t in_use = shared.memory.in_use.load(std::memory_order_relaxed); in_use != 0)
        list.gauge("martlet_memory_in_use_bytes", "Memory in use, as memory_limit counts it.",
                   in_use);
    list.counter("martlet_memory_disconnects_total",
                 "Readers that were disconnected because memory_limit was passed.",
                 sum_of(shared, &Counters::memory_disconnects));
}

}  // namespace

void collect_broker(const Shared& shared, std::vector<http::Metric>& metrics) {
    MetricList list(metrics);
    for (const Row& row : kGauges) list.gauge(row.name, row.help, sum_of(shared, row.counter));
    list.gauge(
        "martlet_clients_disconnected", "Sessions whose client is away.",
        less(sum_of(shared, &Counters::sessions), sum_of(shared, &Counters::sessions_online)));
    for (const Row& row : kCounters) list.counter(row.name, row.help, sum_of(shared, row.counter));
    add_messages_kept(shared, list);
    add_connects(shared, list);
    add_packets(shared, list);
    add_drops(shared, list);
    add_refusals(shared, list);
    add_memory(shared, list);
}

}  // namespace martlet::server
