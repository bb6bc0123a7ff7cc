#include "cli/serve_options.h"

#include "base/log.h"

#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace martlet::cli {
namespace {

constexpr int kExitInvalid = 3;
constexpr std::size_t kPortsMax = 10;
constexpr std::uint16_t kHttpPort = 8080;

std::string usage(const std::string& program) {
    std::string indent(std::string("Usage: ").size() + program.size(), ' ');
    return fmt::format(
        "Usage: {} [-c config_file] [-d] [-h] [-p port] [-v]\n"
        "{} [-q] [--http-address address] [--http-port port] [--sandbox]\n"
        "{} [--test-config] [--tls-keylog file] [--version]\n\n"
        "An MQTT broker for versions 3.1, 3.1.1 and 5.0.\n\n"
        " -c, --config-file FILE  read this mosquitto.conf; of several the last wins\n"
        " -d, --daemon            go to the background after the start\n"
        " -h, --help              show this\n"
        " -p, --port PORT         listen on this port, for this machine only; up to {} times.\n"
        "                         Ignored when the file defines listeners\n"
        " -q, --quiet             log nothing, whatever the file says\n"
        " -v, --verbose           log everything, whatever the file says\n"
        " --http-address ADDRESS  pages and API for others too: 0.0.0.0 for all networks\n"
        " --http-port PORT        pages and API on this port, for this machine only unless\n"
        "                         --http-address is given; 8080 without this\n"
        " --sandbox               port 1883 for everybody, without names, with limits\n"
        " --test-config           say whether the file is sound, and exit with 0 or 3\n"
        " --tls-keylog FILE       write TLS secrets to a file, for debugging only\n"
        " --version               show the version\n",
        program, indent, indent, kPortsMax);
}

class Parser {
  public:
    Parser(const std::string& program, int argc, const char* const* argv)
        : program_(program), argc_(argc), argv_(argv) {}

    ServeOptions parse();

  private:
    void flag(std::string_view word);
    bool take_value(const char*& value);
    void take_config_file();
    void take_port();
    void take_http_address();
    void take_http_port();
    void take_keylog();
    void fail(std::string text);
    void finish(std::string text);

    const std::string& program_;
    int argc_;
    const char* const* argv_;
    int at_ = 0;
    ServeOptions options_;
};

ServeOptions Parser::parse() {
    while (at_ < argc_ && options_.action != ServeAction::Exit) flag(argv_[at_++]);
    if (options_.action == ServeAction::Exit) return options_;
    bool has_file = !options_.command_line.config_file.empty();
    if (options_.action == ServeAction::TestConfig && !has_file)
        fail("Error: --test-config needs a configuration file, given with -c.");
    if (options_.command_line.is_sandbox && has_file)
        fail("Error: --sandbox and -c cannot be used together.");
    if (const char* location = std::getenv("MOSQUITTO_PERSISTENCE_LOCATION"))
        options_.command_line.persistence_location = location;
    return options_;
}

void Parser::flag(std::string_view word) {
    config::CommandLine& line = options_.command_line;
    if (word == "-c" || word == "--config-file")
        take_config_file();
    else if (word == "-p" || word == "--port")
        take_port();
    else if (word == "--http-address")
        take_http_address();
    else if (word == "--http-port")
        take_http_port();
    else if (word == "--tls-keylog")
        take_keylog();
    else if (word == "-d" || word == "--daemon")
        line.daemonize = true;
    else if (word == "-q" || word == "--quiet")
        line.is_quiet = true;
    else if (word == "-v" || word == "--verbose")
        line.is_verbose = true;
    else if (word == "--sandbox")
        line.is_sandbox = true;
    else if (word == "--test-config")
        options_.action = ServeAction::TestConfig;
    else if (word == "-h" || word == "--help")
        finish(usage(program_));
    else if (word == "--version")
        finish(fmt::format("martlet version {}\n", MARTLET_VERSION));
    else {
        bool is_file = !word.empty() && !word.starts_with('-');
        fail(fmt::format(
            "Error: Unknown option '{}'.{}", word,
            is_file ? fmt::format(" A configuration file is named by -c {}", word) : ""));
        options_.out = usage(program_);
    }
}

bool Parser::take_value(const char*& value) {
    if (at_ == argc_) return false;
    value = argv_[at_++];
    return true;
}

void Parser::take_config_file() {
    const char* path = nullptr;
    if (!take_value(path)) return fail("Error: -c argument given, but no config file specified.");
    if (*path == '\0') return fail("Error: Unable to open config file ''.");
    config::CommandLine& line = options_.command_line;
    if (!line.config_file.empty()) line.config_files_before.push_back(line.config_file);
    line.config_file = path;
}

// As atoi reads it: what is no number is 0, and what follows the digits is not looked at.
long port_of(const char* text) {
    constexpr long kTooLarge = 1'000'000'000;
    errno = 0;
    long port = std::strtol(text, nullptr, 10);
    return errno == ERANGE || port > kTooLarge ? kTooLarge : port;
}

void Parser::take_port() {
    const char* text = nullptr;
    if (!take_value(text)) return fail("Error: -p argument given, but no port specified.");
    long port = port_of(text);
    if (port < 1 || port > 65535)
        return fail(fmt::format("Error: Invalid port specified ({}).", port));
    std::vector<std::uint16_t>& ports = options_.command_line.ports;
    if (ports.size() == kPortsMax)
        return fail(
            fmt::format("Error: Only {} ports can be specified on the command line.", kPortsMax));
    ports.push_back(static_cast<std::uint16_t>(port));
}

void Parser::take_http_address() {
    const char* address = nullptr;
    if (!take_value(address) || *address == '\0') {
        return fail(
            "Error: --http-address argument given, but no address specified (0.0.0.0 for all "
            "networks).");
    }
    options_.command_line.http_address = address;
    std::uint16_t& port = options_.command_line.http_port;
    if (port == 0) port = kHttpPort;
}

void Parser::take_http_port() {
    const char* text = nullptr;
    if (!take_value(text)) return fail("Error: --http-port argument given, but no port specified.");
    long port = port_of(text);
    if (port < 1 || port > 65535)
        return fail(fmt::format("Error: Invalid port specified ({}).", port));
    options_.command_line.http_port = static_cast<std::uint16_t>(port);
}

void Parser::take_keylog() {
    const char* path = nullptr;
    if (!take_value(path))
        return fail("Error: --tls-keylog argument given, but no file specified.");
    options_.command_line.tls_keylog = path;
}

void Parser::fail(std::string text) {
    options_.action = ServeAction::Exit;
    options_.err = std::move(text) + "\n";
    options_.exit_code = kExitInvalid;
}

void Parser::finish(std::string text) {
    options_.action = ServeAction::Exit;
    options_.out = std::move(text);
}

}  // namespace

ServeOptions parse_serve_options(const std::string& program, int argc, const char* const* argv) {
    return Parser(program, argc, argv).parse();
}

}  // namespace martlet::cli
