#include "config/keys.h"
#include "config/keys/setters.h"
#include "config/load.h"
#include "config/shown.h"

#include <algorithm>

namespace martlet::config {
namespace {

// What a bound socket cannot change any more; nodelay is set on each connection.
bool is_same(net::ListenOptions a, const net::ListenOptions& b) {
    a.tcp_nodelay = b.tcp_nodelay;
    return a == b;
}

const Listener* find(const std::vector<Listener>& listeners, const net::ListenOptions& net) {
    auto same = std::find_if(listeners.begin(), listeners.end(),
                             [&](const Listener& listener) { return is_same(listener.net, net); });
    return same == listeners.end() ? nullptr : &*same;
}

Error refuse(const char* what, const net::ListenOptions& net) {
    return {fmt::format("Error: It is not currently possible to add/remove listeners when "
                        "reloading the config file: 'listener {}' {}. Restart to apply it.",
                        listener_name(net), what),
            3};
}

// The new listeners in the order of the running ones.
Status match_listeners(Settings& fresh, const Settings& running) {
    for (const Listener& listener : fresh.listeners)
        if (find(running.listeners, listener.net) == nullptr)
            return refuse("is new or bound otherwise", listener.net);
    std::vector<Listener> ordered;
    for (const Listener& old : running.listeners) {
        const Listener* listener = find(fresh.listeners, old.net);
        if (listener == nullptr) return refuse("is gone", old.net);
        ordered.push_back(*listener);
    }
    fresh.listeners = std::move(ordered);
    return Done{};
}

// What a row of the table says a reload does not apply stays as it runs, and a notice says so.
void keep_running(Loaded& loaded, const Settings& running) {
    Settings& fresh = loaded.settings;
    for (const Key* key : all_keys()) {
        if (key->is_reloadable || key->value.keep == nullptr) continue;
        if (running_values(*key, fresh) == running_values(*key, running)) continue;
        key->value.keep(fresh, running);
        loaded.notices.push_back(
            {{},
             std::string(key->name),
             NoticeKind::Ignored,
             fmt::format("'{}' has changed; it takes effect at the next start", key->name),
             {}});
    }
}

}  // namespace

Result<Loaded> reload(const CommandLine& command_line, const Settings& running,
                      const Files& files) {
    Result<Loaded> loaded = load(command_line, files);
    if (!loaded.ok()) return loaded;
    Status matched = match_listeners(loaded.value().settings, running);
    if (!matched.ok()) return matched.error();
    keep_running(loaded.value(), running);
    return loaded;
}

}  // namespace martlet::config
