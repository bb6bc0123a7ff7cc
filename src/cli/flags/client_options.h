#pragma once

// What pub, sub and rr were asked to do: mosquitto's flags for the three, from the options file and
// then the command line. Cold path, one thread.

#include "cli/output/message_format.h"
#include "client/dial.h"
#include "client/options.h"
#include "net/tls_options.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace martlet::cli {

enum class ClientKind : std::uint8_t { Pub = 1, Sub = 2, Rr = 4 };

// Where the payload comes from.
enum class PayloadMode : std::uint8_t { None, Argument, File, Null, StdinLines, StdinWhole };

struct ClientProperties {
    client::PropertySet publish, subscribe, unsubscribe, disconnect;
};

struct ClientOptions {
    ClientKind kind = ClientKind::Pub;
    std::string program;  // as it was called

    client::Options client;  // with CONNECT's properties and the will
    client::Address address;
    net::TlsClientOptions tls;
    ClientProperties properties;
    bool is_debug = false;
    bool is_quiet = false;

    std::vector<std::string> topics;
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
    bool retain = false;

    PayloadMode payload_mode = PayloadMode::None;
    std::string payload;  // or the file's name
    int repeat_count = 1;
    Milliseconds repeat_delay{0};

    std::string response_topic;
    bool shows_latency = false;

    std::vector<std::string> filters_out;
    std::vector<std::string> unsubscribe_topics;
    int message_count = 0;     // 0: endless
    Milliseconds timeout{0};   // 0: none
    int random_filter = 1000;  // of 1000
    std::uint8_t retain_handling = 0;
    bool exit_after_suback = false;
    bool no_retain = false;
    bool retained_only = false;
    bool remove_retained = false;
    bool retain_as_published = false;
    bool is_watch = false;
    bool shows_rate = false;

    bool is_verbose = false;
    bool end_of_line = true;
    bool is_pretty = false;
    std::optional<MessageFormat> format;
};

// With `exit_code`: all is said already, end with it.
struct ParsedClientOptions {
    ClientOptions options;
    std::optional<int> exit_code;
};

// The program of mosquitto that it is, and its options file.
const char* mosquitto_name(ClientKind kind);

// Prints help and errors itself. argv[0] is the name to show. Reads the options file, the
// environment tells where.
ParsedClientOptions parse_client_options(ClientKind kind, int argc, char** argv);

}  // namespace martlet::cli
