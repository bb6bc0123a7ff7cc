#include "config/load.h"

#include <algorithm>

namespace martlet::config {
namespace {

std::string name_of(const net::ListenOptions& net) {
    if (!net.unix_path.empty()) return "0 " + net.unix_path;
    return net.address.empty() ? std::to_string(net.port)
                               : fmt::format("{} {}", net.port, net.address);
}

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
                        name_of(net), what),
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

// What can change with a restart only: the running value stays, and a notice says so.
class Keeper {
  public:
    explicit Keeper(std::vector<Notice>& notices) : notices_(notices) {}

    template <typename Value>
    void keep(const char* key, Value& fresh, const Value& running) {
        if (fresh == running) return;
        fresh = running;
        notices_.push_back({{},
                            key,
                            NoticeKind::Ignored,
                            fmt::format("'{}' has changed; it takes effect at the next start", key),
                            {}});
    }

  private:
    std::vector<Notice>& notices_;
};

void keep_running(Loaded& loaded, const Settings& running) {
    Keeper keeper(loaded.notices);
    Settings& fresh = loaded.settings;
    keeper.keep("shards", fresh.broker.shards, running.broker.shards);
    keeper.keep("user", fresh.user, running.user);
    keeper.keep("pid_file", fresh.pid_file, running.pid_file);
    keeper.keep("persistence_location", fresh.persistence_location, running.persistence_location);
    keeper.keep("persistence_file", fresh.persistence_file, running.persistence_file);
    keeper.keep("persistence", fresh.persistence, running.persistence);
    keeper.keep("persistence_sync", fresh.journal.sync, running.journal.sync);
    keeper.keep("persistence_sync", fresh.journal.interval_s, running.journal.interval_s);
    keeper.keep("persistence_strict", fresh.persistence_strict, running.persistence_strict);
    // As a whole: the thread and its store are made once.
    if (fresh.telemetry.is_on != running.telemetry.is_on)
        keeper.keep("telemetry", fresh.telemetry.is_on, running.telemetry.is_on);
    fresh.telemetry = running.telemetry;
    fresh.http = running.http;
    for (std::size_t i = 0; i < fresh.listeners.size(); ++i)
        keeper.keep("mount_point", fresh.listeners[i].broker.mount_point,
                    running.listeners[i].broker.mount_point);
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
