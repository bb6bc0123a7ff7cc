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

// What whoever runs the shards counts comes from there (http/metric_source.h).
constexpr std::array kRows = {
    Row{"uptime", "martlet_uptime_seconds", kGauge, "Since the broker started"},
    Row{"clients/maximum", "martlet_sessions_maximum", kGauge, "The most sessions so far"},
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

// "connection/NAME/state".
void add_bridge(std::string_view name, double value, Exposition& out) {
    constexpr std::string_view kBridge = "connection/", kState = "/state";
    if (!name.starts_with(kBridge) || !name.ends_with(kState)) return;
    name.remove_prefix(kBridge.size());
    name.remove_suffix(std::min(name.size(), kState.size()));
    out.add("martlet_bridge_up", "Whether a bridge is connected", kGauge, value,
            label_text({{"connection", name}}));
}

// The exporter says of these that they are counters, of all others that they are gauges.
bool is_counter_of_exporter(std::string_view name) {
    constexpr std::array<std::string_view, 7> kNames = {"bytes/received",
                                                        "bytes/sent",
                                                        "messages/received",
                                                        "messages/sent",
                                                        "publish/messages/received",
                                                        "publish/messages/sent",
                                                        "publish/messages/dropped"};
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// It leaves them out, since others say the same.
bool is_left_out_by_exporter(std::string_view name) {
    return name == "clients/active" || name == "clients/inactive" || name == "version" ||
           name == "timestamp";
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
            add_bridge(name, *value, out);
        }
    }
}

void add_mosquitto_exporter_metrics(const BrokerValues& values, Exposition& out) {
    for (const auto& [name, text] : values) {
        auto value = number_in(text);
        if (!value || is_left_out_by_exporter(name)) continue;
        out.add(metric_name(fmt::format("broker_{}", name)), fmt::format("$SYS/broker/{}", name),
                is_counter_of_exporter(name) ? kCounter : kGauge, *value);
    }
}

}  // namespace martlet::http
