#include "config/load.h"
#include "tests/config/memory_files.h"

#include <gtest/gtest.h>

namespace martlet::config {
namespace {

class Reload : public testing::Test {
  protected:
    void start(const std::string& text) {
        files_.add("m.conf", text);
        auto loaded = load(command_line(), files_);
        ASSERT_TRUE(loaded.ok()) << loaded.error().text;
        running_ = loaded.value().settings;
    }

    Result<Loaded> again(const std::string& text) {
        files_.add("m.conf", text);
        return reload(command_line(), running_, files_);
    }

    static CommandLine command_line() {
        CommandLine command_line;
        command_line.config_file = "m.conf";
        return command_line;
    }

    MemoryFiles files_;
    Settings running_;
};

TEST_F(Reload, what_may_change_changes) {
    start("listener 1884\nmax_qos 1\n");
    auto loaded = again("listener 1884\nmax_qos 0\nmax_queued_messages 5\nset_tcp_nodelay true\n");
    ASSERT_TRUE(loaded.ok()) << loaded.error().text;
    EXPECT_EQ(loaded.value().settings.broker.max_queued_messages, 5u);
    EXPECT_EQ(loaded.value().settings.listeners[0].broker.max_qos, mqtt::Qos::AtMostOnce);
}

TEST_F(Reload, hardening_12_a_wrong_line_refuses_the_whole) {
    start("listener 1884\npassword_file /p\n");
    auto loaded = again("listener 1884\nallow_anonymous true\npassword_fil /p\n");
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().code, 3);
}

TEST_F(Reload, hardening_12_a_missing_file_refuses_the_whole) {
    start("listener 1884\n");
    auto loaded = reload(command_line(), running_, MemoryFiles());
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().text, "Error: Unable to open config file 'm.conf'.");
}

TEST_F(Reload, a_new_listener_is_refused) {
    start("listener 1884\n");
    auto loaded = again("listener 1884\nlistener 1885 127.0.0.1\n");
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().text,
              "Error: It is not currently possible to add/remove listeners when reloading the "
              "config file: 'listener 1885 127.0.0.1' is new or bound otherwise. Restart to apply "
              "it.");
}

TEST_F(Reload, a_listener_that_is_gone_is_refused) {
    start("listener 1884\nlistener 0 /tmp/s\n");
    auto loaded = again("listener 1884\n");
    ASSERT_FALSE(loaded.ok());
    EXPECT_NE(loaded.error().text.find("'listener 0 /tmp/s' is gone"), std::string::npos);
}

TEST_F(Reload, another_interface_is_refused) {
    start("listener 1884\n");
    EXPECT_FALSE(again("listener 1884\nbind_interface lo\n").ok());
    EXPECT_FALSE(again("listener 1884\nsocket_domain ipv4\n").ok());
}

TEST_F(Reload, the_first_listener_of_a_local_broker_is_refused) {
    start("max_queued_messages 5\n");
    EXPECT_FALSE(again("listener 1883\nallow_anonymous true\n").ok());
}

TEST_F(Reload, listeners_keep_their_order) {
    start("listener 1884\nlistener 1885\n");
    auto loaded = again("listener 1885\nmax_qos 0\nlistener 1884\n");
    ASSERT_TRUE(loaded.ok());
    EXPECT_EQ(loaded.value().settings.listeners[0].net.port, 1884);
    EXPECT_EQ(loaded.value().settings.listeners[1].net.port, 1885);
    EXPECT_EQ(loaded.value().settings.listeners[1].broker.max_qos, mqtt::Qos::AtMostOnce);
}

TEST_F(Reload, what_cannot_change_stays_and_is_told) {
    start("shards 2\npid_file /a\nlistener 1884\nmount_point a/\n");
    auto loaded = again("shards 4\npid_file /b\nuser x\nlistener 1884\nmount_point b/\n");
    ASSERT_TRUE(loaded.ok());
    const Settings& settings = loaded.value().settings;
    EXPECT_EQ(settings.broker.shards, 2u);
    EXPECT_EQ(settings.pid_file, "/a");
    EXPECT_EQ(settings.user, "");
    EXPECT_EQ(settings.listeners[0].broker.mount_point, "a/");
    std::string all;
    for (const LogLine& line : log_lines(loaded.value().notices)) all += line.text + "\n";
    for (const char* key : {"shards", "pid_file", "user", "mount_point"})
        EXPECT_NE(all.find(fmt::format("'{}' has changed", key)), std::string::npos) << key;
}

}  // namespace
}  // namespace martlet::config
