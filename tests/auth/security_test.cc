#include "auth/security.h"

#include "tests/auth/temporary_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

namespace martlet::auth {
namespace {

const std::string kBob =
    "bob:$6$njERlZMi/7DzNB9E$iiavfuXvUm8iyDZArTy7smTxh07GXXOrOsqxfW6gkOYVXHGk+W+i/"
    "8d3xDxrMwEPygEBhoA8A/gjQC0N2M4Lkw==\n";  // "test"

std::shared_ptr<const Security> open(const Options& options) {
    auto opened = Security::open(options);
    if (opened) return std::move(opened).value();
    ADD_FAILURE() << opened.error().text;
    return Security::open({}).value();
}

Options files(const std::string& password_file, std::optional<std::string> acl_file = {}) {
    Options options;
    options.password_file = password_file;
    options.acl_file = std::move(acl_file);
    return options;
}

Options anonymous_allowed(const std::string& password_file = "") {
    auto options = files(password_file);
    options.allow_anonymous = true;
    return options;
}

Credentials anonymous(std::string_view client_id) {
    Credentials credentials;
    credentials.client_id = client_id;
    return credentials;
}

Credentials without_password(std::string_view user_name) {
    auto credentials = anonymous("c1");
    credentials.has_user_name = true;
    credentials.user_name = user_name;
    return credentials;
}

Credentials login(std::string_view user_name, std::string_view password) {
    return {"c1", true, user_name, true, as_bytes(password)};
}

// What the broker makes of it in the end.
bool lets_in(const Security& security, const Credentials& credentials) {
    auto result = security.admit(credentials);
    if (result.admission != Admission::CheckHash) {
        EXPECT_EQ(result.hash, nullptr);
        return result.admission == Admission::Accepted;
    }
    if (result.hash == nullptr) return false;
    return result.hash->verify(credentials.password);
}

// Each row as Debian's mosquitto answers it.
TEST(Security, admits_as_mosquitto_does) {
    TemporaryFolder folder;
    auto file = folder.write("passwd", kBob);
    auto nobody = anonymous("c1");
    auto no_password = without_password("bob");
    for (bool allow_anonymous : {false, true}) {
        auto with_file = open(allow_anonymous ? anonymous_allowed(file) : files(file));
        EXPECT_EQ(lets_in(*with_file, nobody), allow_anonymous);
        EXPECT_EQ(lets_in(*with_file, login("", "")), allow_anonymous);
        EXPECT_TRUE(lets_in(*with_file, login("bob", "test")));
        EXPECT_FALSE(lets_in(*with_file, login("bob", "Test")));
        EXPECT_FALSE(lets_in(*with_file, login("bob", "")));
        EXPECT_FALSE(lets_in(*with_file, no_password));
        EXPECT_FALSE(lets_in(*with_file, login("eve", "test")));
        EXPECT_FALSE(lets_in(*with_file, without_password("eve")));
        auto without_file = open(allow_anonymous ? anonymous_allowed() : files(""));
        EXPECT_EQ(lets_in(*without_file, nobody), allow_anonymous);
        EXPECT_EQ(lets_in(*without_file, login("bob", "anything")), allow_anonymous);
        EXPECT_EQ(lets_in(*without_file, no_password), allow_anonymous);
    }
}

TEST(Security, says_why_for_the_log) {
    TemporaryFolder folder;
    auto security = open(files(folder.write("passwd", kBob)));
    EXPECT_EQ(security->admit(login("bob", "x")).why, "wrong password");
    EXPECT_EQ(security->admit(login("eve", "x")).why, "unknown user name");
    EXPECT_EQ(security->admit(login("eve", "x")).admission, Admission::CheckHash);
    EXPECT_EQ(security->admit(anonymous("c1")).admission, Admission::NotAuthorized);
    EXPECT_FALSE(security->admit(anonymous("c1")).why.empty());
}

TEST(Security, refuses_client_ids_without_the_prefix) {
    auto options = anonymous_allowed();
    options.clientid_prefixes = "dev-";
    auto security = open(options);
    EXPECT_EQ(security->admit(anonymous("dev-1")).admission, Admission::Accepted);
    EXPECT_EQ(security->admit(anonymous("dev-")).admission, Admission::Accepted);
    EXPECT_EQ(security->admit(anonymous("de")).admission, Admission::NotAuthorized);
    EXPECT_EQ(security->admit(anonymous("xdev-1")).admission, Admission::NotAuthorized);
    EXPECT_EQ(security->admit(anonymous("")).admission, Admission::NotAuthorized);
}

TEST(Security, allows_everything_without_an_acl_file) {
    auto security = open(anonymous_allowed());
    EXPECT_FALSE(security->has_acl());
    EXPECT_TRUE(security->decide("", "c", Access::Write, "a").is_allowed);
    EXPECT_TRUE(security->may_read_any("", "c", "#"));
}

// hardening 12: an empty ACL file denies, and no error widens anything.
TEST(Security, hardening_12_never_opens_the_door) {
    TemporaryFolder folder;
    auto security = open(files("", folder.write("acl", "")));
    EXPECT_TRUE(security->has_acl());
    EXPECT_FALSE(security->decide("", "c", Access::Read, "a").is_allowed);
    EXPECT_FALSE(security->may_read_any("", "c", "#"));

    auto empty = open(files(folder.write("none", "# nobody yet\n")));
    EXPECT_FALSE(lets_in(*empty, login("bob", "test")));
    EXPECT_FALSE(lets_in(*empty, anonymous("c1")));

    EXPECT_FALSE(Security::open(files("", folder.path("missing"))).ok());
    EXPECT_FALSE(Security::open(files("", "")).ok());
    EXPECT_FALSE(Security::open(files("", folder.write("bad", "topik a\n"))).ok());
    EXPECT_FALSE(Security::open(files(folder.path("missing"))).ok());
    auto worse = files(folder.write("worse", "bob:x\n"));
    EXPECT_FALSE(lets_in(*open(worse), login("bob", "x")));
    EXPECT_FALSE(lets_in(*open(worse), anonymous("c1")));
    worse.is_strict = true;
    EXPECT_FALSE(Security::open(worse).ok());
    EXPECT_FALSE(Security::open(files(folder.path(""))).ok());
}

// One user's line is one user's problem, and the log says whose.
TEST(Security, a_wrong_line_of_the_password_file_shuts_out_its_user_only) {
    TemporaryFolder folder;
    auto good = PasswordHash::make(HashScheme::Sha512, 0, as_bytes("test")).value().encode();
    auto before = open(files(folder.write("p1", "ann:" + good + "\ncarl:" + good + "\n")));
    auto after = open(files(folder.write("p2", "ann:" + good + "\ncarl:clear\n")));
    EXPECT_TRUE(lets_in(*after, login("ann", "test")));
    EXPECT_FALSE(lets_in(*after, login("carl", "test")));
    EXPECT_FALSE(lets_in(*after, login("carl", "clear")));
    EXPECT_EQ(after->admit(login("carl", "clear")).why,
              "the line of this user in the password file is wrong");
    EXPECT_TRUE(after->still_admits(*before, "ann"));
    EXPECT_FALSE(after->still_admits(*before, "carl"));
    EXPECT_NE(after->warnings().at(0).find("line 2: user 'carl'"), std::string::npos);
}

// The reference program's own files, written while the test runs.
TEST(Security, reads_what_mosquitto_passwd_writes) {
    if (std::system("command -v mosquitto_passwd >/dev/null 2>&1") != 0)
        GTEST_SKIP() << "mosquitto_passwd is not installed";
    TemporaryFolder folder;
    auto file = folder.path("passwd");
    for (const char* command : {"-c -b FILE one 'p w'", "-H sha512 -b FILE two pw2",
                                "-I 250 -b FILE three 'ü'", "-b FILE one changed"}) {
        std::string line = std::string("mosquitto_passwd ") + command;
        line.replace(line.find("FILE"), 4, file);
        ASSERT_EQ(std::system(line.c_str()), 0) << line;
    }
    auto security = open(files(file));
    EXPECT_TRUE(lets_in(*security, login("one", "changed")));
    EXPECT_FALSE(lets_in(*security, login("one", "p w")));
    EXPECT_TRUE(lets_in(*security, login("two", "pw2")));
    EXPECT_TRUE(lets_in(*security, login("three", "ü")));
}

}  // namespace
}  // namespace martlet::auth
