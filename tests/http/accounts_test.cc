// Accounts in their file, sessions and attempts at their bounds.

#include "http/accounts/accounts.h"

#include "http/accounts/attempts.h"
#include "http/accounts/log_ins.h"
#include "http/json_body.h"
#include "tests/auth/temporary_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sys/stat.h>

namespace martlet::http {
namespace {

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::unique_ptr<Accounts> opened(const std::string& path) {
    auto accounts = Accounts::open(path);
    EXPECT_TRUE(accounts.ok());
    return accounts.ok() ? std::move(accounts).value() : nullptr;
}

TEST(AccountsFile, WhatWasMadeIsThereAfterARestart) {
    TemporaryFolder folder;
    std::string path = folder.path("accounts.json");
    std::string secret;
    {
        auto accounts = opened(path);
        EXPECT_TRUE(accounts->is_empty());
        EXPECT_EQ(accounts->add_first("ann", "correct horse"), Change::Made);
        EXPECT_EQ(accounts->add_first("bob", "correct horse"), Change::Exists);
        EXPECT_EQ(accounts->add("bob", Role::Viewer, "battery staple"), Change::Made);
        Token token{"", "grafana \"<", Role::Viewer, "", "ann", 5, 0};
        EXPECT_EQ(accounts->add_token(token, secret), Change::Made);
    }
    struct stat facts {};
    ASSERT_EQ(stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u) << "also when it is root who writes";
    std::string text = content_of(path);
    for (std::string_view word : {std::string_view("correct horse"), std::string_view(secret)})
        EXPECT_EQ(text.find(word), text.npos);
    auto accounts = opened(path);
    EXPECT_TRUE(accounts->verified("ann", "correct horse"));
    EXPECT_FALSE(accounts->verified("ann", "battery staple"));
    EXPECT_FALSE(accounts->verified("eve", "correct horse"));
    EXPECT_FALSE(accounts->verified("ann", ""));
    EXPECT_EQ(accounts->role_of("bob"), Role::Viewer);
    auto token = accounts->find_token(secret, 0);
    ASSERT_TRUE(token);
    EXPECT_EQ(token->name, "grafana \"<");
    EXPECT_FALSE(accounts->find_token(token->fingerprint, 0));
    EXPECT_FALSE(accounts->find_token("", 0));
}

TEST(AccountsFile, AFileThatIsNotOursIsKept) {
    TemporaryFolder folder;
    std::string path = folder.path("accounts.json");
    for (std::string_view text :
         {"", "{", "[]", "{}", R"({"accounts":[],"tokens":{}})", R"({"accounts":[1],"tokens":[]})",
          R"({"accounts":[{"name":"a","role":"god","password_hash":"x"}],"tokens":[]})"}) {
        std::ofstream(path) << text;
        auto accounts = Accounts::open(path);
        EXPECT_FALSE(accounts.ok()) << text;
        EXPECT_EQ(content_of(path), text);
    }
}

TEST(AccountsFile, WhatCannotBeWrittenIsNotMade) {
    TemporaryFolder folder;
    auto accounts = opened(folder.path("no such folder/accounts.json"));
    EXPECT_EQ(accounts->add_first("ann", "correct horse"), Change::NotWritten);
    EXPECT_TRUE(accounts->is_empty());
}

TEST(AccountsFile, ABrokenHashLetsNobodyIn) {
    TemporaryFolder folder;
    std::string path = folder.path("accounts.json");
    std::ofstream(path)
        << R"({"accounts":[{"name":"a","role":"admin","password_hash":""}],"tokens":[]})";
    auto accounts = opened(path);
    EXPECT_FALSE(accounts->verified("a", ""));
    EXPECT_FALSE(accounts->verified("a", "a"));
}

TEST(LogIns, TheOldestMakesRoom) {
    LogIns log_ins;
    Milliseconds wall{0};
    std::string first = log_ins.begin("ann", wall++);
    std::string second = log_ins.begin("ann", wall++);
    for (std::size_t i = 2; i <= LogIns::kMax; i++)
        log_ins.begin("bob" + std::to_string(i % 100), wall++);
    EXPECT_FALSE(log_ins.find(first, wall));
    EXPECT_TRUE(log_ins.find(second, wall));
    log_ins.end_all("bob5", "");
    EXPECT_TRUE(log_ins.find(second, wall));
    log_ins.end_all("ann", second);
    EXPECT_TRUE(log_ins.find(second, wall));
    log_ins.end_all("ann", "");
    EXPECT_FALSE(log_ins.find(second, wall));
}

TEST(LogIns, NobodyThrowsTheOthersOut) {
    LogIns log_ins;
    Milliseconds wall{0};
    std::string admins = log_ins.begin("admin", wall++);
    std::string first = log_ins.begin("eve", wall++);
    for (std::size_t i = 1; i < LogIns::kMaxOfAccount; i++) log_ins.begin("eve", wall++);
    EXPECT_TRUE(log_ins.find(first, wall));
    for (std::size_t i = 0; i < LogIns::kMax; i++) log_ins.begin("eve", wall++);
    EXPECT_TRUE(log_ins.find(admins, wall));
    EXPECT_FALSE(log_ins.find(first, wall)) << "her own make room";
}

TEST(Accounts, NobodyElseInheritsAToken) {
    auto accounts = opened("");
    EXPECT_EQ(accounts->add_first("ann", "correct horse"), Change::Made);
    std::string secret;
    // Made by a request that began before bob was removed.
    Token token{"", "late", Role::Admin, "", "bob", 5, 0};
    EXPECT_EQ(accounts->add_token(token, secret), Change::NotFound);
    EXPECT_TRUE(accounts->tokens().empty());
}

TEST(Attempts, AreBoundedAndForgotten) {
    Attempts attempts;
    Milliseconds now{0};
    for (int i = 0; i < 10'000; i++) {
        attempts.failed("192.0.2." + std::to_string(i), "a" + std::to_string(i), now);
        now++;
    }
    EXPECT_LE(attempts.size(), Attempts::kMax);
    for (int i = 0; i < 25; i++) attempts.failed("198.51.100.1", "a" + std::to_string(i), now);
    EXPECT_EQ(attempts.wait("198.51.100.1", "anybody", now), Attempts::kWindow);
    EXPECT_EQ(attempts.wait("198.51.100.2", "anybody", now), Milliseconds(0));
    EXPECT_EQ(attempts.wait("198.51.100.1", "anybody", now + Attempts::kWindow), Milliseconds(0));
    for (int i = 0; i < 100; i++) attempts.failed("203.0.113." + std::to_string(i), "ann", now);
    EXPECT_GT(attempts.wait("198.51.100.3", "ann", now), Milliseconds(0));
}

TEST(JsonBody, Bounds) {
    EXPECT_TRUE(read_json(std::string(32, '[') + std::string(32, ']')).ok());
    EXPECT_FALSE(read_json(std::string(33, '[') + std::string(33, ']')).ok());
    EXPECT_FALSE(read_json(std::string(100'000, '[')).ok());
    std::string many = "[";
    for (int i = 0; i < 100'000; i++) many += "0,";
    EXPECT_FALSE(read_json(many + "0]").ok());
    for (std::string_view text :
         {"", "{", "{\"a\"}", "{\"a\":1,}", "nul", "\"\xff\"", "1 2", "{}x"})
        EXPECT_FALSE(read_json(text).ok()) << text;
}

// Takes a moment, not a minute: nobody must log in to send it.
TEST(JsonBody, AnObjectOfManyMembers) {
    std::string text = "{\"a0\":-1";
    for (int i = 0; i < 90'000; i++) text += ",\"a" + std::to_string(i) + "\":" + std::to_string(i);
    auto json = read_json_object(text + "}");
    ASSERT_TRUE(json.ok());
    EXPECT_EQ(json.value().integer_of("a0"), 0) << "the last of a name counts";
    EXPECT_EQ(json.value().integer_of("a89999"), 89'999);
}

TEST(JsonBody, Values) {
    auto json = read_json_object(
        R"({"t":"ä\u0041","i":-5,"big":18446744073709551615,"r":1.5,"b":true,"n":null,)"
        R"("o":{"a":[1,{"x":2}]},"twice":1,"twice":2})");
    ASSERT_TRUE(json.ok());
    const JsonValue& value = json.value();
    EXPECT_EQ(value.text_of("t"), "äA");
    EXPECT_EQ(value.integer_of("i"), -5);
    EXPECT_FALSE(value.integer_of("big"));
    EXPECT_EQ(value.find("r")->number, 1.5);
    EXPECT_EQ(value.boolean_of("b"), true);
    EXPECT_EQ(value.find("n")->type, JsonValue::Type::Null);
    EXPECT_EQ(value.find("o")->find("a")->items.at(1).integer_of("x"), 2);
    EXPECT_EQ(value.integer_of("twice"), 2);
    EXPECT_FALSE(value.text_of("i"));
    EXPECT_EQ(value.find("none"), nullptr);
    EXPECT_FALSE(read_json_object("[]").ok());
}

}  // namespace
}  // namespace martlet::http
