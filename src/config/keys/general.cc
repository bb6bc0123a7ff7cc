// Keys that hold for the whole broker.

#include "config/keys.h"
#include "config/keys/setters.h"

#include <cstdlib>

namespace martlet::config {
namespace {

using broker::Options;

constexpr std::int64_t kPayloadBytesMax = 268'435'455;
constexpr std::int64_t kRetainMinutesMax = 10'000'000;

Status set_max_inflight_messages(Entry& entry) {
    Result<std::int64_t> value = read_number(entry);
    if (!value.ok()) return value.error();
    std::int64_t number = value.value() < 0 || value.value() == 65535 ? 0 : value.value();
    entry.draft.settings.broker.max_inflight_messages = static_cast<std::uint32_t>(number);
    return Done{};
}

// mosquitto reads it with atol: digits, and nothing said about what follows.
Status set_memory_limit(Entry& entry) {
    Result<std::string_view> word = read_word(entry);
    if (!word.ok()) return word.error();
    std::string digits(word.value().substr(0, word.value().find_first_not_of("+-0123456789")));
    char* end = nullptr;
    long long limit = std::strtoll(digits.c_str(), &end, 10);
    if (end == digits.c_str()) return invalid("Error: 'memory_limit' value not a number.");
    if (limit < 0) return invalid(fmt::format("Error: Invalid 'memory_limit' value ({}).", limit));
    if (digits.size() < word.value().size())
        entry.note = fmt::format("'memory_limit' is read as {} bytes", limit);
    entry.draft.settings.broker.memory_limit = static_cast<std::uint64_t>(limit);
    return Done{};
}

// Seconds of the unit; 0: no such unit.
std::int64_t seconds_of(char unit) {
    constexpr std::int64_t kHour = 3600;
    constexpr std::int64_t kDay = 24 * kHour;
    switch (unit) {
        case 's':
            return 1;
        case 'h':
            return kHour;
        case 'd':
            return kDay;
        case 'w':
            return 7 * kDay;
        case 'm':
            return 30 * kDay;
        case 'y':
            return 365 * kDay;
        default:
            return 0;
    }
}

Status set_persistent_client_expiration(Entry& entry) {
    Result<std::string_view> word = read_word(entry);
    if (!word.ok()) return word.error();
    std::int64_t unit = seconds_of(word.value().back());
    std::int64_t count = 0;
    bool is_number = parse_number(word.value().substr(0, word.value().size() - 1), count);
    if (unit == 0 || !is_number || count <= 0)
        return invalid("Error: Invalid 'persistent_client_expiration' duration in configuration.");
    std::int64_t most = UINT32_MAX / unit;
    entry.draft.settings.broker.persistent_client_expiration =
        count > most ? UINT32_MAX : static_cast<std::uint32_t>(count * unit);
    return Done{};
}

void read_persistent_client_expiration(const Settings& settings, RunningValues& out) {
    std::uint32_t seconds = settings.broker.persistent_client_expiration;
    if (seconds != UINT32_MAX) add_value(out, {}, fmt::format("{}s", seconds));
}

Status set_retain_expiry_interval(Entry& entry) {
    Result<std::int64_t> value = read_number(entry);
    if (!value.ok()) return value.error();
    std::int64_t minutes = value.value();
    if (minutes > kRetainMinutesMax) {
        minutes = kRetainMinutesMax;
        entry.note = "'retain_expiry_interval' is capped at 19 years";
    }
    entry.draft.settings.broker.retain_expiry_s = static_cast<std::uint64_t>(minutes) * 60;
    return Done{};
}

void read_retain_expiry_interval(const Settings& settings, RunningValues& out) {
    std::uint64_t minutes = settings.broker.retain_expiry_s / 60;
    if (minutes != 0) add_value(out, {}, minutes);
}

// The reader does the rest: it opens files.
Status set_include_dir(Entry& entry) {
    Result<std::string> dir = read_text(entry);
    if (!dir.ok()) return dir.error();
    return Done{};
}

Status set_nothing(Entry&) {
    return Done{};
}

constexpr std::string_view kBufferBounds =
    "Error: Packet buffer size must be between 0 and 65535 inclusive.";
constexpr std::string_view kAlwaysSaved = "what is acknowledged is on the disk already";
constexpr std::string_view kLibraryLog = "it is for a library that Martlet does not use";

const Key kKeys[] = {
    {.name = "allow_duplicate_messages",
     .type = Type::Bool,
     .default_value = "true",
     .help = "A client with overlapping subscriptions gets a message once for each of them.",
     .value = kFlag<&Options::allow_duplicate_messages>},
    {.name = "autosave_interval",
     .type = Type::Number,
     .status = KeyStatus::Dead,
     .min = 0,
     .is_raised_to_min = true,
     .feature = kAlwaysSaved,
     .default_value = "1800",
     .help = "Seconds between writes of the store, or changes with autosave_on_changes; 0: at exit "
             "and on SIGUSR1 only.",
     .value = kNumber<&Settings::autosave_interval>},
    {.name = "autosave_on_changes",
     .type = Type::Bool,
     .status = KeyStatus::Dead,
     .feature = kAlwaysSaved,
     .default_value = "false",
     .help = "Counts autosave_interval in changes instead of seconds.",
     .value = kFlag<&Settings::autosave_on_changes>},
    {.name = "check_retain_source",
     .type = Type::Bool,
     .differs =
         "it is on unless the file says false, as in mosquitto 2.0; mosquitto 2.1 checks only "
         "when the file says true",
     .default_value = "true",
     .help = "Before a retained message is delivered, checks that its publisher may still write "
             "its topic.",
     .value = kFlag<&Options::check_retain_source>},
    {.name = "enable_control_api",
     .type = Type::Bool,
     .status = KeyStatus::Later,
     .feature = "the $CONTROL/broker/v1 API",
     .default_value = "false",
     .help = "Answers listPlugins and listListeners on $CONTROL/broker/v1.",
     .value = kFlag<&Settings::enable_control_api>},
    {.name = "global_max_clients",
     .type = Type::Number,
     .default_value = "-1",
     .help = "Sessions in the whole broker, connected or not; -1: no limit.",
     .value = kLimit<&Options::global_max_clients>},
    {.name = "global_max_connections",
     .type = Type::Number,
     .default_value = "-1",
     .help = "Live connections in the whole broker; -1: no limit.",
     .value = kLimit<&Options::global_max_connections>},
    {.name = "include_dir",
     .type = Type::Text,
     .help = "Reads every *.conf file of this directory, in order of name. In the main file only.",
     .value = set_include_dir},
    {.name = "max_inflight_bytes",
     .type = Type::Number,
     .min = 0,
     .is_raised_to_min = true,
     .default_value = "0",
     .help = "Bytes of QoS 1 and 2 payloads that are on their way to one client; 0: no limit.",
     .value = kNumber<&Options::max_inflight_bytes>},
    {.name = "max_inflight_messages",
     .type = Type::Number,
     .max = 65535,
     .bounds_error = "Error: 'max_inflight_messages' must be <= 65535.",
     .default_value = "20",
     .help = "QoS 1 and 2 messages that are on their way to one client, and the Receive Maximum "
             "that MQTT 5 clients are told; 0 or 65535: no limit, 1: strict order.",
     .value = access<&Options::max_inflight_messages>(set_max_inflight_messages)},
    {.name = "max_keepalive",
     .type = Type::Number,
     .min = 0,
     .max = 65535,
     .differs =
         "a client that asks for no keep alive (0) is over the limit, as in mosquitto 2.1; 2.0 "
         "lets it in",
     .default_value = "0",
     .help = "The longest keep alive in seconds; 0: no limit.",
     .value = kNumber<&Options::max_keepalive>},
    {.name = "max_packet_size",
     .type = Type::Number,
     .min = 20,
     .bounds_error = "Error: 'max_packet_size' must be >= 20.",
     .default_value = "2000000",
     .help = "Bytes of the largest packet that is taken and sent.",
     .value = kNumber<&Options::max_packet_size>},
    {.name = "max_queued_bytes",
     .type = Type::Number,
     .min = 0,
     .is_raised_to_min = true,
     .default_value = "0",
     .help = "Bytes that wait for one client beyond those in flight; 0: no limit.",
     .value = kNumber<&Options::max_queued_bytes>},
    {.name = "max_queued_messages",
     .type = Type::Number,
     .min = 0,
     .is_raised_to_min = true,
     .default_value = "1000",
     .help = "Messages that wait for one client beyond those in flight; 0: no limit.",
     .value = kNumber<&Options::max_queued_messages>},
    {.name = "memory_limit",
     .type = Type::Special,
     .values = "bytes",
     .default_value = "0",
     .help = "Bytes of memory in use past which messages and new sessions are refused and the "
             "slowest readers disconnected; from seven eighths on, new subscriptions and new "
             "retained topics are refused. 0: no limit.",
     .value = access<&Options::memory_limit>(set_memory_limit)},
    {.name = "message_size_limit",
     .type = Type::Number,
     .min = 0,
     .max = kPayloadBytesMax,
     .differs = "an MQTT 5 publisher of a larger message gets 0x83; mosquitto 2.1 answers 0x95",
     .default_value = "0",
     .help = "Bytes of payload past which a message is acknowledged but not routed; 0: no limit.",
     .value = kNumber<&Options::message_size_limit>},
    {.name = "persistence",
     .type = Type::Bool,
     .is_reloadable = false,
     .differs = "what is acknowledged is on disk at once; mosquitto saves every autosave_interval",
     .default_value = "false",
     .help = "Sessions, queued and retained messages survive a restart; see docs/persistence.md.",
     .value = kFlag<&Settings::persistence>},
    {.name = "retained_persistence",
     .alias_of = "persistence",
     .type = Type::Bool,
     .is_reloadable = false,
     .default_value = "false",
     .value = kFlag<&Settings::persistence>},
    {.name = "persistence_file",
     .type = Type::Text,
     .is_reloadable = false,
     .is_once = true,
     .differs =
         "a folder that holds a journal, not a file: copy and remove it as a folder, or with "
         "`martlet store`",
     .default_value = "mosquitto.db",
     .help = "The name of the journal's folder.",
     .value = kText<&Settings::persistence_file>},
    {.name = "persistence_location",
     .type = Type::Text,
     .is_reloadable = false,
     .is_once = true,
     .help = "The directory that the journal's folder is in. The variable "
             "MOSQUITTO_PERSISTENCE_LOCATION wins.",
     .value = kText<&Settings::persistence_location>},
    {.name = "persistent_client_expiration",
     .type = Type::Special,
     .values = "a number and one of s h d w m y",
     .default_value = "never",
     .help = "How long the session of a client that is away is kept; m is 30 days, y 365.",
     .value = {set_persistent_client_expiration, read_persistent_client_expiration}},
    {.name = "pid_file",
     .type = Type::Text,
     .is_reloadable = false,
     .is_once = true,
     .help = "Holds the process id while the broker runs.",
     .value = kText<&Settings::pid_file>},
    {.name = "queue_qos0_messages",
     .type = Type::Bool,
     .default_value = "false",
     .help = "Queues QoS 0 messages too for clients that are away.",
     .value = kFlag<&Options::queue_qos0_messages>},
    {.name = "retain_available",
     .type = Type::Bool,
     .default_value = "true",
     .help = "Takes retained messages.",
     .value = kFlag<&Options::retain_available>},
    {.name = "retain_expiry_interval",
     .type = Type::Number,
     .min = 1,
     .bounds_error = "Error: retain_expiry_interval must be >= 1.",
     .values = "1 to 10000000 minutes",
     .default_value = "off",
     .help = "Minutes after which a retained message is dropped.",
     .value = {set_retain_expiry_interval, read_retain_expiry_interval}},
    {.name = "set_tcp_nodelay",
     .type = Type::Bool,
     .default_value = "false",
     .help = "Sets TCP_NODELAY on the connections of all listeners.",
     .value = access<&net::ListenOptions::tcp_nodelay>(set_flag<&Draft::tcp_nodelay>)},
    {.name = "sys_interval",
     .type = Type::Number,
     .min = 0,
     .max = 65535,
     .default_value = "10",
     .help = "Seconds between updates of the $SYS topics; 0: none.",
     .value = kNumber<&Options::sys_interval>},
    {.name = "upgrade_outgoing_qos",
     .type = Type::Bool,
     .default_value = "false",
     .help = "Delivers with the QoS of the subscription, also when the publisher's was lower.",
     .value = kFlag<&Options::upgrade_outgoing_qos>},
    {.name = "user",
     .type = Type::Text,
     .is_reloadable = false,
     .default_value = "mosquitto",
     .help = "The account to change to when started as root; without it \"mosquitto\", then "
             "\"nobody\".",
     .value = kText<&Settings::user>},
    {.name = "packet_buffer_size",
     .type = Type::Number,
     .is_reloadable = false,
     .min = 0,
     .max = 65535,
     .bounds_error = kBufferBounds,
     .default_value = "4096",
     .help = "Bytes of the request with which a client asks for WebSocket, at listeners for "
             "websockets; 0: the default. Connections that wait hold no buffer.",
     .value = kNumber<&Settings::websockets_headers_size>},
    {.name = "websockets_headers_size",
     .alias_of = "packet_buffer_size",
     .type = Type::Number,
     .is_reloadable = false,
     .min = 0,
     .max = 65535,
     .bounds_error = kBufferBounds,
     .default_value = "4096",
     .value = kNumber<&Settings::websockets_headers_size>},
    {.name = "websockets_log_level",
     .status = KeyStatus::Dead,
     .feature = kLibraryLog,
     .help = "mosquitto's libwebsockets log level.",
     .value = set_nothing},
    {.name = "retry_interval",
     .status = KeyStatus::Dead,
     .feature = "MQTT sends again at reconnect only",
     .help = "mosquitto 1's time before a message was sent again.",
     .value = set_nothing},
    {.name = "dhparamfile",
     .status = KeyStatus::Dead,
     .feature = "TLS needs no such file any more",
     .help = "mosquitto 1's Diffie-Hellman parameters.",
     .value = set_nothing},
};

}  // namespace

std::span<const Key> general_keys() {
    return kKeys;
}

}  // namespace martlet::config
