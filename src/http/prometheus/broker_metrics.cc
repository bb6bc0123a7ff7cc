#include "http/prometheus/broker_metrics.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace martlet::http {

namespace {

constexpr auto kGauge = Metric::Type::Gauge;
constexpr auto kCounter = Metric::Type::Counter;

// A value of $SYS/broker/ and the metric it is.
struct Row {
    std::string_view value;
    std::string_view name;
    Metric::Type type;
    std::string_view help;
};

constexpr std::array kRows = {
    Row{"uptime", "martlet_uptime_seconds", kGauge, "Since the broker started"},
    Row{"clients/total", "martlet_sessions", kGauge, "Sessions, connected or kept"},
    Row{"clients/maximum", "martlet_sessions_maximum", kGauge, "The most sessions so far"},
    Row{"clients/connected", "martlet_clients_connected", kGauge, "Clients that are connected"},
    Row{"clients/disconnected", "martlet_clients_disconnected", kGauge,
        "Sessions whose client is away"},
    Row{"clients/expired", "martlet_sessions_expired_total", kCounter, "Sessions that expired"},
    Row{"connections/socket/count", "martlet_connections", kGauge, "Open connections"},
    Row{"subscriptions/count", "martlet_subscriptions", kGauge, "Subscriptions"},
    Row{"shared_subscriptions/count", "martlet_shared_subscriptions", kGauge,
        "Shared subscriptions"},
    Row{"retained messages/count", "martlet_retained_messages", kGauge, "Retained messages"},
    Row{"messages/received", "martlet_packets_received_total", kCounter,
        "Packets of all types received"},
    Row{"messages/sent", "martlet_packets_sent_total", kCounter, "Packets of all types sent"},
    Row{"publish/messages/received", "martlet_messages_received_total", kCounter,
        "PUBLISH packets received"},
    Row{"publish/messages/sent", "martlet_messages_sent_total", kCounter, "PUBLISH packets sent"},
    Row{"publish/bytes/received", "martlet_message_bytes_received_total", kCounter,
        "Bytes of payloads received"},
    Row{"publish/bytes/sent", "martlet_message_bytes_sent_total", kCounter,
        "Bytes of payloads sent"},
    Row{"bytes/received", "martlet_bytes_received_total", kCounter, "Bytes received"},
    Row{"bytes/sent", "martlet_bytes_sent_total", kCounter, "Bytes sent"},
    Row{"store/messages/count", "martlet_stored_messages", kGauge,
        "Messages that are queued or retained"},
    Row{"store/messages/bytes", "martlet_stored_messages_bytes", kGauge,
        "Bytes of messages that are queued or retained"},
    Row{"packet/out/count", "martlet_queued_messages", kGauge, "Messages that wait for clients"},
    Row{"packet/out/bytes", "martlet_queued_messages_bytes", kGauge,
        "Bytes of messages that wait for clients"},
    Row{"heap/current", "martlet_heap_bytes", kGauge, "Memory in use"},
    Row{"heap/maximum", "martlet_heap_maximum_bytes", kGauge, "The most memory in use so far"},
};

// A number, or "123 seconds".
std::optional<double> number_in(std::string_view text) {
    constexpr std::string_view kSeconds = " seconds";
    if (text.ends_with(kSeconds)) text.remove_suffix(kSeconds.size());
    double number = 0;
    const char* last = text.data() + text.size();
    auto [end, error] = std::from_chars(text.data(), last, number);
    if (error != std::errc() || end != last || text.empty()) return std::nullopt;
    return number;
}

// "mqtt/publish/received", "publish/messages/dropped/queue_full", "connection/NAME/state".
bool add_of_family(std::string_view name, double value, Exposition& out) {
    constexpr std::string_view kPackets = "mqtt/";
    constexpr std::string_view kDropped = "publish/messages/dropped/";
    constexpr std::string_view kBridge = "connection/";
    if (name.starts_with(kDropped)) {
        out.add("martlet_dropped_messages_total", "Messages dropped, by reason", kCounter, value,
                label_text({{"reason", name.substr(kDropped.size())}}));
        return true;
    }
    if (name.starts_with(kPackets)) {
        std::string_view rest = name.substr(kPackets.size());
        std::string_view type = rest.substr(0, rest.find('/'));
        bool is_received = rest.ends_with("/received");
        if (!is_received && !rest.ends_with("/sent")) return false;
        out.add(is_received ? "martlet_packets_received_by_type_total"
                            : "martlet_packets_sent_by_type_total",
                is_received ? "Packets received, by type" : "Packets sent, by type", kCounter,
                value, label_text({{"type", type}}));
        return true;
    }
    if (name.starts_with(kBridge) && name.ends_with("/state")) {
        name.remove_prefix(kBridge.size());
        name.remove_suffix(std::string_view("/state").size());
        out.add("martlet_bridge_up", "Whether a bridge is connected", kGauge, value,
                label_text({{"connection", name}}));
        return true;
    }
    return false;
}

// These grow, under the names that the exporter has for them.
bool is_counter_of_exporter(std::string_view name) {
    constexpr std::array<std::string_view, 12> kNames = {"bytes/received",
                                                         "bytes/sent",
                                                         "messages/received",
                                                         "messages/sent",
                                                         "publish/bytes/received",
                                                         "publish/bytes/sent",
                                                         "publish/messages/received",
                                                         "publish/messages/sent",
                                                         "publish/messages/dropped",
                                                         "uptime",
                                                         "clients/maximum",
                                                         "clients/total"};
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace

void add_broker_metrics(const BrokerValues& values, Exposition& out) {
    for (const auto& [name, text] : values) {
        if (name == "version") {
            out.add("martlet_build_info", "The version, as a label", kGauge, 1,
                    label_text({{"version", text}}));
            continue;
        }
        auto value = number_in(text);
        if (!value) continue;
        auto row = std::find_if(kRows.begin(), kRows.end(),
                                [&wanted = name](const Row& one) { return one.value == wanted; });
        if (row != kRows.end()) {
            out.add(row->name, row->help, row->type, *value);
        } else {
            add_of_family(name, *value, out);
        }
    }
}

void add_mosquitto_exporter_metrics(const BrokerValues& values, Exposition& out) {
    for (const auto& [name, text] : values) {
        auto value = number_in(text);
        if (!value) continue;
        out.add(metric_name(fmt::format("broker_{}", name)), fmt::format("$SYS/broker/{}", name),
                is_counter_of_exporter(name) ? kCounter : kGauge, *value);
    }
}

}  // namespace martlet::http
