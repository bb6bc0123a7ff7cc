#pragma once

// All that a configuration and the command line say, sorted by the part that owns it. Made by
// config::load(); an immutable snapshot from then on. Any thread.

#include "base/log.h"
#include "broker/options.h"
#include "config/bridge_settings.h"
#include "http/options.h"
#include "journal/threaded_journal.h"
#include "net/options.h"
#include "net/tls_options.h"
#include "net/websocket_options.h"
#include "telemetry/options.h"

#include <cstdint>
#include <string>
#include <vector>

namespace martlet::config {

struct Listener {
    net::ListenOptions net;
    broker::ListenerOptions broker;
    net::TlsOptions tls;
    net::WebsocketOptions websocket;
    bool is_http = false;  // HTTP instead of MQTT
    // "file:line" of the line that made it, for messages; empty: the command line.
    std::string where;
};

struct Settings {
    broker::Options broker;
    std::vector<Listener> listeners;
    // Parsed and checked, but not run yet.
    std::vector<BridgeSettings> bridges;
    log::Options log;
    // `log_trace client X` and `log_trace topic X` (a filter).
    std::vector<std::string> trace_clients;
    std::vector<std::string> trace_topics;
    std::string pid_file;
    std::string user;  // to change to when started as root; empty: mosquitto's default
                       // ("mosquitto", then "nobody")
    bool persistence = false;
    journal::JournalOptions journal;
    bool persistence_strict = false;
    std::string persistence_location;
    std::string persistence_file = "mosquitto.db";
    std::uint32_t autosave_interval =
        1800;  // s, or changes with autosave_on_changes; 0: at exit and on SIGUSR1 only
    bool autosave_on_changes = false;
    bool enable_control_api = false;
    telemetry::Options telemetry;
    http::Options http;
    // `websockets_headers_size`, `trusted_proxy`: they go to each listener.
    std::uint32_t websockets_headers_size = 4096;
    std::vector<std::string> trusted_proxies;
    bool daemonize = false;
    // No listener, port or bind_address was configured: loopback only, anonymous allowed.
    bool local_only = false;
    // Started with --sandbox: see config/sandbox.h.
    bool is_sandbox = false;
    std::string config_file;  // as given with -c; empty: none
    std::string tls_keylog;   // as given with --tls-keylog; empty: none
};

}  // namespace martlet::config
