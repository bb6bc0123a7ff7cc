// Keys of a bridge: they belong to the last `connection` above them.

#include "config/keys.h"
#include "config/keys/bridge_lines.h"
#include "config/keys/setters.h"

namespace martlet::config {
namespace {

using B = BridgeSettings;

constexpr Key row(std::string_view name, Type type, Access set, std::string_view default_value,
                  std::string_view help) {
    return {.name = name,
            .scope = Scope::Bridge,
            .type = type,
            .status = KeyStatus::Built,
            .need = Need::Bridge,
            .default_value = default_value,
            .help = help,
            .value = set};
}

constexpr Key flag_row(std::string_view name, Access set, std::string_view default_value,
                       std::string_view help) {
    return row(name, Type::Bool, set, default_value, help);
}

constexpr Key text_row(std::string_view name, std::string_view shown_name, Access set,
                       std::string_view help) {
    Key key = row(name, Type::Text, set, {}, help);
    key.shown_name = shown_name;
    key.is_once = true;
    return key;
}

constexpr Key number_row(Key key, std::int64_t min, std::int64_t max,
                         std::string_view bounds_error) {
    key.type = Type::Number;
    key.min = min;
    key.max = max;
    key.bounds_error = bounds_error;
    return key;
}

constexpr Key raised_row(Key key, std::int64_t min, std::int64_t max,
                         std::string_view bounds_error = {}) {
    key = number_row(key, min, max, bounds_error);
    key.is_raised_to_min = true;
    return key;
}

constexpr Key special_row(std::string_view name, Access set, std::string_view values,
                          std::string_view default_value, std::string_view help) {
    Key key = row(name, Type::Special, set, default_value, help);
    key.values = values;
    return key;
}

constexpr Key without_need(Key key) {
    key.need = Need::Nothing;
    return key;
}

constexpr Key secret(Key key) {
    key.mask = hide_all;
    return key;
}

constexpr Key alias(std::string_view name, Key key) {
    key.alias_of = key.name;
    key.name = name;
    key.help = {};
    return key;
}

Status set_protocol_version(Entry& entry) {
    if (entry.words.rest().empty()) return read_word(entry).error();
    std::string_view word = entry.words.rest();
    mqtt::Version& version = entry.context.bridge->settings.protocol_version;
    if (word == "mqttv31")
        version = mqtt::Version::V31;
    else if (word == "mqttv311")
        version = mqtt::Version::V311;
    else if (word == "mqttv50")
        version = mqtt::Version::V5;
    else
        return invalid(fmt::format("Error: Invalid 'bridge_protocol_version' value ({}).", word));
    return Done{};
}

Status set_reload_type(Entry& entry) {
    Result<std::string_view> word = read_word(entry);
    if (!word.ok()) return word.error();
    BridgeReload& type = entry.context.bridge->settings.reload_type;
    if (word.value() == "lazy")
        type = BridgeReload::Lazy;
    else if (word.value() == "immediate")
        type = BridgeReload::Immediate;
    else
        return invalid(fmt::format(
            "Error: Invalid 'bridge_reload_type' value in configuration ({}).", word.value()));
    return Done{};
}

Status set_start_type(Entry& entry) {
    Result<std::string_view> word = read_word(entry);
    if (!word.ok()) return word.error();
    BridgeStart& type = entry.context.bridge->settings.start_type;
    if (word.value() == "automatic")
        type = BridgeStart::Automatic;
    else if (word.value() == "lazy")
        type = BridgeStart::Lazy;
    else if (word.value() == "once")
        type = BridgeStart::Once;
    else if (word.value() == "manual")
        return invalid("Error: Manual start_type not supported.");
    else
        return invalid(
            fmt::format("Error: Invalid 'start_type' value in configuration ({}).", word.value()));
    return Done{};
}

Status set_receive_maximum(Entry& entry) {
    Result<std::int64_t> value = read_number(entry);
    if (!value.ok()) return value.error();
    if (value.value() > 65535)
        return invalid("Error: bridge_receive_maximum must be lower than 65535.");
    entry.context.bridge->settings.receive_maximum = static_cast<std::uint16_t>(value.value());
    return Done{};
}

void read_protocol_version(const Settings& settings, RunningValues& out) {
    for (const B& bridge : settings.bridges) {
        bool is_5 = bridge.protocol_version == mqtt::Version::V5;
        bool is_31 = bridge.protocol_version == mqtt::Version::V31;
        add_value(out, bridge.name, std::string(is_5 ? "mqttv50" : is_31 ? "mqttv31" : "mqttv311"));
    }
}

void read_reload_type(const Settings& settings, RunningValues& out) {
    for (const B& bridge : settings.bridges) {
        bool is_lazy = bridge.reload_type == BridgeReload::Lazy;
        add_value(out, bridge.name, std::string(is_lazy ? "lazy" : "immediate"));
    }
}

void read_start_type(const Settings& settings, RunningValues& out) {
    for (const B& bridge : settings.bridges) {
        bool is_lazy = bridge.start_type == BridgeStart::Lazy;
        bool is_once = bridge.start_type == BridgeStart::Once;
        add_value(out, bridge.name, std::string(is_lazy ? "lazy" : is_once ? "once" : "automatic"));
    }
}

constexpr Key kAddress =
    special_row("address", {set_addresses, read_addresses}, "HOST[:PORT] ...", {},
                "The far broker, or several to try in turn; once a "
                "connection. An IPv6 address needs its port.");
constexpr Key kRemoteClientId =
    text_row("remote_clientid", "bridge remote clientid", kText<&B::remote_clientid>,
             "The client id at the far broker. Without it: HOSTNAME.NAME.");
constexpr Key kRemoteUsername =
    text_row("remote_username", "bridge remote_username", kText<&B::remote_username>,
             "The user name at the far broker.");
constexpr Key kRemotePassword =
    secret(text_row("remote_password", "bridge remote_password", kText<&B::remote_password>,
                    "The password at the far broker."));

const Key kKeys[] = {
    without_need(special_row("connection", access<&B::name>(set_connection), "NAME", {},
                             "Begins a bridge to another broker. What follows belongs to it.")),
    kAddress,
    alias("addresses", kAddress),
    special_row("topic", {set_bridge_topic, read_bridge_topics},
                "PATTERN [out|in|both [QOS [LOCAL-PREFIX [REMOTE-PREFIX]]]]", {},
                "What is passed on; at least one a connection. \"\" is an empty prefix, or an "
                "empty pattern with both prefixes."),
    flag_row("bridge_attempt_unsubscribe", kFlag<&B::attempt_unsubscribe>, "true",
             "Unsubscribes at the far broker from topics that only go out."),
    text_row("bridge_bind_address", {}, kText<&B::bind_address>,
             "The local address that the connection leaves from."),
    raised_row(row("bridge_max_packet_size", Type::Number, kNumber<&B::max_packet_size>, "0",
                   "Bytes of the largest packet that the bridge takes; 0: no limit."),
               0, INT32_MAX),
    number_row(row("bridge_max_topic_alias", Type::Number, kNumber<&B::max_topic_alias>, "10",
                   "Topic aliases that the far broker may set: the bridge takes none, whatever it "
                   "says here."),
               0, 65535, "Error: bridge_max_topic_alias must be > 0 and <= 65535."),
    flag_row("bridge_outgoing_retain", kFlag<&B::outgoing_retain>, "true",
             "Keeps the retain flag of what goes out."),
    special_row("bridge_protocol_version", {set_protocol_version, read_protocol_version},
                "mqttv31, mqttv311, mqttv50", "mqttv311",
                "The version of MQTT that is spoken to the far broker."),
    number_row(row("bridge_receive_maximum", Type::Number,
                   access<&B::receive_maximum>(set_receive_maximum), "max_inflight_messages",
                   "QoS 1 and 2 messages that may be on their way to the bridge; to 65535."),
               1, INT32_MAX, "Error: bridge_receive_maximum must be greater than 0."),
    number_row(
        row("bridge_session_expiry_interval", Type::Number, kNumber<&B::session_expiry_interval>,
            "0", "Seconds that the far broker keeps the session; 4294967295: for ever."),
        0, UINT32_MAX, "Error: bridge_session_expiry_interval must not be negative."),
    special_row("bridge_reload_type", {set_reload_type, read_reload_type}, "lazy, immediate",
                "lazy", "Whether a reload waits for the next reconnect."),
    special_row("bridge_tcp_keepalive", {set_tcp_keepalive, read_tcp_keepalive},
                "IDLE INTERVAL COUNTER", "off", "TCP's own keep alive: seconds, seconds, probes."),
    number_row(row("bridge_tcp_user_timeout", Type::Number, kNumber<&B::tcp_user_timeout_ms>,
                   "the system's", "Milliseconds that sent bytes may stay unacknowledged."),
               0, INT32_MAX, "Error: invalid TCP user timeout value."),
    flag_row("cleansession", kFlag<&B::clean_session>, "false",
             "Begins anew at the far broker with each connection."),
    flag_row("local_cleansession", kFlag<&B::local_clean_session>, "cleansession",
             "The same for this side."),
    kRemoteClientId,
    alias("clientid", kRemoteClientId),
    text_row("local_clientid", "bridge local clientid", kText<&B::local_clientid>,
             "The client id on this side. Without it: local.REMOTE_CLIENTID."),
    kRemoteUsername,
    alias("username", kRemoteUsername),
    kRemotePassword,
    alias("password", kRemotePassword),
    text_row("local_username", "bridge local_username", kText<&B::local_username>,
             "The user name on this side, for the ACL."),
    secret(text_row("local_password", "bridge local_password", kText<&B::local_password>,
                    "The password on this side.")),
    raised_row(row("idle_timeout", Type::Number, kNumber<&B::idle_timeout>, "60",
                   "Seconds without a message after which a lazy bridge hangs up."),
               1, INT32_MAX),
    raised_row(row("threshold", Type::Number, kNumber<&B::threshold>, "10",
                   "Messages that wait before a lazy bridge connects."),
               1, INT32_MAX),
    raised_row(row("keepalive_interval", Type::Number, kNumber<&B::keepalive_interval>, "60",
                   "Seconds between PINGREQ."),
               5, 65535, "Error: Bridge keepalive value too high."),
    flag_row("notifications", kFlag<&B::notifications>, "true",
             "Publishes the bridge's state, 1 or 0, retained."),
    flag_row("notifications_local_only", kFlag<&B::notifications_local_only>, "false",
             "Publishes it on this side only."),
    text_row("notification_topic", {}, kText<&B::notification_topic>,
             "Where. Without it: $SYS/broker/connection/REMOTE_CLIENTID/state."),
    special_row("restart_timeout", {set_restart_timeout, read_restart_timeout},
                "BASE [CAP [STABLE]]", "5 30",
                "Seconds to wait before connecting again: growing from BASE to CAP, or always "
                "BASE; STABLE seconds of connection begin it anew."),
    flag_row("round_robin", kFlag<&B::round_robin>, "false",
             "Uses the addresses as equals; otherwise the first one is preferred."),
    special_row("start_type", {set_start_type, read_start_type}, "automatic, lazy, once",
                "automatic", "When to connect."),
    flag_row("try_private", kFlag<&B::try_private>, "true",
             "Tells the far broker that this is a bridge, by bit 7 of the protocol level."),
};

}  // namespace

std::span<const Key> bridge_keys() {
    return kKeys;
}

}  // namespace martlet::config
