#include "cli/serve_options.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace martlet::cli {
namespace {

ServeOptions parse(std::vector<const char*> argv) {
    return parse_serve_options("mosquitto", static_cast<int>(argv.size()), argv.data());
}

void expect_failure(std::vector<const char*> argv, const std::string& text) {
    ServeOptions options = parse(std::move(argv));
    EXPECT_EQ(options.action, ServeAction::Exit);
    EXPECT_EQ(options.exit_code, 3);
    EXPECT_EQ(options.err, text + "\n");
}

TEST(ServeOptions, nothing) {
    ServeOptions options = parse({});
    EXPECT_EQ(options.action, ServeAction::Run);
    EXPECT_EQ(options.command_line.config_file, "");
    EXPECT_TRUE(options.command_line.ports.empty());
}

TEST(ServeOptions, all_flags) {
    ServeOptions options = parse(
        {"-d", "-q", "-v", "-c", "m.conf", "-p", "1884", "--port", "1885", "--tls-keylog", "k"});
    const config::CommandLine& line = options.command_line;
    EXPECT_EQ(options.action, ServeAction::Run);
    EXPECT_TRUE(line.daemonize);
    EXPECT_TRUE(line.is_quiet);
    EXPECT_TRUE(line.is_verbose);
    EXPECT_EQ(line.config_file, "m.conf");
    EXPECT_EQ(line.ports, (std::vector<std::uint16_t>{1884, 1885}));
    EXPECT_EQ(line.tls_keylog, "k");
    EXPECT_TRUE(parse({"--sandbox"}).command_line.is_sandbox);
    EXPECT_EQ(parse({"--http-port", "8081"}).command_line.http_address, "");
    ServeOptions open = parse({"--sandbox", "--http-address", "0.0.0.0"});
    EXPECT_EQ(open.command_line.http_address, "0.0.0.0");
    EXPECT_EQ(open.command_line.http_port, 8080) << "unless it is said otherwise";
    open = parse({"--http-port", "8081", "--http-address", "::"});
    EXPECT_EQ(open.command_line.http_port, 8081);
    EXPECT_EQ(open.command_line.http_address, "::");
    EXPECT_EQ(parse({"--config-file", "x"}).command_line.config_file, "x");
}

TEST(ServeOptions, test_config) {
    EXPECT_EQ(parse({"--test-config", "-c", "m.conf"}).action, ServeAction::TestConfig);
    EXPECT_EQ(parse({"-c", "m.conf", "--test-config"}).action, ServeAction::TestConfig);
    expect_failure({"--test-config"},
                   "Error: --test-config needs a configuration file, given with -c.");
}

TEST(ServeOptions, help_begins_as_mosquitto_s) {
    for (const char* flag : {"-h", "--help"}) {
        ServeOptions options = parse({flag});
        EXPECT_EQ(options.action, ServeAction::Exit);
        EXPECT_EQ(options.exit_code, 0);
        EXPECT_TRUE(options.out.starts_with(
            "Usage: mosquitto [-c config_file] [-d] [-h] [-p port] [-v]\n"));
        EXPECT_EQ(options.err, "");
    }
    const char* argv[] = {"-h"};
    EXPECT_TRUE(parse_serve_options("martlet serve", 1, argv)
                    .out.starts_with("Usage: martlet serve [-c config_file]"));
}

TEST(ServeOptions, version) {
    ServeOptions options = parse({"--version"});
    EXPECT_EQ(options.exit_code, 0);
    EXPECT_TRUE(options.out.starts_with("martlet version "));
}

TEST(ServeOptions, unknown_option_shows_the_usage) {
    expect_failure({"--unknown"}, "Error: Unknown option '--unknown'.");
    EXPECT_TRUE(parse({"--unknown"}).out.starts_with("Usage: mosquitto "));
    expect_failure({"m.conf"},
                   "Error: Unknown option 'm.conf'. A configuration file is named by -c m.conf");
    expect_failure({""}, "Error: Unknown option ''.");
}

TEST(ServeOptions, values_are_missing) {
    expect_failure({"-p"}, "Error: -p argument given, but no port specified.");
    expect_failure({"-c"}, "Error: -c argument given, but no config file specified.");
    expect_failure({"--tls-keylog"}, "Error: --tls-keylog argument given, but no file specified.");
}

TEST(ServeOptions, ports_are_wrong) {
    expect_failure({"-p", "0"}, "Error: Invalid port specified (0).");
    expect_failure({"-p", "x"}, "Error: Invalid port specified (0).");
    expect_failure({"-p", "-1"}, "Error: Invalid port specified (-1).");
    expect_failure({"-p", "65536"}, "Error: Invalid port specified (65536).");
    expect_failure({"-p", "99999999999999999999"}, "Error: Invalid port specified (1000000000).");
}

TEST(ServeOptions, ten_ports_and_no_more) {
    std::vector<const char*> argv;
    for (int i = 0; i < 10; ++i) argv.insert(argv.end(), {"-p", "1884"});
    EXPECT_EQ(parse(argv).action, ServeAction::Run);
    argv.insert(argv.end(), {"-p", "1884"});
    expect_failure(argv, "Error: Only 10 ports can be specified on the command line.");
}

TEST(ServeOptions, what_does_not_go_together) {
    expect_failure({"--http-address"},
                   "Error: --http-address argument given, but no address specified (0.0.0.0 for "
                   "all networks).");
    expect_failure({"--sandbox", "-c", "m.conf"},
                   "Error: --sandbox and -c cannot be used together.");
}

TEST(ServeOptions, persistence_location_of_the_environment) {
    ::setenv("MOSQUITTO_PERSISTENCE_LOCATION", "/env", 1);
    EXPECT_EQ(parse({}).command_line.persistence_location, "/env");
    ::unsetenv("MOSQUITTO_PERSISTENCE_LOCATION");
    EXPECT_EQ(parse({}).command_line.persistence_location, "");
}

}  // namespace
}  // namespace martlet::cli
