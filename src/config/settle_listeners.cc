#include "config/settle.h"

#include <algorithm>
#include <set>

namespace martlet::config {
namespace {

constexpr int kExitListener = 1;
constexpr std::uint16_t kPort = 1883;

std::string name_of(const ListenerDraft& listener) {
    if (!listener.net.unix_path.empty()) return "unix socket " + listener.net.unix_path;
    return fmt::format("port {}", listener.net.port);
}

// mosquitto's own rules.
bool check_tls_parts(Draft& draft, const ListenerDraft& listener) {
    const TlsSettings& tls = listener.tls;
    auto wrong = [&](const char* text) {
        add_problem(draft, text, listener.place);
        return false;
    };
    if (tls.certfile.empty() != tls.keyfile.empty())
        return wrong("Error: Both certfile and keyfile must be provided to enable a TLS listener.");
    if (!tls.cafile.empty() && tls.certfile.empty())
        return wrong("Error: cafile specified without certfile and keyfile.");
    if (!tls.capath.empty() && tls.certfile.empty())
        return wrong("Error: capath specified without certfile and keyfile.");
    if (!tls.certfile.empty() && !tls.psk_hint.empty())
        return wrong("Error: Cannot use both certificate and psk encryption in a single listener.");
    if (listener.net.proxy_protocol == 2 && tls.use_subject_as_username)
        return wrong(
            "Error: use_subject_as_username cannot be used with `enable_proxy_protocol 2`.");
    if (listener.net.proxy_protocol == 2 && !tls.certfile.empty())
        return wrong("Error: certfile and keyfile cannot be used with `enable_proxy_protocol 2`.");
    if (listener.net.proxy_protocol == 2 && !tls.psk_hint.empty())
        return wrong("Error: psk_hint cannot be used with `enable_proxy_protocol 2`.");
    if (listener.net.proxy_requires_tls && listener.net.proxy_protocol != 2)
        return wrong("Error: proxy_protocol_v2_require_tls needs `enable_proxy_protocol 2`.");
    return true;
}

// The key by which a listener without certificate and PSK asks for TLS all the same; empty: none.
std::string_view tls_key_of(const ListenerDraft& listener) {
    const TlsSettings& tls = listener.tls;
    // The proxy tells of the client's certificate.
    if (listener.net.proxy_protocol == 2) return {};
    if (tls.require_certificate) return "require_certificate";
    if (tls.use_identity_as_username) return "use_identity_as_username";
    if (tls.use_subject_as_username) return "use_subject_as_username";
    return {};
}

// Why the listener's TLS cannot work; empty: it can, or the listener is plain. Where it cannot, the
// listener is never opened in plain instead.
std::string why_no_tls(const ListenerDraft& listener) {
    const TlsSettings& tls = listener.tls;
    std::string name = name_of(listener);
    if (!tls.engine.empty() || tls.keyform == "engine")
        return fmt::format(
            "Error: The listener on {} asks for an OpenSSL engine, which is not "
            "supported. Store the key in a PEM file and name it with 'keyfile'.",
            name);
    std::string_view key = tls_key_of(listener);
    if (!tls.is_on() && !key.empty())
        return fmt::format(
            "Error: The listener on {} asks for TLS by '{}', but has neither "
            "'certfile' and 'keyfile' nor 'psk_hint'. It is not opened in plain.",
            name, key);
    if (!tls.psk_hint.empty() && tls.psk_file.empty())
        return fmt::format(
            "Error: The listener on {} has a 'psk_hint', but there is no "
            "'psk_file' with keys.",
            name);
    if (!tls.certfile.empty() && tls.require_certificate && tls.cafile.empty() &&
        tls.capath.empty())
        return fmt::format(
            "Error: The listener on {} has 'require_certificate', but no 'cafile' "
            "or 'capath': no client's certificate could be believed.",
            name);
    return {};
}

// Keys of TLS mean the client's TLS with the proxy.
void take_tls_from_proxy(ListenerDraft& listener) {
    if (listener.net.proxy_protocol != 2) return;
    listener.net.proxy_requires_certificate = listener.tls.require_certificate;
    listener.net.proxy_names_user = listener.tls.use_identity_as_username;
}

// Whether the listener may be opened.
bool check(Draft& draft, const ListenerDraft& listener) {
    if (!check_tls_parts(draft, listener)) return false;
    std::string why = why_no_tls(listener);
    if (why.empty()) return true;
    add_problem(draft, std::move(why), listener.place, kExitListener);
    return false;
}

// Loopback only, on the ports of -p or 1883. What listens for HTTP stays.
void add_local_listeners(Draft& draft, const CommandLine& command_line) {
    ListenerDraft model = draft.default_listener ? *draft.default_listener : ListenerDraft{};
    draft.default_listener = nullptr;
    std::erase_if(draft.listeners, [](const auto& l) { return l.protocol != Protocol::Http; });
    std::set<std::uint16_t> ports(command_line.ports.begin(), command_line.ports.end());
    if (ports.empty()) ports.insert(kPort);
    for (std::uint16_t port : ports) {
        ListenerDraft& listener = draft.listeners.emplace_back(model);
        listener.net.port = port;
        listener.net.address = "localhost";
    }
}

// Whoever only says where HTTP listens has said nothing of MQTT.
bool is_only_http(const Draft& draft) {
    return !draft.listeners.empty() &&
           std::all_of(draft.listeners.begin(), draft.listeners.end(),
                       [](const auto& l) { return l.protocol == Protocol::Http; });
}

}  // namespace

void settle_listeners(Draft& draft, const CommandLine& command_line) {
    Settings& settings = draft.settings;
    settle_default_listener(draft);
    settings.local_only = !draft.is_open_to_others || is_only_http(draft);
    if (settings.local_only) {
        add_local_listeners(draft, command_line);
    } else if (!command_line.ports.empty()) {
        draft.notices.push_back({{},
                                 "-p",
                                 NoticeKind::Ignored,
                                 "-p is ignored: the configuration file defines listeners",
                                 {}});
    }
    settle_security(draft);
    if (!settings.local_only) settle_twins(draft);

    for (ListenerDraft& listener : draft.listeners) {
        if (!check(draft, listener)) continue;
        listener.net.tcp_nodelay = draft.tcp_nodelay;
        take_tls_from_proxy(listener);
        bool is_http = listener.protocol == Protocol::Http;
        // Whoever wants others to reach it says by which address.
        if (is_http && listener.net.address.empty() && listener.net.unix_path.empty()) {
            listener.net.address = "localhost";
            draft.notices.push_back(
                {listener.place,
                 "listener",
                 NoticeKind::Mapped,
                 fmt::format("the listener on {} is for this machine only: `listener {} 0.0.0.0` "
                             "opens it to the network",
                             name_of(listener), listener.net.port),
                 {}});
        }
        listener.websocket.headers_size = settings.websockets_headers_size;
        for (const std::string& proxy : settings.trusted_proxies)
            if (auto network = net::Network::read(proxy))
                listener.websocket.trusted_proxies.push_back(*network);
        settings.listeners.push_back({listener.net, listener.broker, listener.tls,
                                      listener.websocket, is_http, listener.place.text()});
    }
}

}  // namespace martlet::config
