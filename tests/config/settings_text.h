#pragma once

// Settings as lines "name = value", so that text can say what is expected of them.

#include "base/log.h"
#include "config/settings.h"

#include <map>
#include <string>

namespace martlet::config {

using SettingsText = std::map<std::string, std::string>;

inline std::string as_text(bool value) {
    return value ? "true" : "false";
}
inline std::string as_text(const std::string& value) {
    return value;
}
inline std::string as_text(mqtt::Qos value) {
    return std::to_string(static_cast<int>(value));
}
template <typename Number>
std::string as_text(Number value) {
    return std::to_string(value);
}

inline void add_broker(SettingsText& text, const broker::Options& options) {
#define ADD(name) text[#name] = as_text(options.name)
    ADD(shards);
    ADD(allow_duplicate_messages);
    ADD(check_retain_source);
    ADD(queue_qos0_messages);
    ADD(retain_available);
    ADD(upgrade_outgoing_qos);
    ADD(global_max_clients);
    ADD(global_max_connections);
    ADD(max_inflight_messages);
    ADD(max_inflight_bytes);
    ADD(max_queued_messages);
    ADD(max_queued_bytes);
    ADD(max_keepalive);
    ADD(max_packet_size);
    ADD(message_size_limit);
    ADD(memory_limit);
    ADD(outbox_bytes_max);
    ADD(persistent_client_expiration);
    ADD(retain_expiry_s);
    ADD(sys_interval);
    ADD(tolerate_receive_maximum);
    ADD(logs_as_2_0);
    ADD(connect_timeout_s);
    ADD(packet_rate_min);
#undef ADD
}

inline void add_log(SettingsText& text, const log::Options& options) {
    text["log.levels"] = fmt::format("{:#x}", options.levels);
#define ADD(name) text["log." #name] = as_text(options.name)
    ADD(to_stdout);
    ADD(to_stderr);
    ADD(to_syslog);
    ADD(to_topic);
    ADD(file);
    ADD(syslog_facility);
    ADD(timestamp);
    ADD(timestamp_format);
    ADD(connection_messages);
#undef ADD
}

inline void add_listener(SettingsText& text, const std::string& prefix, const Listener& listener) {
    text[prefix + "where"] = listener.where;
    text[prefix + "is_http"] = as_text(listener.is_http);
    text[prefix + "websocket"] = as_text(listener.websocket.is_on);
    std::string& origins = text[prefix + "websocket.origins"];
    for (const std::string& origin : listener.websocket.origins)
        origins += (origins.empty() ? "" : " ") + origin;
    text[prefix + "websocket.headers_size"] = as_text(listener.websocket.headers_size);
    text[prefix + "websocket.trusted_proxies"] = as_text(listener.websocket.trusted_proxies.size());
    const net::TlsOptions& tls = listener.tls;
    text[prefix + "certfile"] = tls.certfile;
    text[prefix + "keyfile"] = tls.keyfile;
    text[prefix + "cafile"] = tls.cafile;
    text[prefix + "capath"] = tls.capath;
    text[prefix + "crlfile"] = tls.crlfile;
    text[prefix + "ciphers"] = tls.ciphers;
    text[prefix + "ciphers_tls13"] = tls.ciphers_tls13;
    text[prefix + "tls_version"] = tls.version;
    text[prefix + "tls_engine"] = tls.engine;
    text[prefix + "tls_engine_kpass_sha1"] = tls.engine_kpass_sha1;
    text[prefix + "tls_keyform"] = tls.keyform;
    text[prefix + "psk_hint"] = tls.psk_hint;
    text[prefix + "psk_file"] = tls.psk_file;
    text[prefix + "require_certificate"] = as_text(tls.require_certificate);
    text[prefix + "use_identity_as_username"] = as_text(tls.use_identity_as_username);
    text[prefix + "use_subject_as_username"] = as_text(tls.use_subject_as_username);
    text[prefix + "disable_client_cert_date_checks"] = as_text(tls.disable_client_cert_date_checks);
#define ADD(part, name) text[prefix + #name] = as_text(listener.part.name)
    ADD(net, port);
    ADD(net, address);
    ADD(net, unix_path);
    ADD(net, interface);
    ADD(net, tcp_nodelay);
    ADD(net, proxy_protocol);
    ADD(net, proxy_requires_tls);
    ADD(net, proxy_requires_certificate);
    ADD(net, proxy_names_user);
    ADD(broker, allow_zero_length_clientid);
    ADD(broker, auto_id_prefix);
    ADD(broker, protocol_versions);
    ADD(broker, max_connections);
    ADD(broker, max_qos);
    ADD(broker, max_topic_alias);
    ADD(broker, max_topic_alias_broker);
    ADD(broker, mount_point);
    ADD(broker, use_username_as_clientid);
    ADD(broker.auth, allow_anonymous);
    ADD(broker.auth, password_file);
    ADD(broker.auth, clientid_prefixes);
    ADD(broker.auth, refuse_unreadable_subscriptions);
    ADD(broker.auth, is_strict);
#undef ADD
    text[prefix + "domain"] = as_text(static_cast<int>(listener.net.domain));
    if (listener.broker.auth.acl_file) text[prefix + "acl_file"] = *listener.broker.auth.acl_file;
}

inline std::string topic_text(const BridgeTopic& topic) {
    const char* directions[] = {"out", "in", "both"};
    return fmt::format("[{}] {} {} [{}] [{}]", topic.pattern,
                       directions[static_cast<int>(topic.direction)], static_cast<int>(topic.qos),
                       topic.local_prefix, topic.remote_prefix);
}

inline void add_bridge(SettingsText& text, const std::string& prefix,
                       const BridgeSettings& bridge) {
    for (std::size_t i = 0; i < bridge.addresses.size(); ++i)
        text[fmt::format("{}address{}", prefix, i)] =
            fmt::format("{} {}", bridge.addresses[i].host, bridge.addresses[i].port);
    for (std::size_t i = 0; i < bridge.topics.size(); ++i)
        text[fmt::format("{}topic{}", prefix, i)] = topic_text(bridge.topics[i]);
#define ADD(name) text[prefix + #name] = as_text(bridge.name)
    ADD(name);
    ADD(bind_address);
    ADD(attempt_unsubscribe);
    ADD(outgoing_retain);
    ADD(try_private);
    ADD(round_robin);
    ADD(clean_session);
    ADD(remote_clientid);
    ADD(local_clientid);
    ADD(remote_username);
    ADD(remote_password);
    ADD(local_username);
    ADD(local_password);
    ADD(notifications);
    ADD(notifications_local_only);
    ADD(notification_topic);
    ADD(max_packet_size);
    ADD(max_topic_alias);
    ADD(receive_maximum);
    ADD(session_expiry_interval);
    ADD(keepalive_interval);
    ADD(idle_timeout);
    ADD(threshold);
    ADD(restart.base_s);
    ADD(restart.cap_s);
    ADD(restart.stable_s);
    ADD(tcp_keepalive.idle_s);
    ADD(tcp_keepalive.interval_s);
    ADD(tcp_keepalive.counter);
    ADD(tcp_user_timeout_ms);
    ADD(tls.alpn);
    ADD(tls.cafile);
    ADD(tls.capath);
    ADD(tls.certfile);
    ADD(tls.keyfile);
    ADD(tls.ciphers);
    ADD(tls.ciphers_tls13);
    ADD(tls.version);
    ADD(tls.identity);
    ADD(tls.psk);
    ADD(tls.insecure);
    ADD(tls.require_ocsp);
    ADD(tls.use_os_certs);
#undef ADD
    text[prefix + "protocol_version"] = as_text(static_cast<int>(bridge.protocol_version));
    text[prefix + "start_type"] = as_text(static_cast<int>(bridge.start_type));
    text[prefix + "reload_type"] = as_text(static_cast<int>(bridge.reload_type));
    if (bridge.local_clean_session)
        text[prefix + "local_clean_session"] = as_text(*bridge.local_clean_session);
}

inline void add_telemetry(SettingsText& text, const telemetry::Options& options) {
    text["telemetry"] = as_text(options.is_on);
    text["telemetry_store"] = options.store;
    text["telemetry_samples_days"] = as_text(options.samples_days);
    text["telemetry_quarters_days"] = as_text(options.rollup_days[1]);
    text["telemetry_commit_ms"] = as_text(options.commit_ms);
    for (std::size_t i = 0; i < options.rules.size(); ++i)
        text[fmt::format("telemetry_rule{}", i)] =
            options.rules[i].filter + " " + options.rules[i].decoder;
    for (std::size_t i = 0; i < options.decoder_options.size(); ++i) {
        const telemetry::DecoderOption& option = options.decoder_options[i];
        text[fmt::format("telemetry_option{}", i)] =
            option.decoder + " " + option.name + " " + option.value;
    }
    text["telemetry_settings_file"] = options.settings_file;
    for (std::size_t i = 0; i < options.maps.size(); ++i)
        text[fmt::format("telemetry_map{}", i)] =
            fmt::format("{} {}: {}", options.map_files[i], options.maps[i].name,
                        options.maps[i].text.substr(0, options.maps[i].text.find('\n')));
    for (std::size_t i = 0; i < options.units.size(); ++i) {
        const telemetry::UnitOption& unit = options.units[i];
        text[fmt::format("telemetry_unit{}", i)] = fmt::format(
            "[{}] [{}] [{}] [{}] {}", unit.kind, unit.id, unit.metric, unit.unit,
            unit.series_kind ? telemetry::name_of(*unit.series_kind) : std::string_view("-"));
    }
    for (std::size_t i = 0; i < options.thresholds.size(); ++i) {
        const telemetry::ThresholdOption& one = options.thresholds[i];
        text[fmt::format("telemetry_threshold{}", i)] = fmt::format(
            "[{}] [{}] [{}] {} {}", one.kind, one.group, one.id, one.online_ms, one.silent_ms);
    }
}

inline SettingsText settings_text(const Settings& settings) {
    SettingsText text;
    add_broker(text, settings.broker);
    add_log(text, settings.log);
#define ADD(name) text[#name] = as_text(settings.name)
    ADD(pid_file);
    ADD(user);
    ADD(persistence);
    constexpr std::string_view kSyncs[] = {"commit", "interval", "off"};
    text["persistence_sync"] = kSyncs[static_cast<std::size_t>(settings.journal.sync)];
    text["persistence_interval"] = as_text(settings.journal.interval_s);
    ADD(persistence_strict);
    ADD(persistence_location);
    ADD(persistence_file);
    ADD(autosave_interval);
    ADD(autosave_on_changes);
    ADD(enable_control_api);
    ADD(daemonize);
    ADD(local_only);
    ADD(is_sandbox);
    ADD(config_file);
    ADD(tls_keylog);
    ADD(websockets_headers_size);
#undef ADD
    add_telemetry(text, settings.telemetry);
    text["http_accounts_file"] = settings.http.accounts_file;
    text["http_metrics_public"] = as_text(settings.http.metrics_public);
    for (std::size_t i = 0; i < settings.http.hosts.size(); ++i)
        text[fmt::format("http_host{}", i)] = settings.http.hosts[i];
    text["listeners"] = as_text(settings.listeners.size());
    text["bridges"] = as_text(settings.bridges.size());
    for (std::size_t i = 0; i < settings.listeners.size(); ++i)
        add_listener(text, fmt::format("listener{}.", i), settings.listeners[i]);
    for (std::size_t i = 0; i < settings.bridges.size(); ++i)
        add_bridge(text, fmt::format("bridge{}.", i), settings.bridges[i]);
    for (std::size_t i = 0; i < settings.trace_clients.size(); ++i)
        text[fmt::format("trace_client{}", i)] = settings.trace_clients[i];
    for (std::size_t i = 0; i < settings.trace_topics.size(); ++i)
        text[fmt::format("trace_topic{}", i)] = settings.trace_topics[i];
    return text;
}

}  // namespace martlet::config
