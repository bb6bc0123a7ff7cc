// Martlet's own keys, which mosquitto does not know.

#include "config/keys.h"
#include "config/keys/setters.h"

namespace martlet::config {
namespace {

using broker::Options;

Status set_receive_maximum_exceeded(Entry& entry) {
    Result<std::string_view> word = read_word(entry);
    if (!word.ok()) return word.error();
    if (word.value() != "disconnect" && word.value() != "warn")
        return invalid(
            fmt::format("Error: Invalid 'receive_maximum_exceeded' value ({}).", word.value()));
    entry.draft.settings.broker.tolerate_receive_maximum = word.value() == "warn";
    return Done{};
}

Status set_trusted_proxy(Entry& entry) {
    Result<std::string> text = read_text(entry);
    if (!text.ok()) return text.error();
    if (!net::Network::read(text.value()))
        return invalid(
            fmt::format("Error: Invalid 'trusted_proxy' value ({}): expected an address such as "
                        "192.0.2.7, a network such as 10.0.0.0/8, or unix.",
                        text.value()));
    entry.draft.settings.trusted_proxies.push_back(std::move(text).value());
    return Done{};
}

Status set_log_compat(Entry& entry) {
    Result<std::string_view> word = read_word(entry);
    if (!word.ok()) return word.error();
    if (word.value() != "2.0" && word.value() != "2.1")
        return invalid(
            fmt::format("Error: Invalid 'log_compat' value ({}): 2.0 or 2.1.", word.value()));
    entry.draft.settings.broker.logs_as_2_0 = word.value() == "2.0";
    return Done{};
}

void read_log_compat(const Settings& settings, RunningValues& out) {
    add_value(out, {}, std::string(settings.broker.logs_as_2_0 ? "2.0" : "2.1"));
}

Status set_persistence_sync(Entry& entry) {
    Result<std::string_view> word = read_word(entry);
    if (!word.ok()) return word.error();
    journal::JournalOptions& options = entry.draft.settings.journal;
    if (word.value() == "commit") {
        options.sync = journal::Sync::Commit;
    } else if (word.value() == "off") {
        options.sync = journal::Sync::Off;
    } else if (word.value() == "interval") {
        Result<std::int64_t> seconds = read_number(entry);
        if (!seconds.ok()) return seconds.error();
        if (seconds.value() < 1 || seconds.value() > 86'400)
            return invalid("Error: 'persistence_sync interval' wants 1 to 86400 seconds.");
        options.sync = journal::Sync::Interval;
        options.interval_s = static_cast<std::uint32_t>(seconds.value());
    } else {
        return invalid(fmt::format(
            "Error: Invalid 'persistence_sync' value ({}): commit, interval SECONDS or off.",
            word.value()));
    }
    return Done{};
}

Status set_log_trace(Entry& entry) {
    Result<std::string_view> word = read_word(entry);
    if (!word.ok()) return word.error();
    if (word.value() != "client" && word.value() != "topic")
        return invalid(fmt::format("Error: Invalid 'log_trace' value ({}).", word.value()));
    bool is_client = word.value() == "client";
    Result<std::string> what = read_text(entry);
    if (!what.ok()) return what.error();
    Settings& settings = entry.draft.settings;
    (is_client ? settings.trace_clients : settings.trace_topics).push_back(what.value());
    return Done{};
}

void read_receive_maximum_exceeded(const Settings& settings, RunningValues& out) {
    bool is_warned = settings.broker.tolerate_receive_maximum;
    add_value(out, {}, std::string(is_warned ? "warn" : "disconnect"));
}

void read_persistence_sync(const Settings& settings, RunningValues& out) {
    switch (settings.journal.sync) {
        case journal::Sync::Commit:
            return add_value(out, {}, std::string("commit"));
        case journal::Sync::Interval:
            return add_value(out, {}, fmt::format("interval {}", settings.journal.interval_s));
        case journal::Sync::Off:
            return add_value(out, {}, std::string("off"));
    }
}

void keep_persistence_sync(Settings& fresh, const Settings& running) {
    fresh.journal = running.journal;
}

void read_log_trace(const Settings& settings, RunningValues& out) {
    for (const std::string& id : settings.trace_clients) add_value(out, {}, "client " + id);
    for (const std::string& filter : settings.trace_topics) add_value(out, {}, "topic " + filter);
}

const Key kKeys[] = {
    {.name = "shards",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .is_reloadable = false,
     .min = 0,
     .max = 1024,
     .default_value = "0",
     .help = "Threads that share the work; 0: one for each core.",
     .value = kNumber<&Options::shards>},
    {.name = "front_threads",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .is_reloadable = false,
     .min = 1,
     .max = 64,
     .default_value = "1",
     .help = "Threads that accept connections, shake hands (TLS) and read CONNECT, so that a storm "
             "of new connections does not slow clients that are connected.",
     .value = kNumber<&Options::front_threads>},
    {.name = "auth_failure_ban",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .min = 0,
     .max = 1'000'000,
     .default_value = "0",
     .help = "Failed log-ins of one user from one address (IPv6: /64), after which each further "
             "one bars the user there for a while: 1 s, then twice as long each time, up to 15 "
             "minutes. Five times as many bar the address. 0: nobody is barred.",
     .value = kNumber<&Options::auth_failure_ban>},
    {.name = "connection_rate",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .min = 0,
     .max = 1'000'000,
     .default_value = "0",
     .help = "New connections a second of one address (IPv6: /64), of all listeners together; more "
             "are closed at once. 0: no limit.",
     .value = kNumber<&Options::connection_rate>},
    {.name = "connect_timeout",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .min = 1,
     .max = 3600,
     .default_value = "30",
     .help = "Seconds within which a new connection must send its CONNECT.",
     .value = kNumber<&Options::connect_timeout_s>},
    {.name = "packet_rate_min",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .min = 0,
     .max = 1'000'000,
     .default_value = "16",
     .help = "Bytes a second with which a packet must come that takes longer than one and a half "
             "times the keep alive; a slower one ends the connection. 0: it may be as slow as it "
             "likes, as long as it does not pause for so long.",
     .value = kNumber<&Options::packet_rate_min>},
    {.name = "reason_strings",
     .scope = Scope::Martlet,
     .type = Type::Bool,
     .is_own = true,
     .default_value = "false",
     .help = "Tells MQTT 5 clients in words why something was refused (Reason String).",
     .value = kFlag<&Options::reason_strings>},
    {.name = "outbox_bytes_max",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .min = 65536,
     .default_value = "16777216",
     .help = "Bytes that wait for one connection's socket, past which QoS 0 is dropped.",
     .value = kNumber<&Options::outbox_bytes_max>},
    {.name = "max_queued_messages_total",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .min = 0,
     .max = 1'000'000'000'000'000'000,
     .default_value = "0",
     .help = "Messages that may wait for all clients together; what comes then is dropped for "
             "those who would have to wait for it. 0: no limit.",
     .value = kNumber<&Options::max_queued_messages_total>},
    {.name = "max_queued_bytes_total",
     .scope = Scope::Martlet,
     .type = Type::Number,
     .is_own = true,
     .min = 0,
     .max = 1'000'000'000'000'000'000,
     .default_value = "0",
     .help = "The same in bytes of topics, properties and payloads.",
     .value = kNumber<&Options::max_queued_bytes_total>},
    {.name = "receive_maximum_exceeded",
     .scope = Scope::Martlet,
     .type = Type::Choice,
     .is_own = true,
     .values = "disconnect, warn",
     .default_value = "disconnect",
     .help = "What happens to a client that exceeds the Receive Maximum: the specification's "
             "DISCONNECT 0x93, or mosquitto's warning.",
     .value = {set_receive_maximum_exceeded, read_receive_maximum_exceeded}},
    {.name = "log_compat",
     .scope = Scope::Martlet,
     .type = Type::Choice,
     .is_own = true,
     .values = "2.0, 2.1",
     .default_value = "2.1",
     .help = "Whose words the log has for clients that leave or are refused: mosquitto 2.0's "
             "(\"Client ID disconnected, not authorised.\"), for filters that were written for it, "
             "or 2.1's, with the address.",
     .value = {set_log_compat, read_log_compat}},
    {.name = "log_trace",
     .scope = Scope::Martlet,
     .type = Type::Special,
     .is_own = true,
     .values = "client ID, topic FILTER",
     .help = "Logs every packet of one client, or every message of a topic filter; may be given "
             "several times.",
     .value = {set_log_trace, read_log_trace}},
    {.name = "trusted_proxy",
     .scope = Scope::Martlet,
     .type = Type::Special,
     .is_own = true,
     .is_reloadable = false,
     .values = "ADDRESS, ADDRESS/BITS or unix",
     .help = "A proxy whose X-Forwarded-For is believed when a client asks for WebSocket: the log, "
             "and clients without an id, go by that address. unix: whoever comes by a unix socket. "
             "May be given several times.",
     .value = access<&Settings::trusted_proxies>(set_trusted_proxy)},
    {.name = "persistence_sync",
     .scope = Scope::Martlet,
     .type = Type::Special,
     .is_own = true,
     .is_reloadable = false,
     .values = "commit, interval SECONDS, off",
     .default_value = "commit",
     .help = "When the journal is synced: before anything is acknowledged, every so many seconds, "
             "or when the system likes.",
     .value = {set_persistence_sync, read_persistence_sync, keep_persistence_sync}},
    {.name = "persistence_strict",
     .scope = Scope::Martlet,
     .type = Type::Bool,
     .is_own = true,
     .is_reloadable = false,
     .default_value = "false",
     .help = "Refuses to start with a damaged journal, instead of going on with what is sound.",
     .value = kFlag<&Settings::persistence_strict>},
};

}  // namespace

std::span<const Key> martlet_keys() {
    return kKeys;
}

}  // namespace martlet::config
