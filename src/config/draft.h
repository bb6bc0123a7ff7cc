#pragma once

// The settings while they are being read: what keys may say in any order, before settle() makes
// Settings of it. Owned by one read(); one thread.

#include "config/bridge_settings.h"
#include "config/notice.h"
#include "config/settings.h"
#include "net/tls_options.h"

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace martlet::config {

using TlsSettings = net::TlsOptions;

// What a key said and where: for messages about what does not fit together.
struct PlacedText {
    std::string text;
    Place place;

    bool operator==(const PlacedText&) const = default;
};

// Said for all listeners, or for one.
struct SecurityDraft {
    std::optional<bool> allow_anonymous;
    std::optional<bool> allow_zero_length_clientid;
    std::optional<bool> refuse_unreadable_subscriptions;
    std::optional<std::string> auto_id_prefix;
    std::optional<PlacedText> password_file;
    std::optional<PlacedText> acl_file;
    std::optional<PlacedText> psk_file;

    bool operator==(const SecurityDraft&) const = default;
};

enum class Protocol : std::uint8_t { Mqtt, Websockets, Http };

struct ListenerDraft {
    net::ListenOptions net;
    broker::ListenerOptions broker;
    Place place;
    // The listener of the keys above the first `listener`, and of `port` and `bind_address`.
    bool is_default = false;
    SecurityDraft security;
    Protocol protocol = Protocol::Mqtt;
    std::string http_dir;
    net::WebsocketOptions websocket;
    TlsSettings tls;

    bool operator==(const ListenerDraft&) const = default;
};

struct BridgeDraft {
    BridgeSettings settings;
    Place place;
};

struct PluginDraft {
    std::string name;  // of plugin_load
    std::string path;
    Place place;
    std::vector<std::pair<std::string, std::string>> options;
    bool is_global = false;
    // Without is_global: the listeners that it works for.
    std::vector<ListenerDraft*> listeners;
};

struct Draft {
    Settings settings;
    SecurityDraft security;
    std::string clientid_prefixes;
    std::vector<PlacedText> maps;  // paths, as the file says them
    bool per_listener_settings = false;
    bool strict_files = false;
    // A security key was seen, after which per_listener_settings may not become true.
    bool is_security_begun = false;
    bool tcp_nodelay = false;
    // A listener, port or bind_address was seen.
    bool is_open_to_others = false;
    bool is_log_dest_said = false;
    bool is_log_type_said = false;
    // Deques: what is in them does not move.
    std::deque<ListenerDraft> listeners;
    std::deque<BridgeDraft> bridges;
    std::deque<PluginDraft> plugins;
    // Null: no key spoke of it. Whether it is opened is decided at the end (settle_default.cc).
    ListenerDraft* default_listener = nullptr;
    // A `port` or `bind_address`: it is opened whatever its values are.
    bool is_default_said = false;
    // The lines that speak of it.
    std::vector<PlacedText> default_lines;
    // Keys that may stand once in their scope, by the scope's address.
    std::set<std::pair<const void*, std::string>> said_once;
    std::vector<Notice> notices;
    std::vector<Problem> problems;
};

// What "the last listener" and so on mean in one file; an included file begins with none.
struct FileContext {
    ListenerDraft* listener = nullptr;
    BridgeDraft* bridge = nullptr;
    PluginDraft* plugin = nullptr;
    bool is_included = false;
    // `port` or `bind_address` below a `listener`: mosquitto 2.0 takes the keys that follow for
    // that listener, 2.1 for the default one.
    bool is_between_listeners = false;
};

}  // namespace martlet::config
