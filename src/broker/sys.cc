#include "broker/sys.h"

#include "base/text.h"

#include <algorithm>

namespace martlet::broker {

struct Sys::Totals {
    std::uint64_t bytes_received = 0, bytes_sent = 0, messages_received = 0, messages_sent = 0;
    std::uint64_t publish_received = 0, publish_sent = 0, publish_bytes_received = 0,
                  publish_bytes_sent = 0;
    std::uint64_t sockets = 0, connections = 0, connects = 0, sessions = 0, online = 0, expired = 0;
    std::uint64_t subscriptions = 0, shared_subscriptions = 0, queued = 0, queued_bytes = 0,
                  dropped = 0;
    std::uint64_t packets_received[16] = {}, packets_sent[16] = {};
    std::uint64_t drops[static_cast<std::size_t>(DropReason::kCount)] = {};
    std::uint64_t refusals[static_cast<std::size_t>(Refusal::kCount)] = {};
    std::uint64_t memory_disconnects = 0;
};

Sys::Totals Sys::sum() const {
    Totals t;
    for (const Counters& c : shard_.shared().counters) {
        t.bytes_received += c.bytes_received.get();
        t.bytes_sent += c.bytes_sent.get();
        t.messages_received += c.messages_received.get();
        t.messages_sent += c.messages_sent.get();
        t.publish_received += c.publish_received.get();
        t.publish_sent += c.publish_sent.get();
        t.publish_bytes_received += c.publish_bytes_received.get();
        t.publish_bytes_sent += c.publish_bytes_sent.get();
        t.sockets += c.connections_opened.get();
        t.connections += c.connections.get();
        t.connects += c.connects.get();
        t.sessions += c.sessions.get();
        t.online += c.sessions_online.get();
        t.expired += c.sessions_expired.get();
        t.subscriptions += c.subscriptions.get();
        t.shared_subscriptions += c.shared_subscriptions.get();
        t.queued += c.queued_messages.get();
        t.queued_bytes += c.queued_bytes.get();
        t.dropped += c.dropped_total();
        for (std::size_t i = 0; i < 16; i++) t.packets_received[i] += c.packets_received[i].get();
        for (std::size_t i = 0; i < 16; i++) t.packets_sent[i] += c.packets_sent[i].get();
        for (std::size_t i = 0; i < std::size(t.drops); i++) t.drops[i] += c.dropped[i].get();
        for (std::size_t i = 0; i < std::size(t.refusals); i++) t.refusals[i] += c.refused[i].get();
        t.memory_disconnects += c.memory_disconnects.get();
    }
    return t;
}

void Sys::update(const ProcessValues& process) {
    Totals totals = sum();
    put("$SYS/broker/version", version_);
    auto uptime =
        std::chrono::duration_cast<std::chrono::seconds>(shard_.now().steady - started_).count();
    put("$SYS/broker/uptime", fmt::format("{} seconds", uptime));
    put_clients(totals);
    put_messages(totals);
    put_drops(totals);
    put_memory(totals);
    put_loads(totals);
    put("$SYS/broker/heap/current", process.heap_current);
    put("$SYS/broker/heap/maximum", process.heap_maximum);
    if (process.certificate_end_s > 0)
        put("$SYS/broker/tls/certificate_end",
            static_cast<std::uint64_t>(process.certificate_end_s));
}

void Sys::put_clients(const Totals& t) {
    clients_maximum_ = std::max(clients_maximum_, t.sessions);
    put("$SYS/broker/clients/total", t.sessions);
    put("$SYS/broker/clients/maximum", clients_maximum_);
    put("$SYS/broker/clients/connected", t.online);
    put("$SYS/broker/clients/active", t.online);
    put("$SYS/broker/clients/disconnected", t.sessions - std::min(t.sessions, t.online));
    put("$SYS/broker/clients/inactive", t.sessions - std::min(t.sessions, t.online));
    put("$SYS/broker/clients/expired", t.expired);
    put("$SYS/broker/connections/socket/count", t.connections);
    put("$SYS/broker/subscriptions/count", t.subscriptions);
    put("$SYS/broker/shared_subscriptions/count", t.shared_subscriptions);
}

void Sys::put_messages(const Totals& t) {
    topics::Retained& retained = shard_.shared().retained;
    put("$SYS/broker/messages/received", t.messages_received);
    put("$SYS/broker/messages/sent", t.messages_sent);
    put("$SYS/broker/messages/stored", t.queued + retained.count());
    put("$SYS/broker/store/messages/count", t.queued + retained.count());
    put("$SYS/broker/store/messages/bytes", t.queued_bytes + retained.bytes());
    put("$SYS/broker/retained messages/count", retained.count());
    put("$SYS/broker/publish/messages/received", t.publish_received);
    put("$SYS/broker/publish/messages/sent", t.publish_sent);
    put("$SYS/broker/publish/messages/dropped", t.dropped);
    put("$SYS/broker/publish/bytes/received", t.publish_bytes_received);
    put("$SYS/broker/publish/bytes/sent", t.publish_bytes_sent);
    put("$SYS/broker/bytes/received", t.bytes_received);
    put("$SYS/broker/bytes/sent", t.bytes_sent);
    put("$SYS/broker/packet/out/count", t.queued);
    put("$SYS/broker/packet/out/bytes", t.queued_bytes);
    static constexpr std::string_view kPackets[16] = {
        "",        "connect",  "connack",    "publish", "puback",      "pubrec",
        "pubrel",  "pubcomp",  "subscribe",  "suback",  "unsubscribe", "unsuback",
        "pingreq", "pingresp", "disconnect", "auth"};
    for (std::size_t i = 1; i < 16; i++) {
        put(fmt::format("$SYS/broker/mqtt/{}/received", kPackets[i]), t.packets_received[i]);
        put(fmt::format("$SYS/broker/mqtt/{}/sent", kPackets[i]), t.packets_sent[i]);
    }
}

void Sys::put_drops(const Totals& t) {
    for (std::size_t i = 0; i < std::size(t.drops); i++) {
        put(fmt::format("$SYS/broker/publish/messages/dropped/{}",
                        drop_reason_name(static_cast<DropReason>(i))),
            t.drops[i]);
    }
    for (std::size_t i = 0; i < std::size(t.refusals); i++) {
        RefusalName name = refusal_name(static_cast<Refusal>(i));
        put(fmt::format("$SYS/broker/refused/{}/{}", name.request, name.reason), t.refusals[i]);
    }
}

void Sys::put_memory(const Totals& t) {
    if (shard_.options().memory_limit == 0) return;
    put("$SYS/broker/memory/limit", shard_.options().memory_limit);
    put("$SYS/broker/memory/in_use", shard_.shared().memory.in_use.load(std::memory_order_relaxed));
    put("$SYS/broker/memory/readers_disconnected", t.memory_disconnects);
}

void Sys::put_loads(const Totals& t) {
    double seconds = std::chrono::duration<double>(shard_.now().steady -
                                                   (last_load_.count() ? last_load_ : started_))
                         .count();
    last_load_ = shard_.now().steady;
    if (seconds <= 0) return;
    struct Row {
        std::string_view name;
        std::uint64_t total;
    };
    const Row rows[] = {{"messages/received", t.messages_received},
                        {"messages/sent", t.messages_sent},
                        {"publish/received", t.publish_received},
                        {"publish/sent", t.publish_sent},
                        {"publish/dropped", t.dropped},
                        {"bytes/received", t.bytes_received},
                        {"bytes/sent", t.bytes_sent},
                        {"sockets", t.sockets},
                        {"connections", t.connects}};
    static_assert(std::size(rows) == std::size(decltype(loads_){}));
    static constexpr std::string_view kSpans[] = {"1min", "5min", "15min"};
    for (std::size_t i = 0; i < std::size(rows); i++) {
        loads_[i].update(rows[i].total, seconds);
        for (std::size_t span = 0; span < std::size(kSpans); span++) {
            put(fmt::format("$SYS/broker/load/{}/{}", rows[i].name, kSpans[span]),
                fmt::format("{:.2f}", loads_[i].average(span)));
        }
    }
}

void Sys::put(std::string_view topic, std::uint64_t value) {
    put(topic, fmt::format("{}", value));
}

void Sys::put(std::string_view topic, std::string_view value) {
    auto it = published_.find(topic);
    if (it != published_.end() && it->second == value) return;
    published_[std::string(topic)] = std::string(value);
    Publication publication;
    publication.topic = topic;
    publication.payload = as_bytes(value);
    publication.qos = mqtt::Qos::ExactlyOnce;
    publication.retain = true;
    shard_.publish(publication, nullptr);
}

}  // namespace martlet::broker
