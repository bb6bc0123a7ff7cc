// Keys of a listener: they belong to the last `listener` above them.

#include "config/keys.h"
#include "config/keys/listener_line.h"
#include "config/keys/setters.h"
#include "mqtt/topic.h"

#include <algorithm>

namespace martlet::config {
namespace {

using broker::ListenerOptions;

Status set_bind_address(Entry& entry) {
    entry.draft.is_open_to_others = true;
    Result<std::string> address = read_text(entry);
    if (!address.ok()) return address.error();
    entry.context.listener->net.address = std::move(address).value();
    return Done{};
}

Status set_port(Entry& entry) {
    entry.draft.is_open_to_others = true;
    Result<std::int64_t> port = read_number(entry);
    if (!port.ok()) return port.error();
    entry.context.listener->net.port = static_cast<std::uint16_t>(port.value());
    return Done{};
}

Status set_accept_protocol_versions(Entry& entry) {
    if (entry.words.rest().empty()) return read_word(entry).error();
    std::uint8_t versions = 0;
    std::string_view list = entry.words.rest();
    for (std::size_t at = 0; at < list.size();) {
        std::size_t end = std::min(list.find_first_of(", \t", at), list.size());
        std::string_view version = list.substr(at, end - at);
        at = end + 1;
        if (version == "3" || version == "4" || version == "5")
            versions = static_cast<std::uint8_t>(versions | 1 << (version.front() - '0'));
        else if (!version.empty())
            entry.note = fmt::format("'{}' is no protocol version and is ignored", version);
    }
    entry.context.listener->broker.protocol_versions = versions;
    return Done{};
}

Status set_max_qos(Entry& entry) {
    Result<std::int64_t> value = read_number(entry);
    if (!value.ok()) return value.error();
    entry.context.listener->broker.max_qos = static_cast<mqtt::Qos>(value.value());
    return Done{};
}

Status set_mount_point(Entry& entry) {
    Result<std::string> prefix = read_text(entry);
    if (!prefix.ok()) return prefix.error();
    if (!mqtt::is_valid_topic_name(prefix.value()))
        return invalid(
            fmt::format("Error: Invalid 'mount_point' value ({}). Does it contain a "
                        "wildcard character?",
                        prefix.value()));
    entry.context.listener->broker.mount_point = std::move(prefix).value();
    return Done{};
}

Status set_protocol(Entry& entry) {
    Result<std::string_view> word = read_word(entry);
    if (!word.ok()) return word.error();
    ListenerDraft& listener = *entry.context.listener;
    if (word.value() == "mqtt")
        listener.protocol = Protocol::Mqtt;
    else if (word.value() == "websockets")
        listener.protocol = Protocol::Websockets;
    else if (word.value() == "http_api" || word.value() == "http")
        listener.protocol = Protocol::Http;
    else
        return invalid(fmt::format("Error: Invalid 'protocol' value ({}).", word.value()));
    listener.websocket.is_on = listener.protocol == Protocol::Websockets;
    if (word.value() == "http") entry.kind = NoticeKind::Own;
    if (word.value() == "http_api") {
        entry.kind = NoticeKind::Differs;
        entry.note =
            "Martlet's own pages and API open here, with accounts of their own; mosquitto's "
            "/api/v1/version, /systree and /listeners are not there";
    }
    return Done{};
}

Status set_socket_domain(Entry& entry) {
    Result<std::string_view> word = read_word(entry);
    if (!word.ok()) return word.error();
    net::SocketDomain& domain = entry.context.listener->net.domain;
    if (word.value() == "ipv4")
        domain = net::SocketDomain::Ipv4;
    else if (word.value() == "ipv6")
        domain = net::SocketDomain::Ipv6;
    else
        return invalid(fmt::format("Error: Invalid 'socket_domain' value '{}' in configuration.",
                                   word.value()));
    return Done{};
}

// By its name; a reload that changes one is refused as a whole.
void read_listener(const Settings& settings, RunningValues& out) {
    for (const Listener& listener : settings.listeners)
        add_value(out, listener_name(listener.net), listener_name(listener.net));
}

void read_accept_protocol_versions(const Settings& settings, RunningValues& out) {
    each_of<ListenerOptions>(settings, [&](std::string owner, const ListenerOptions& options) {
        std::string versions;
        for (int version : {3, 4, 5})
            if ((options.protocol_versions & 1 << version) != 0)
                versions += fmt::format("{}{}", versions.empty() ? "" : ", ", version);
        add_value(out, std::move(owner), std::move(versions));
    });
}

void read_max_qos(const Settings& settings, RunningValues& out) {
    each_of<ListenerOptions>(settings, [&](std::string owner, const ListenerOptions& options) {
        add_value(out, std::move(owner), static_cast<int>(options.max_qos));
    });
}

void read_protocol(const Settings& settings, RunningValues& out) {
    for (const Listener& listener : settings.listeners)
        add_value(out, listener_name(listener.net),
                  std::string(listener.is_http           ? "http"
                              : listener.websocket.is_on ? "websockets"
                                                         : "mqtt"));
}

void keep_protocol(Settings& fresh, const Settings& running) {
    keep_member<&Listener::is_http>(fresh, running);
    keep_member<&net::WebsocketOptions::is_on>(fresh, running);
}

void read_proxy_protocol(const Settings& settings, RunningValues& out) {
    each_of<net::ListenOptions>(settings, [&](std::string owner, const net::ListenOptions& net) {
        if (net.proxy_protocol != 0) add_value(out, std::move(owner), int{net.proxy_protocol});
    });
}

void read_socket_domain(const Settings& settings, RunningValues& out) {
    each_of<net::ListenOptions>(settings, [&](std::string owner, const net::ListenOptions& net) {
        if (net.domain == net::SocketDomain::Any) return;
        bool is_old = net.domain == net::SocketDomain::Ipv4;
        add_value(out, std::move(owner), std::string(is_old ? "ipv4" : "ipv6"));
    });
}

const Key kKeys[] = {
    {.name = "listener",
     .scope = Scope::Listener,
     .type = Type::Special,
     .is_reloadable = false,
     .shown_name = "listener port",
     .values = "PORT [ADDRESS] with a port of 1 to 65535, or 0 PATH",
     .help = "Listens on a port, or on a unix socket. What follows belongs to it.",
     .value = {set_listener, read_listener}},
    {.name = "port",
     .scope = Scope::Listener,
     .type = Type::Number,
     .need = Need::DefaultListener,
     .is_reloadable = false,
     .min = 1,
     .max = 65535,
     .default_value = "1883",
     .help = "The default listener's port. `listener` says the same.",
     .value = set_port},
    {.name = "bind_address",
     .scope = Scope::Listener,
     .type = Type::Text,
     .need = Need::DefaultListener,
     .is_reloadable = false,
     .is_once = true,
     .shown_name = "default listener bind_address",
     .help = "The default listener's address. `listener` says the same.",
     .value = set_bind_address},
    {.name = "accept_protocol_versions",
     .scope = Scope::Listener,
     .type = Type::Special,
     .need = Need::NamedListener,
     .values = "a list of 3, 4, 5",
     .default_value = "3, 4, 5",
     .help = "The versions of MQTT that are taken: 3 is 3.1, 4 is 3.1.1, 5 is 5.0.",
     .value = {set_accept_protocol_versions, read_accept_protocol_versions}},
    {.name = "bind_interface",
     .scope = Scope::Listener,
     .type = Type::Text,
     .need = Need::DefaultListener,
     .is_reloadable = false,
     .is_once = true,
     .help = "Listens on this network interface only.",
     .value = kText<&net::ListenOptions::interface>},
    {.name = "enable_proxy_protocol",
     .scope = Scope::Listener,
     .type = Type::Number,
     .need = Need::Listener,
     .is_reloadable = false,
     .min = 1,
     .max = 2,
     .bounds_error = "Error: enable_proxy_protocol must be 1 or 2.",
     .default_value = "off",
     .help = "Takes the client's address from a PROXY header of version 1 or 2, which each "
             "connection must begin with: only the proxy may reach this port.",
     .value = {set_number<&net::ListenOptions::proxy_protocol>, read_proxy_protocol,
               keep_member<&net::ListenOptions::proxy_protocol>}},
    {.name = "proxy_protocol_v2_require_tls",
     .scope = Scope::Listener,
     .type = Type::Bool,
     .need = Need::Listener,
     .is_reloadable = false,
     .default_value = "false",
     .help = "Takes only clients that reached the proxy by TLS; needs `enable_proxy_protocol 2`.",
     .value = kFlag<&net::ListenOptions::proxy_requires_tls>},
    {.name = "http_dir",
     .scope = Scope::Listener,
     .type = Type::Text,
     .status = KeyStatus::Later,
     .need = Need::DefaultListener,
     .is_reloadable = false,
     .is_once = true,
     .feature = "the HTTP API",
     .help = "Files to serve on a listener with `protocol http_api`.",
     .value = kText<&ListenerDraft::http_dir>},
    {.name = "max_connections",
     .scope = Scope::Listener,
     .type = Type::Number,
     .need = Need::DefaultListener,
     .default_value = "-1",
     .help = "Live connections of this listener; -1: no limit.",
     .value = kLimit<&ListenerOptions::max_connections>},
    {.name = "max_qos",
     .scope = Scope::Listener,
     .type = Type::Number,
     .need = Need::DefaultListener,
     .min = 0,
     .max = 2,
     .bounds_error = "Error: 'max_qos' must be between 0 and 2 inclusive.",
     .default_value = "2",
     .help = "The highest QoS that clients may publish with.",
     .value = {set_max_qos, read_max_qos}},
    {.name = "maximum_qos",
     .alias_of = "max_qos",
     .scope = Scope::Listener,
     .type = Type::Number,
     .need = Need::DefaultListener,
     .min = 0,
     .max = 2,
     .bounds_error = "Error: 'max_qos' must be between 0 and 2 inclusive.",
     .default_value = "2",
     .value = {set_max_qos, read_max_qos}},
    {.name = "max_topic_alias",
     .scope = Scope::Listener,
     .type = Type::Number,
     .need = Need::DefaultListener,
     .min = 0,
     .max = 65535,
     .bounds_error = "Error: Invalid 'max_topic_alias' value in configuration.",
     .default_value = "10",
     .help = "Topic aliases that a client may set; 0: none.",
     .value = kNumber<&ListenerOptions::max_topic_alias>},
    {.name = "max_topic_alias_broker",
     .scope = Scope::Listener,
     .type = Type::Number,
     .need = Need::DefaultListener,
     .min = 0,
     .max = 65535,
     .bounds_error = "Error: Invalid 'max_topic_alias_broker' value in configuration.",
     .default_value = "10",
     .help = "Topic aliases that the broker sets towards a client that allows them; 0: none.",
     .value = kNumber<&ListenerOptions::max_topic_alias_broker>},
    {.name = "mount_point",
     .scope = Scope::Listener,
     .type = Type::Text,
     .need = Need::Listener,
     .is_reloadable = false,
     .help = "Put before every topic of this listener's clients, and taken off towards them.",
     .value = access<&ListenerOptions::mount_point>(set_mount_point)},
    {.name = "protocol",
     .scope = Scope::Listener,
     .type = Type::Choice,
     .need = Need::DefaultListener,
     .is_reloadable = false,
     .values = "mqtt, websockets, http (or http_api)",
     .default_value = "mqtt",
     .help = "What is spoken. A listener for http offers MQTT over WebSocket as well, at /mqtt; "
             "without an address it listens on loopback only.",
     .value = {set_protocol, read_protocol, keep_protocol}},
    {.name = "socket_domain",
     .scope = Scope::Listener,
     .type = Type::Choice,
     .need = Need::DefaultListener,
     .is_reloadable = false,
     .values = "ipv4, ipv6",
     .default_value = "both",
     .help = "Listens on addresses of one kind only.",
     .value = {set_socket_domain, read_socket_domain}},
    {.name = "use_username_as_clientid",
     .scope = Scope::Listener,
     .type = Type::Bool,
     .need = Need::DefaultListener,
     .default_value = "false",
     .help = "Replaces the client id by the user name.",
     .value = kFlag<&ListenerOptions::use_username_as_clientid>},
    {.name = "websockets_origin",
     .scope = Scope::Listener,
     .type = Type::Text,
     .need = Need::Listener,
     .is_reloadable = false,
     .default_value = "any",
     .help = "Takes only browsers with a page of this origin (\"https://HOST\" or "
             "\"https://HOST:PORT\", exactly as the browser sends it); may be given several times. "
             "On an http listener: pages besides its own, which alone are taken without this key.",
     .value = kText<&net::WebsocketOptions::origins>},
};

}  // namespace

std::span<const Key> listener_keys() {
    return kKeys;
}

}  // namespace martlet::config
