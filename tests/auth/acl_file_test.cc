#include "auth/acl_file.h"

#include "mqtt/topic.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace martlet::auth {
namespace {

// hardening 9 and 12 for the ACL file, and its semantics line by line: each file of acl_cases/ is
// an ACL file, "---", and then lines "USER CLIENTID read|write TOPIC -> allow|deny LINE" or "USER
// CLIENTID reach FILTER -> yes|no" ("-": no user name; reach: may_read_any).
std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

AclFile parse(std::string_view text) {
    auto parsed = AclFile::parse(text, "F");
    if (parsed) return std::move(parsed).value();
    ADD_FAILURE() << parsed.error().text;
    return AclFile::parse("", "F").value();
}

void check_case(const AclFile& acl, const std::string& line) {
    SCOPED_TRACE(line);
    auto arrow = line.find(" -> ");
    ASSERT_NE(arrow, std::string::npos);
    std::istringstream words(line.substr(0, arrow));
    std::string user, client, verb, topic, expected = line.substr(arrow + 4);
    words >> user >> client >> verb >> std::ws;
    std::getline(words, topic);
    if (user == "-") user.clear();
    if (verb == "reach") {
        EXPECT_EQ(acl.may_read_any(user, client, topic), expected == "yes");
        return;
    }
    ASSERT_TRUE(verb == "read" || verb == "write");
    auto access = verb == "read" ? Access::Read : Access::Write;
    auto decision = acl.decide(user, client, access, topic);
    EXPECT_EQ((decision.is_allowed ? "allow " : "deny ") + std::to_string(decision.line), expected);
    auto told = acl.explain(user, client, access, topic);
    EXPECT_TRUE(told.starts_with(decision.is_allowed ? "Allowed: " : "Denied: ")) << told;
    if (decision.line != 0) {
        EXPECT_NE(told.find("F:" + std::to_string(decision.line) + ": `"), std::string::npos);
    }
}

class AclCases : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(AclCases, decides_as_written) {
    auto text = read_file(GetParam());
    auto middle = text.find("---\n");
    ASSERT_NE(middle, std::string::npos);
    auto acl = parse(std::string_view(text).substr(0, middle));
    std::istringstream lines(text.substr(middle + 4));
    int checked = 0;
    for (std::string line; std::getline(lines, line);) {
        bool is_comment = line.starts_with("# ") && line.find(" -> ") == std::string::npos;
        if (line.empty() || is_comment) continue;
        check_case(acl, line);
        ++checked;
    }
    EXPECT_GT(checked, 0);
}

std::vector<std::filesystem::path> case_files() {
    std::vector<std::filesystem::path> files;
    std::filesystem::path folder = MARTLET_SOURCE_DIR "/tests/auth/acl_cases";
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

INSTANTIATE_TEST_SUITE_P(, AclCases, testing::ValuesIn(case_files()),
                         [](const auto& row) { return row.param.stem().string(); });

TEST(AclFile, reads_crlf_and_a_byte_order_mark) {
    auto acl = parse("\xEF\xBB\xBFuser bob\r\ntopic read a/b \t\r\n\r\n# x\r\n");
    EXPECT_TRUE(acl.decide("bob", "c", Access::Read, "a/b").is_allowed);
    EXPECT_EQ(acl.decide("bob", "c", Access::Read, "a/b").line, 2U);
}

// hardening 12: nothing that is wrong is skipped over.
TEST(AclFile, hardening_12_refuses_what_it_cannot_read) {
    const std::pair<std::string, std::string> cases[] = {
        {"user", "Error: Missing username in acl_file \"F\", line 2."},
        {"user   ", "Error: Missing username in acl_file \"F\", line 2."},
        {"topic", "Error: Empty topic in acl_file \"F\", line 2."},
        {"pattern  ", "Error: Empty topic in acl_file \"F\", line 2."},
        {"topic foo a", "Error: Invalid topic access type \"foo\" in acl_file \"F\", line 2."},
        {"topic Read a",
         "Error: Invalid topic access type \"Read\" in acl_file \"F\", line 2. Did you mean "
         "'read'?"},
        {"topic read a/#/b", "Error: Invalid ACL topic \"a/#/b\" in acl_file \"F\", line 2."},
        {"pattern read a+", "Error: Invalid ACL topic \"a+\" in acl_file \"F\", line 2."},
        {"bogus x", "Error: Invalid line in acl_file \"F\", line 2: bogus."},
        {"topic\ta",
         "Error: Invalid line in acl_file \"F\", line 2: topic\ta. Did you mean 'topic'?"},
        {std::string("topic read a\0b", 14), ""},
        {"topic read " + std::string(70000, 'x'), ""},
        {"topic read " + std::string(300, '/'), ""},
    };
    for (const auto& [line, text] : cases) {
        auto parsed = AclFile::parse("topic read #\n" + line + "\n", "F");
        ASSERT_FALSE(parsed.ok()) << line.substr(0, 40);
        EXPECT_EQ(parsed.error().code, 3);
        if (!text.empty()) {
            EXPECT_EQ(parsed.error().text, text);
        }
    }
}

TEST(AclFile, names_all_wrong_lines_in_one_sentence) {
    auto parsed = AclFile::parse("topik read a\ntopic read b\nuser\ntopic reed c\n", "F");
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.error().text,
              "Error: Invalid line in acl_file \"F\", line 1: topik. Did you mean 'topic'? Wrong "
              "too: lines 3, 4.");
    std::string many;
    for (int i = 0; i < 100; ++i) many += "x\n";
    EXPECT_EQ(
        AclFile::parse(many, "F").error().text,
        "Error: Invalid line in acl_file \"F\", line 1: x. Wrong too: lines 2, 3, 4, 5, 6, 7, "
        "8, 9, 10, 11 and 89 more.");
}

TEST(AclFile, warns_of_patterns_that_do_nothing_special) {
    auto acl = parse("pattern read a/b\npattern read x%u/y\npattern read a/%u\n");
    ASSERT_EQ(acl.warnings().size(), 2U);
    EXPECT_EQ(acl.warnings()[0], "Warning: ACL pattern 'a/b' does not contain '%c' or '%u'.");
    EXPECT_NE(acl.warnings()[1].find("'x%u' is taken literally"), std::string::npos);
    EXPECT_FALSE(acl.decide("bob", "c", Access::Read, "xbob/y").is_allowed);
}

TEST(AclFile, explains_what_came_close) {
    auto acl = parse("user bob\ntopic read a/#\npattern write in/%u\n");
    auto told = [&](std::string_view user, Access access, std::string_view topic) {
        return acl.explain(user, "c1", access, topic);
    };
    EXPECT_EQ(told("bob", Access::Read, "a/b"),
              "Allowed: user 'bob' with client id 'c1' may read 'a/b' by F:2: `topic read a/#`.");
    EXPECT_EQ(told("bob", Access::Write, "a/b"),
              "Denied: user 'bob' with client id 'c1' may not write 'a/b', since no line of F "
              "allows it. F:2: `topic read a/#` matches, but does not allow to write.");
    EXPECT_NE(told("eve", Access::Read, "a/b").find("no line `user eve`"), std::string::npos);
    EXPECT_NE(told("", Access::Read, "a/b").find("no `topic` line before"), std::string::npos);
    EXPECT_NE(told("e+", Access::Write, "in/e").find("'+' or '#'"), std::string::npos);
    EXPECT_NE(told("bob", Access::Read, "$SYS/x").find("begins with '$'"), std::string::npos);
    EXPECT_NE(told("eve", Access::Read, "in/eve").find("F:3: `pattern write in/%u`"),
              std::string::npos);
}

// A slow model: text substitution and mqtt::matches, line by line.
struct ModelRule {
    std::string user;  // "*": a pattern
    std::string access;
    std::string filter;
};

std::string substitute(std::string_view filter, const std::string& user,
                       const std::string& client) {
    std::string out;
    mqtt::TopicLevels levels(filter);
    for (std::string_view level; levels.next(level);) {
        if (!out.empty() || level.data() != filter.data()) out += '/';
        out += level == "%u" ? user : level == "%c" ? client : std::string(level);
    }
    return out;
}

bool model_allows(const std::vector<ModelRule>& rules, const std::string& user,
                  const std::string& client, const std::string& verb, const std::string& topic) {
    for (bool is_pattern : {false, true}) {
        for (bool is_deny : {true, false}) {
            for (const auto& rule : rules) {
                if ((rule.user == "*") != is_pattern || (rule.access == "deny") != is_deny)
                    continue;
                if (!is_pattern && rule.user != user) continue;
                auto filter = is_pattern ? substitute(rule.filter, user, client) : rule.filter;
                if (is_pattern && user.empty() && rule.filter.find("%u") != std::string::npos)
                    continue;
                if (!mqtt::matches(filter, topic)) continue;
                if (is_deny) return false;
                if (rule.access == "readwrite" || rule.access == verb) return true;
            }
        }
    }
    return false;
}

TEST(AclFile, agrees_with_a_plain_model) {
    std::mt19937 random(20260101);
    auto pick = [&](const std::vector<std::string>& from) { return from[random() % from.size()]; };
    const std::vector<std::string> levels = {"a", "b", "", "+", "%u", "%c", "$x"};
    const std::vector<std::string> names = {"", "a", "b", "a/b", "x"};
    auto path = [&](bool is_filter) {
        std::string text;
        for (std::size_t i = 0, n = 1 + random() % 3; i < n; ++i) {
            auto level = pick(levels);
            if (!is_filter && (level == "+" || level[0] == '%')) level = "b";
            text += (i == 0 ? "" : "/") + level;
        }
        if (is_filter && random() % 3 == 0) text += "/#";
        return text.empty() ? std::string("a") : text;
    };
    int allowed = 0;
    int reached = 0;
    for (int round = 0; round < 3000; ++round) {
        std::vector<ModelRule> rules;
        std::string text;
        for (std::size_t i = 0, n = random() % 6; i < n; ++i) {
            ModelRule rule{pick({"a", "b", "*"}), pick({"read", "write", "readwrite", "deny"}),
                           path(true)};
            if (rule.user != "*") text += "user " + rule.user + "\n";
            text += (rule.user == "*" ? "pattern " : "topic ") + rule.access + " " + rule.filter;
            text += "\n";
            rules.push_back(rule);
        }
        auto acl = parse(text);
        for (int i = 0; i < 20; ++i) {
            auto user = pick(names), client = pick({"a", "b", "a/b"}), topic = path(false);
            auto verb = pick({"read", "write"});
            auto access = verb == "read" ? Access::Read : Access::Write;
            bool is_allowed = acl.decide(user, client, access, topic).is_allowed;
            ASSERT_EQ(is_allowed, model_allows(rules, user, client, verb, topic))
                << text << user << "|" << client << "|" << verb << "|" << topic;
            allowed += is_allowed;
            // What can be read can be reached by each filter that matches it.
            if (!is_allowed || access != Access::Read) continue;
            auto filter = path(true);
            if (filter.find('%') != std::string::npos || !mqtt::matches(filter, topic)) continue;
            ASSERT_TRUE(acl.may_read_any(user, client, filter)) << text << topic << "|" << filter;
            ++reached;
        }
    }
    EXPECT_GT(allowed, 1000);
    EXPECT_GT(reached, 50);
}

TEST(AclFile, names_the_missing_file) {
    auto loaded = AclFile::load("/no/such/dir/acl");
    ASSERT_FALSE(loaded.ok());
    EXPECT_TRUE(
        loaded.error().text.starts_with("Error: Unable to open acl_file \"/no/such/dir/acl\"."));
    EXPECT_EQ(loaded.error().code, 13);
}

}  // namespace
}  // namespace martlet::auth
