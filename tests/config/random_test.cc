// Random configurations, from a seed: none may bring the reader down, and none that is accepted may
// break what the broker relies on.

#include "config/keys.h"
#include "config/load.h"
#include "tests/config/memory_files.h"

#include <gtest/gtest.h>

#include <random>

namespace martlet::config {
namespace {

class Generator {
  public:
    explicit Generator(unsigned seed) : random_(seed) {}

    std::string file() {
        std::string text;
        for (unsigned lines = below(30); lines > 0; --lines) text += line() + "\n";
        return text;
    }

  private:
    unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }

    std::string line() {
        switch (below(12)) {
            case 0:
                return "listener " + std::to_string(1 + below(5)) + word();
            case 1:
                return "connection c" + std::to_string(below(4));
            case 2:
                return "address localhost";
            case 3:
                return "topic # out 0 a/ b/";
            case 4:
                return "plugin_load p mosquitto_acl_file.so";
            case 5:
                return noise();
            default:
                break;
        }
        const Key& key = *all_keys()[below(static_cast<unsigned>(all_keys().size()))];
        std::string name(key.name);
        if (name.ends_with("_opt_")) name += "acl_file";
        return name + word() + (below(3) == 0 ? word() : "");
    }

    std::string word() {
        static const char* const kWords[] = {
            "",       " true",  " false", " 0",     " 1",     " -1",       " 2147483647",
            " 65535", " 65536", " 0x10",  " 010",   " 1d",    " mqtt",     " websockets",
            " ipv4",  " all",   " file",  " none",  " #",     " \"\"",     " \"a b\"",
            " /x",    " a/+",   " \xFF",  " grant", " 3,4,5", " client x", " 99999999999999999999",
        };
        return kWords[below(std::size(kWords))];
    }

    std::string noise() {
        std::string text;
        for (unsigned bytes = below(20); bytes > 0; --bytes) text += static_cast<char>(below(256));
        return text;
    }

    std::mt19937 random_;
};

void check(const Settings& settings) {
    EXPECT_FALSE(settings.listeners.empty());
    EXPECT_GE(settings.broker.max_packet_size, 20u);
    EXPECT_LE(settings.broker.max_inflight_messages, 65535u);
    EXPECT_GT(settings.broker.persistent_client_expiration, 0u);
    EXPECT_GT(settings.broker.connect_timeout_s, 0u);
    EXPECT_LE(settings.broker.sys_interval, 65535u);
    for (const Listener& listener : settings.listeners) {
        EXPECT_NE(listener.net.port == 0, listener.net.unix_path.empty());
        EXPECT_TRUE(!settings.local_only || listener.net.address == "localhost");
        EXPECT_TRUE(!listener.broker.auth.acl_file || !listener.broker.auth.acl_file->empty());
    }
    for (const BridgeSettings& bridge : settings.bridges) {
        EXPECT_FALSE(bridge.addresses.empty());
        EXPECT_FALSE(bridge.topics.empty());
    }
}

TEST(Random, hardening_18_random_configurations) {
    int accepted = 0;
    for (unsigned seed = 0; seed < 5'000; ++seed) {
        MemoryFiles files;
        Generator generator(seed);
        files.add("m.conf", generator.file());
        files.add("d/a.conf", generator.file());
        CommandLine command_line;
        command_line.config_file = "m.conf";
        Reading reading = read(command_line, files);
        log_lines(reading.notices);
        for (const Problem& problem : reading.problems) problem.lines();
        if (!reading.problems.empty()) continue;
        ++accepted;
        check(reading.settings);
        if (HasFailure()) FAIL() << "seed " << seed;
    }
    EXPECT_GT(accepted, 100);  // or the generator proves little
}

}  // namespace
}  // namespace martlet::config
