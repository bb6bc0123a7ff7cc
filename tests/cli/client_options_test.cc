// tests/cli/argv: command lines of pub, sub and rr and what they are answered with; and what a
// sound command line becomes.

#include "cli/flags/client_options.h"

#include "cli/pub.h"
#include "cli/rr.h"
#include "cli/sub.h"
#include "tests/cli/program_run.h"

#include <gtest/gtest.h>

#include <fstream>

namespace martlet::cli {
namespace {

struct Case {
    std::string where;
    std::vector<std::string> words;
    int code = 0;
    std::string err;
    bool is_ours_alone = false;
};

std::vector<Case> read_cases(const std::string& name, const std::string& program) {
    std::string path = std::string(MARTLET_SOURCE_DIR) + "/tests/cli/argv/" + name + ".txt";
    std::ifstream file(path);
    std::vector<Case> cases;
    std::string line;
    for (int number = 1; std::getline(file, line); number++) {
        if (line.empty() || line[0] == '#') continue;
        std::size_t arrow = line.find("=> ");
        if (arrow == std::string::npos) {
            ADD_FAILURE() << path << ":" << number << ": no =>";
            continue;
        }
        Case one;
        one.where = name + ".txt:" + std::to_string(number);
        one.is_ours_alone = line[0] == '~';
        std::size_t begin = one.is_ours_alone ? 2 : 0;
        one.words = split_words(line.substr(begin, arrow - begin));
        one.words.insert(one.words.begin(), program);
        one.code = line[arrow + 3] - '0';
        if (line.size() > arrow + 5) one.err = unescape(line.substr(arrow + 5), program);
        cases.push_back(one);
    }
    return cases;
}

void check(const std::string& name, Main main) {
    std::string program = "mosquitto_" + name;
    auto cases = read_cases(name, program);
    ASSERT_GT(cases.size(), 20u);
    for (const Case& one : cases) {
        Ran ours = ProgramRun(main, one.words).wait();
        EXPECT_EQ(ours.code, one.code) << one.where;
        EXPECT_EQ(ours.err, one.err) << one.where;
    }
}

void check_debian(const std::string& name) {
    if (!has_debian_clients()) GTEST_SKIP() << "mosquitto-clients 2.0.11 is not installed";
    for (const Case& one : read_cases(name, "mosquitto_" + name)) {
        if (one.is_ours_alone) continue;
        Ran theirs = ProgramRun(nullptr, one.words).wait();
        EXPECT_EQ(theirs.code, one.code) << one.where;
        EXPECT_EQ(theirs.err, one.err) << one.where;
    }
}

TEST(ClientArguments, Pub) {
    check("pub", pub_main);
}
TEST(ClientArguments, Sub) {
    check("sub", sub_main);
}
TEST(ClientArguments, Rr) {
    check("rr", rr_main);
}
TEST(ClientArguments, DebiansPub) {
    check_debian("pub");
}
TEST(ClientArguments, DebiansSub) {
    check_debian("sub");
}
TEST(ClientArguments, DebiansRr) {
    check_debian("rr");
}

ClientOptions parse(ClientKind kind, std::vector<std::string> words) {
    setenv("XDG_CONFIG_HOME", "/nowhere", 1);
    words.insert(words.begin(), "program");
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    auto parsed = parse_client_options(kind, static_cast<int>(argv.size()), argv.data());
    EXPECT_FALSE(parsed.exit_code);
    return std::move(parsed.options);
}

TEST(ClientOptions, UrlGivesPlaceWhoAndTopic) {
    auto options = parse(ClientKind::Sub, {"-L", "mqtt://me:p@ss@broker.example:1999/a/+/b"});
    EXPECT_EQ(options.address.host, "broker.example");
    EXPECT_EQ(options.address.port, 1999);
    EXPECT_EQ(options.client.user_name, "me");
    EXPECT_EQ(options.client.password, "p@ss");
    EXPECT_EQ(options.topics, std::vector<std::string>{"a/+/b"});
    EXPECT_EQ(parse(ClientKind::Sub, {"-L", "mqtt://[::1]/t"}).address.host, "::1");
    EXPECT_EQ(parse(ClientKind::Sub, {"-L", "mqtt://[::1]:5/t"}).address.port, 5);
}

TEST(ClientOptions, PropertiesAndExpiryAskForMqtt5) {
    EXPECT_EQ(parse(ClientKind::Pub, {}).client.version, mqtt::Version::V311);
    EXPECT_EQ(parse(ClientKind::Rr, {}).client.version, mqtt::Version::V5);
    EXPECT_EQ(parse(ClientKind::Pub, {"-x", "5"}).client.version, mqtt::Version::V5);
    EXPECT_EQ(parse(ClientKind::Pub, {"-D", "publish", "content-type", "x"}).client.version,
              mqtt::Version::V5);
}

TEST(ClientOptions, SessionExpiryFollowsTheFlags) {
    auto expiry = [](std::vector<std::string> words) {
        auto options = parse(ClientKind::Sub, std::move(words));
        mqtt::Properties properties;
        auto& set = options.client.connect_properties;
        EXPECT_EQ(set.view(mqtt::PropertyHome::Connect, properties), mqtt::ReasonCode::Success);
        bool has = properties.has(mqtt::PropertyId::SessionExpiryInterval);
        return has ? std::int64_t{properties.session_expiry_interval} : -1;
    };
    EXPECT_EQ(expiry({"-V", "5"}), -1);
    EXPECT_EQ(expiry({"-V", "5", "-c", "-i", "x"}), 0xFFFFFFFF);
    EXPECT_EQ(expiry({"-V", "5", "-c", "-x", "7"}), 7);
    EXPECT_EQ(expiry({"-x", "∞", "-i", "x"}), 0xFFFFFFFF);
    EXPECT_EQ(expiry({"-x", "-1", "-i", "x"}), 0xFFFFFFFF);
    EXPECT_EQ(expiry({"-D", "connect", "session-expiry-interval", "3"}), 3);
}

TEST(ClientOptions, IdIsGivenOrMade) {
    EXPECT_EQ(parse(ClientKind::Sub, {"-i", "me"}).client.client_id, "me");
    EXPECT_EQ(parse(ClientKind::Sub, {"-I", "me-"}).client.client_id,
              "me-" + std::to_string(getpid()));
    EXPECT_EQ(parse(ClientKind::Sub, {}).client.client_id, "");
    EXPECT_EQ(parse(ClientKind::Sub, {"-V", "31"}).client.client_id.size(), 23u);
}

TEST(ClientOptions, CountBoundsReceiveMaximum) {
    EXPECT_EQ(parse(ClientKind::Sub, {}).client.in_flight_max, 20);
    EXPECT_EQ(parse(ClientKind::Sub, {"-C", "3"}).client.in_flight_max, 3);
    EXPECT_EQ(parse(ClientKind::Sub, {"-C", "300"}).client.in_flight_max, 20);
    EXPECT_EQ(parse(ClientKind::Pub, {"-M", "7"}).client.in_flight_max, 7);
    EXPECT_EQ(parse(ClientKind::Rr, {}).client.in_flight_max, 1);
}

TEST(ClientOptions, FileComesBeforeTheCommandLine) {
    TemporaryFolder folder;
    folder.write(
        "mosquitto_sub",
        "# a comment\n-h from file\r\n-p 1999\n\n-t one\n-D connect user-property a b c\n");
    setenv("XDG_CONFIG_HOME", folder.path("").c_str(), 1);
    std::vector<std::string> words = {"program", "-p", "2000", "-t", "two"};
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    auto parsed = parse_client_options(ClientKind::Sub, 5, argv.data());
    ASSERT_FALSE(parsed.exit_code);
    EXPECT_EQ(parsed.options.address.host, "from file");
    EXPECT_EQ(parsed.options.address.port, 2000);
    EXPECT_EQ(parsed.options.topics, (std::vector<std::string>{"one", "two"}));
    EXPECT_TRUE(parsed.options.client.connect_properties.has(mqtt::PropertyId::UserProperty));
}

TEST(ClientOptions, NamedFileReplacesTheUsualOne) {
    TemporaryFolder folder;
    auto named = folder.write("named", "-t named");
    folder.write("mosquitto_sub", "-t usual");
    EXPECT_EQ(parse(ClientKind::Sub, {"-o", named}).topics, std::vector<std::string>{"named"});
}

TEST(ClientOptions, WillHoldsAllItsParts) {
    auto options =
        parse(ClientKind::Pub, {"--will-topic", "w", "--will-payload", "p", "--will-qos", "2",
                                "--will-retain", "-D", "will", "will-delay-interval", "9"});
    ASSERT_TRUE(options.client.will);
    EXPECT_EQ(options.client.will->topic, "w");
    EXPECT_EQ(options.client.will->payload, "p");
    EXPECT_EQ(options.client.will->qos, mqtt::Qos::ExactlyOnce);
    EXPECT_TRUE(options.client.will->retain);
    EXPECT_TRUE(options.client.will->properties.has(mqtt::PropertyId::WillDelayInterval));
}

}  // namespace
}  // namespace martlet::cli
