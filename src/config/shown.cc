#include "config/shown.h"

#include "base/text.h"

namespace martlet::config {

namespace {

std::string_view word(bool value) {
    return value ? "true" : "false";
}

std::string text_of(const Listener& listener) {
    const net::ListenOptions& net = listener.net;
    std::string text = net.unix_path.empty()
                           ? fmt::format("listener {} {}\n", net.port, net.address)
                           : fmt::format("listener 0 {}\n", net.unix_path);
    if (listener.is_http) return text + "protocol http\n";
    const auth::Options& auth = listener.broker.auth;
    text += fmt::format("allow_anonymous {}\n", word(auth.allow_anonymous));
    if (!auth.password_file.empty()) text += fmt::format("password_file {}\n", auth.password_file);
    if (auth.acl_file) text += fmt::format("acl_file {}\n", *auth.acl_file);
    return text;
}

// A database's address may hold a password.
std::string store_of(const telemetry::Options& options) {
    bool is_address = options.store.find("://") != std::string::npos;
    return is_address ? options.store.substr(0, options.store.find("://")) + "://..."
                      : options.store;
}

}  // namespace

std::string shown(const Settings& settings) {
    const broker::Options& broker = settings.broker;
    std::string text;
    auto line = [&](std::string_view key, const auto& value) {
        text += fmt::format("{} {}\n", key, value);
    };
    if (!settings.config_file.empty()) line("# read from", settings.config_file);
    line("persistence", word(settings.persistence));
    if (settings.persistence) line("persistence_location", settings.persistence_location);
    line("telemetry", word(settings.telemetry.is_on));
    if (settings.telemetry.is_on) line("telemetry_store", store_of(settings.telemetry));
    for (const telemetry::RuleOption& rule : settings.telemetry.rules)
        text += fmt::format("telemetry_rule {} {}\n", rule.filter, rule.decoder);
    line("max_queued_messages", broker.max_queued_messages);
    line("max_queued_bytes", broker.max_queued_bytes);
    line("max_inflight_messages", broker.max_inflight_messages);
    line("max_packet_size", broker.max_packet_size);
    line("message_size_limit", broker.message_size_limit);
    line("memory_limit", broker.memory_limit);
    line("retain_available", word(broker.retain_available));
    line("queue_qos0_messages", word(broker.queue_qos0_messages));
    line("sys_interval", broker.sys_interval);
    for (const Listener& listener : settings.listeners) text += text_of(listener);
    return text;
}

}  // namespace martlet::config
