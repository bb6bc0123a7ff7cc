#include "config/load.h"

#include "config/sandbox.h"
#include "tests/config/memory_files.h"
#include "tests/config/settings_text.h"

#include <gtest/gtest.h>

namespace martlet::config {
namespace {

CommandLine with_file() {
    CommandLine command_line;
    command_line.config_file = "m.conf";
    return command_line;
}

MemoryFiles files_of(const std::string& text) {
    MemoryFiles files;
    files.add("m.conf", text);
    return files;
}

TEST(Load, first_problem_is_the_error) {
    auto loaded = load(with_file(), files_of("listener 1\nalow_anonymous true\nmax_qos 7\n"));
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().code, 3);
    EXPECT_EQ(loaded.error().text,
              "Error: Unknown configuration variable 'alow_anonymous'.\n"
              "Error found at m.conf:2.\n"
              "Did you mean 'allow_anonymous'?\n"
              "There is 1 problem more: martlet check m.conf");
}

// As mosquitto reads them: a wrapper that appends -c keeps what the first file says of security.
TEST(Load, several_files_are_read_in_order) {
    CommandLine command_line = with_file();
    command_line.config_files_before = {"first.conf"};
    MemoryFiles files = files_of("max_keepalive 77\nlistener 1885\n");
    files.add("first.conf", "acl_file /acl\nmax_keepalive 60\nlistener 1884\n");
    auto loaded = load(command_line, files);
    ASSERT_TRUE(loaded.ok()) << loaded.error().text;
    const Settings& settings = loaded.value().settings;
    EXPECT_EQ(settings.broker.max_keepalive, 77);
    ASSERT_EQ(settings.listeners.size(), 2U);
    for (const Listener& listener : settings.listeners)
        EXPECT_EQ(listener.broker.auth.acl_file, "/acl");
    EXPECT_EQ(settings.config_file, "m.conf");
}

TEST(Load, command_line_goes_through) {
    CommandLine command_line = with_file();
    command_line.daemonize = true;
    command_line.tls_keylog = "/k";
    command_line.persistence_location = "/env";
    auto loaded = load(command_line, files_of("listener 1884\npersistence_location /file\n"));
    ASSERT_TRUE(loaded.ok());
    const Settings& settings = loaded.value().settings;
    EXPECT_TRUE(settings.daemonize);
    EXPECT_EQ(settings.tls_keylog, "/k");
    EXPECT_EQ(settings.persistence_location, "/env");
    EXPECT_EQ(settings.config_file, "m.conf");
}

TEST(Load, M1_1_sandbox_is_open_and_limited) {
    CommandLine command_line;
    command_line.is_sandbox = true;
    auto loaded = load(command_line, MemoryFiles());
    ASSERT_TRUE(loaded.ok());
    const Settings& settings = loaded.value().settings;
    ASSERT_EQ(settings.listeners.size(), 1u);
    EXPECT_TRUE(settings.is_sandbox);
    EXPECT_FALSE(settings.local_only);
    EXPECT_EQ(settings.listeners[0].net.port, 1883);
    EXPECT_EQ(settings.listeners[0].net.address, "");
    EXPECT_TRUE(settings.listeners[0].broker.auth.allow_anonymous);
    EXPECT_EQ(settings.broker.max_packet_size, kSandboxLimits.max_packet_size);
    EXPECT_GT(settings.broker.max_queued_messages, 0u);
    EXPECT_GT(settings.broker.max_queued_bytes, 0u);
    EXPECT_GT(settings.broker.global_max_connections, 0);
    EXPECT_GT(settings.broker.message_size_limit, 0u);
    EXPECT_EQ(settings.broker.max_keepalive, 0u);  // clients that never ping are welcome
    EXPECT_FALSE(sandbox_lines().empty());
}

TEST(Load, sandbox_takes_ports) {
    CommandLine command_line;
    command_line.is_sandbox = true;
    command_line.ports = {1884, 1884, 1885};
    Reading reading = read(command_line, MemoryFiles());
    ASSERT_EQ(reading.settings.listeners.size(), 2u);
    EXPECT_EQ(reading.settings.listeners[1].net.port, 1885);
}

TEST(Load, sandbox_and_a_file_do_not_mix) {
    CommandLine command_line = with_file();
    command_line.is_sandbox = true;
    auto loaded = load(command_line, files_of("listener 1884\n"));
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().code, 3);
}

// Secrets stand in the settings and nowhere else.
TEST(Load, hardening_21_no_secret_in_what_is_said) {
    Reading reading = read(with_file(), files_of("connection c\n"
                                                 "address localhost\n"
                                                 "topic a\n"
                                                 "remote_password canary1\n"
                                                 "password canary1\n"
                                                 "local_password canary2 \xFF\n"
                                                 "bridge_psk canary3\n"
                                                 "psk_hint canary4\n"
                                                 "tls_engine_kpass_sha1 canary5\n"
                                                 "plugin mosquitto_acl_file.so\n"
                                                 "plugin_opt_secret canary6\n"));
    EXPECT_FALSE(reading.problems.empty());
    std::string all;
    for (const Problem& problem : reading.problems)
        for (const std::string& line : problem.lines()) all += line + "\n";
    for (const Notice& notice : reading.notices) all += notice.key + notice.text + "\n";
    for (const LogLine& line : log_lines(reading.notices)) all += line.text + "\n";
    EXPECT_EQ(all.find("canary"), std::string::npos) << all;
}

TEST(Load, a_huge_file_is_read) {
    std::string text = "listener 1884\n";
    for (int i = 0; i < 100'000; ++i) text += "max_queued_messages 5\n";
    EXPECT_TRUE(load(with_file(), files_of(text)).ok());
}

TEST(Load, a_file_of_something_else_is_given_up) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "aaaaaaaaaaaaaaaaaaaa bbbb\n";
    Reading reading = read(with_file(), files_of(text));
    EXPECT_GT(reading.problems.size(), 10u);
    EXPECT_LT(reading.problems.size(), 1'000u);
    EXPECT_LT(reading.notices.size(), 1'000u);
}

TEST(Load, the_log_warns_once_for_each_feature) {
    Reading reading = read(with_file(), files_of("listener 1884\n"
                                                 "enable_control_api true\n"
                                                 "enable_control_api true\n"
                                                 "http_dir /tmp\n"));
    std::vector<LogLine> lines = log_lines(reading.notices);
    ASSERT_EQ(lines.size(), 2u);
    for (const LogLine& line : lines) EXPECT_EQ(line.level, log::Level::Warning);
}

TEST(Load, log_lines_keep_within_the_log_s_own_bound) {
    std::string text = "listener 1884\n";
    for (int i = 0; i < 1'000; ++i) text += "http_dir /tmp\n";
    Reading reading = read(with_file(), files_of(text));
    for (const LogLine& line : log_lines(reading.notices)) EXPECT_LE(line.text.size(), 1'000u);
}

}  // namespace
}  // namespace martlet::config
