#include "config/settle.h"

namespace martlet::config {

void settle(Draft& draft, const CommandLine& command_line) {
    draft.settings.config_file = command_line.config_file;
    settle_bridges(draft);
    settle_plugins(draft);
    settle_listeners(draft, command_line);
    settle_command_line(draft, command_line);
}

void settle_command_line(Draft& draft, const CommandLine& command_line) {
    constexpr std::uint32_t kAllLevels = 0x1FF;
    Settings& settings = draft.settings;
    if (command_line.is_verbose) settings.log.levels = kAllLevels;
    if (command_line.is_quiet) settings.log.levels = 0;
    if (!command_line.persistence_location.empty())
        settings.persistence_location = command_line.persistence_location;
    settle_telemetry(settings);
    if (command_line.http_port != 0) {
        Listener& listener = settings.listeners.emplace_back();
        listener.net.port = command_line.http_port;
        const std::string& address = command_line.http_address;
        listener.net.address = address.empty() ? "localhost" : address;
        listener.is_http = true;
        if (settings.listeners.size() > 1 && !draft.per_listener_settings)
            listener.broker.auth = settings.listeners.front().broker.auth;
    }
    settle_web_rights(draft);
    settings.daemonize = command_line.daemonize;
    settings.tls_keylog = command_line.tls_keylog;
    settings.config_file = command_line.config_file;
}

// What has no place of its own stands beside the journal.
void settle_telemetry(Settings& settings) {
    std::string folder = settings.persistence_location;
    if (!folder.empty() && folder.back() != '/') folder += '/';
    if (settings.telemetry.store.empty()) settings.telemetry.store = folder + "telemetry.db";
    // Beside the store when that is a file.
    const std::string& store = settings.telemetry.store;
    bool is_file = store.find("://") == std::string::npos;
    std::string beside = is_file ? store.substr(0, store.rfind('/') + 1) : folder;
    settings.telemetry.settings_file = beside + "telemetry.json";
    std::string& accounts = settings.http.accounts_file;
    if (accounts.empty()) accounts = folder + "accounts.json";
    settings.http.local_key_file = accounts.substr(0, accounts.rfind('/') + 1) + "local.key";
}

void add_problem(Draft& draft, std::string text, const Place& place, int code) {
    Problem problem;
    problem.text = std::move(text);
    if (place.line != 0) problem.places.push_back(place);
    problem.code = code;
    draft.problems.push_back(std::move(problem));
}

}  // namespace martlet::config
