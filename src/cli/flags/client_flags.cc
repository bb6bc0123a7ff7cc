// The flags of pub, sub and rr: a row each, in the order of the help.

#include "base/text.h"
#include "cli/flags/client_draft.h"
#include "cli/flags/client_values.h"
#include "cli/flags/property_argument.h"

namespace martlet::cli {

namespace {

using namespace flag;
using Tls = net::TlsClientOptions;

constexpr unsigned kPub = 1, kSub = 2, kRr = 4, kAll = 7;

template <bool ClientOptions::*member, bool value = true>
FlagError set(Draft draft, Value) {
    draft.options.*member = value;
    return "";
}

// Stores the flag's value, or `fixed` of a flag that takes none, in what `member` finds.
template <auto member, auto... fixed>
FlagError store(Draft draft, Value value) {
    if constexpr (sizeof...(fixed) > 0) {
        ((member(draft) = fixed), ...);
    } else {
        member(draft) = value;
    }
    return "";
}

template <std::string Tls::*member>
FlagError set_tls(Draft draft, Value value) {
    draft.options.tls.*member = value;
    return "";
}

template <bool Tls::*member>
FlagError turn_on_tls(Draft draft, Value) {
    draft.options.tls.*member = true;
    return "";
}

template <PayloadMode mode>
FlagError take_payload(Draft draft, Value value) {
    if (draft.options.payload_mode != PayloadMode::None) {
        return "Error: Only one type of message can be sent at once.\n\n";
    }
    draft.options.payload_mode = mode;
    draft.options.payload = value;
    return "";
}

FlagError ignore(Draft, Value) {
    return "";
}

constexpr ClientFlag kFlags[] = {{"-A", "", kAll, "ADDRESS", "no address specified", store < [
                                  ](Draft d) -> auto& {return d.options.address.bind_address;
}  // namespace
>, "connect from this address"
}  // namespace martlet::cli
, {"-c", "--disable-clean-session", kAll, "", "",
   store < [](Draft d) -> auto& {return d.options.client.clean_start;
}
, false >, "keep the session (needs -i)"
}
, {"-C", "", kSub, "COUNT", "no count specified", take_count, "end after so many messages"},
    {"-d", "--debug", kAll, "", "", set<&ClientOptions::is_debug>, "show each packet"},
    // Takes several values: see take_flag().
    {"-D",
     "--property",
     kAll,
     "PACKET NAME VALUE",
     "",
     nullptr,
     "an MQTT 5 property, for connect, publish, subscribe, unsubscribe, disconnect or will"},
    {"-e",
     "",
     kRr,
     "TOPIC",
     "no response topic specified",
     take_response_topic,
     "where the answer is to come"},
    {"-E",
     "",
     kSub,
     "",
     "",
     set<&ClientOptions::exit_after_suback>,
     "end once the subscriptions are acknowledged"},
    {"-f",
     "--file",
     kPub | kRr,
     "FILE",
     "no file specified",
     take_payload<PayloadMode::File>,
     "send this file"},
    {"-F",
     "",
     kSub | kRr,
     "FORMAT",
     "no format specified",
     take_format,
     "how to print: %t topic, %p payload, %j JSON, @H:@M:@S time ..."},
    {"-h", "--host", kAll, "HOST", "no host specified",
     store < [](Draft d) -> auto& {return d.options.address.host;
}
>, "the broker (localhost)"
}
, {"-i", "--id", kAll, "ID", "no id specified", take_id, "the client id"},
    {"-I",
     "--id-prefix",
     kAll,
     "PREFIX",
     "no id prefix specified",
     take_id_prefix,
     "the client id is PREFIX and the process number"},
    {"-k",
     "--keepalive",
     kAll,
     "SECONDS",
     "no keepalive specified",
     take_keep_alive,
     "keep alive (60)"},
    {"-l",
     "--stdin-line",
     kPub,
     "",
     "",
     take_payload<PayloadMode::StdinLines>,
     "send each line of stdin as a message"},
    {"-L",
     "--url",
     kAll,
     "URL",
     "no URL specified",
     take_url,
     "mqtt://[user[:password]@]host[:port]/topic"},
    {"-m",
     "--message",
     kPub | kRr,
     "TEXT",
     "no message specified",
     take_payload<PayloadMode::Argument>,
     "send this text"},
    {"-M",
     "",
     kAll,
     "COUNT",
     "max_inflight not specified",
     take_in_flight,
     "QoS 1 and 2 messages at once (20)"},
    {"-n",
     "--null-message",
     kPub | kRr,
     "",
     "",
     take_payload<PayloadMode::Null>,
     "send an empty message"},
    {"-N",
     "",
     kSub | kRr,
     "",
     "",
     set<&ClientOptions::end_of_line, false>,
     "no line end after each message"},
    {"-o",
     "",
     kAll,
     "FILE",
     "no options file specified",
     ignore,
     "read options from FILE, one a line, instead of the usual file"},
    {"-p", "--port", kAll, "PORT", "no port specified", take_port, "the broker's port (1883)"},
    {"-P", "--pw", kAll, "PASSWORD", "no password specified",
     store < [](Draft d) -> auto& {return d.options.client.password;
}
>, "the password"
}
, {"-q", "--qos", kAll, "QOS", "no QoS specified", take_qos, "0, 1 or 2 (0)"},
    {"-r", "--retain", kPub, "", "", set<&ClientOptions::retain>, "retain the message"},
    {"-R", "", kSub | kRr, "", "", set<&ClientOptions::no_retain>, "leave out retained messages"},
    {"-s",
     "--stdin-file",
     kPub | kRr,
     "",
     "",
     take_payload<PayloadMode::StdinWhole>,
     "send all of stdin as one message"},
    {"-S", "", kAll, "", "", needs_srv, ""},
    {"-t", "--topic", kPub | kRr, "TOPIC", "no topic specified", add_topic, "the topic"},
    {"-t",
     "--topic",
     kSub,
     "FILTER",
     "no topic specified",
     add_topic,
     "the topic filter, such as home/#; may come several times"},
    {"-T",           "--filter-out",          kSub, "FILTER", "no topic filter specified",
     add_filter_out, "leave out what matches"},
    {"-u", "--username", kAll, "NAME", "no username specified",
     store < [](Draft d) -> auto& {return d.options.client.user_name;
}
>, "the user name"
}
,
    {"-U",
     "--unsubscribe",
     kSub,
     "FILTER",
     "no unsubscribe topic specified",
     add_unsubscribe,
     "take back a subscription"},
    {"-v",
     "--verbose",
     kSub | kRr,
     "",
     "",
     set<&ClientOptions::is_verbose>,
     "print the topic before the payload"},
    {"-V",         "--protocol-version", kAll, "VERSION", "no version specified",
     take_version, "31, 311 or 5"},
    {"-w",
     "--watch",
     kSub,
     "",
     "",
     set<&ClientOptions::is_watch>,
     "one line of the screen for each topic"},
    {"-W",
     "",
     kSub | kRr,
     "SECONDS",
     "no timeout specified",
     take_timeout,
     "give up after so long (exit code 27)"},
    {"-x",
     "",
     kAll,
     "SECONDS",
     "no session expiry interval specified",
     take_session_expiry,
     "how long the session outlives the connection; -1: for good"},
    {"--latency",
     "",
     kRr,
     "",
     "",
     set<&ClientOptions::shows_latency>,
     "tell how long the answer took"},
    {"--message-rate",
     "",
     kSub,
     "",
     "",
     set<&ClientOptions::shows_rate>,
     "print messages a second instead of messages"},
    {"--nodelay", "", kAll, "", "", store < [](Draft d) -> auto& {return d.options.address.no_delay;
}
, true >, "send small packets at once"
}
, {"--pretty", "", kSub | kRr, "", "", set<&ClientOptions::is_pretty>, "JSON with line breaks"},
    {"--quiet", "", kAll, "", "", set<&ClientOptions::is_quiet>, "no error messages"},
    {"--random-filter",
     "",
     kSub,
     "PERCENT",
     "no chance specified",
     take_random,
     "print this part of the messages only"},
    {"--remove-retained",
     "",
     kSub,
     "",
     "",
     set<&ClientOptions::remove_retained>,
     "delete each retained message that arrives"},
    {"--repeat", "", kPub, "COUNT", "no count specified", take_repeat, "send it so many times"},
    {"--repeat-delay", "", kPub, "SECONDS", "no time specified", take_repeat_delay,
     "wait in between"},
    {"--retain-as-published",
     "",
     kSub,
     "",
     "",
     set<&ClientOptions::retain_as_published>,
     "see the retain flag as it was published"},
    {"--retain-handling",
     "",
     kSub | kRr,
     "WHEN",
     "no value specified",
     take_retain_handling,
     "retained messages: always, new or never"},
    {"--retained-only",
     "",
     kSub,
     "",
     "",
     set<&ClientOptions::retained_only>,
     "only retained messages; end at the first other one"},
    {"--unix", "", kAll, "PATH", "no socket path specified",
     store < [](Draft d) -> auto& {return d.options.address.unix_path;
}
>, "a unix socket to connect to"
}
, {"--will-payload", "", kAll, "TEXT", "no will payload specified",
   store < [](Draft d) -> auto& {return d.will_payload;
}
>, "payload of the will"
}
, {"--will-qos", "", kAll, "QOS", "no will QoS specified", take_will_qos, "its QoS"},
    {"--will-retain", "", kAll, "", "", store < [](Draft d) -> auto& {return d.will_retain;
}
, true >, "retain it"
}
, {"--will-topic", "", kAll, "TOPIC", "no will topic specified", take_will_topic, "its topic"},
    {"--cafile",
     "",
     kAll,
     "FILE",
     "no file specified",
     set_tls<&Tls::cafile>,
     "speak TLS; believe servers by these authorities"},
    {"--capath",
     "",
     kAll,
     "FOLDER",
     "no directory specified",
     set_tls<&Tls::capath>,
     "the same, a folder of authorities"},
    {"--cert",
     "",
     kAll,
     "FILE",
     "no file specified",
     set_tls<&Tls::certfile>,
     "our certificate (needs --key)"},
    {"--ciphers",
     "",
     kAll,
     "LIST",
     "no ciphers specified",
     set_tls<&Tls::ciphers>,
     "ciphers up to TLS 1.2"},
    {"--insecure",
     "",
     kAll,
     "",
     "",
     turn_on_tls<&Tls::insecure>,
     "do not compare the server's name with its certificate"},
    {"--key", "", kAll, "FILE", "no file specified", set_tls<&Tls::keyfile>, "our key"},
    {"--psk",
     "",
     kAll,
     "KEY",
     "no key specified",
     set_tls<&Tls::psk>,
     "speak TLS with this pre-shared key, in hexadecimal digits"},
    {"--psk-identity",      "", kAll, "NAME", "no identity specified", set_tls<&Tls::psk_identity>,
     "the name of that key"},
    {"--tls-alpn",
     "",
     kAll,
     "NAME",
     "no protocol specified",
     set_tls<&Tls::alpn>,
     "the protocol to ask for (ALPN)"},
    {"--tls-use-os-certs",
     "",
     kAll,
     "",
     "",
     turn_on_tls<&Tls::use_os_certs>,
     "speak TLS; believe servers by the system's authorities"},
    {"--tls-version",
     "",
     kAll,
     "VERSION",
     "no version specified",
     set_tls<&Tls::version>,
     "speak tlsv1.2 or tlsv1.3 only"},
    // Known, for a later build.
    {"--keyform", "", kAll, "FORM", "no keyform specified", take_key_form, ""},
    {"--no-tls", "", kAll, "", "", ignore, ""},
    {"--proxy", "", kAll, "URL", "no proxy url specified", take_proxy, ""},
    {"--tls-engine", "", kAll, "NAME", "no engine_id specified", needs_engine, ""},
    {"--tls-engine-kpass-sha1", "", kAll, "HASH", "no kpass sha1 specified", needs_engine, ""},
    {"--tls-keylog", "", kAll, "FILE", "no file specified", needs_key_log, ""},
    {"--ws", "", kAll, "", "", needs_websocket, ""},
}
;

FlagError missing_value(const ClientFlag& flag) {
    // Two texts do not name the flag as it stands in the table.
    if (flag.name == "-V") {
        return "Error: --protocol-version argument given but no version specified.\n\n";
    }
    return fmt::format("Error: {} argument given but {}.\n\n", flag.name, flag.missing);
}

}  // namespace

std::span<const ClientFlag> client_flags() {
    return kFlags;
}

const ClientFlag* find_client_flag(std::string_view name, ClientKind kind) {
    for (const ClientFlag& flag : kFlags) {
        bool is_named = flag.name == name || (!flag.long_name.empty() && flag.long_name == name);
        if (is_named && (flag.kinds & static_cast<unsigned>(kind)) != 0) return &flag;
    }
    return nullptr;
}

FlagError take_flag(ClientDraft& draft, std::string_view name, std::span<const std::string> rest,
                    std::size_t& taken) {
    taken = 0;
    const ClientFlag* flag = find_client_flag(name, draft.options.kind);
    if (flag == nullptr) return fmt::format("Error: Unknown option '{}'.\n", name);
    if (flag->take == nullptr) return take_property(draft, rest, taken);
    taken = flag->value.empty() ? 0 : 1;
    if (rest.size() < taken) return missing_value(*flag);
    auto error = flag->take(draft, taken == 0 ? std::string() : rest[0]);
    if (!draft.unsupported_thing.empty() && draft.unsupported_flag.empty()) {
        draft.unsupported_flag = name;
    }
    return error;
}

}  // namespace martlet::cli
