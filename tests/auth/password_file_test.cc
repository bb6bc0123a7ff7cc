#include "auth/password_file.h"

#include "auth/password_edit.h"
#include "base/text.h"
#include "tests/auth/temporary_folder.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace martlet::auth {
namespace {

const std::string kHash =
    "$6$njERlZMi/7DzNB9E$iiavfuXvUm8iyDZArTy7smTxh07GXXOrOsqxfW6gkOYVXHGk+W+i/"
    "8d3xDxrMwEPygEBhoA8A/gjQC0N2M4Lkw==";  // "test"

std::string error_of(const std::string& text) {
    auto parsed = PasswordFile::parse(text, "F", true);
    return parsed ? "no error" : parsed.error().text;
}

TEST(PasswordFile, reads_users_comments_and_blank_lines) {
    auto parsed = PasswordFile::parse(
        "#comment\n\nbob:" + kHash + "\r\n al ice :" + kHash + ":ignored\nno colon here\n", "F");
    ASSERT_TRUE(parsed.ok()) << parsed.error().text;
    const auto& file = parsed.value();
    EXPECT_EQ(file.size(), 2U);
    ASSERT_NE(file.find("bob"), nullptr);
    EXPECT_TRUE(file.find("bob")->verify(as_bytes("test")));
    EXPECT_NE(file.find("al ice"), nullptr);
    EXPECT_EQ(file.find("Bob"), nullptr);
    EXPECT_EQ(file.find(""), nullptr);
    ASSERT_NE(file.decoy(), nullptr);
    EXPECT_FALSE(file.decoy()->verify(as_bytes("test")));
}

TEST(PasswordFile, may_be_empty) {
    auto parsed = PasswordFile::parse("", "F");
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(parsed.value().decoy(), nullptr);
}

// hardening 12: a malformed line never is a user without a password.
TEST(PasswordFile, hardening_12_a_damaged_line_lets_nobody_in) {
    for (const char* line :
         {"bad:", "bad:bad", "bad:$", "bad:$6", "bad:$6$", "bad:$6$njERlZMi/7DzNB9E",
          "bad:$6$njERlZMi/7DzNB9E$", "bad: ", "bad:$2y$10$abcdefghijklmnopqrstuv"}) {
        std::string text = "bob:" + kHash + "\n" + line + "\n";
        auto parsed = PasswordFile::parse(text, "F");
        ASSERT_TRUE(parsed.ok()) << line;
        const PasswordFile& file = parsed.value();
        EXPECT_NE(file.find("bob"), nullptr) << line;
        EXPECT_EQ(file.find("bad"), nullptr) << line;
        EXPECT_TRUE(file.is_wrong("bad")) << line;
        ASSERT_EQ(file.warnings().size(), 1U) << line;
        EXPECT_TRUE(
            file.warnings()[0].starts_with("Warning: Password file 'F', line 2: user "
                                           "'bad': "))
            << file.warnings()[0];
        EXPECT_TRUE(error_of(text).starts_with("Error: Password file 'F', line 2: user 'bad': "))
            << line << ": " << error_of(text);
    }
}

TEST(PasswordFile, a_line_without_a_name_lets_nobody_in) {
    for (const std::string& name :
         {std::string(""), std::string("  "), std::string("a\tb"), std::string("a\0b", 3)}) {
        auto parsed = PasswordFile::parse(name + ":" + kHash, "F");
        ASSERT_TRUE(parsed.ok());
        EXPECT_EQ(parsed.value().size(), 0U);
        EXPECT_EQ(parsed.value().decoy(), nullptr);
        EXPECT_EQ(parsed.value().warnings().size(), 1U);
        EXPECT_TRUE(error_of(name + ":" + kHash).starts_with("Error: Password file 'F', line 1: "));
    }
}

// As in mosquitto 2.0.11. A last line that is wrong counts too: an old password above it would stay
// in force after a slip.
TEST(PasswordFile, the_last_line_of_a_user_counts) {
    const std::string old =
        PasswordHash::make(HashScheme::Sha512, 0, as_bytes("old")).value().encode();
    auto parsed = PasswordFile::parse("bob:" + old + "\nbob :" + kHash + "\n", "F");
    ASSERT_TRUE(parsed.ok());
    EXPECT_TRUE(parsed.value().find("bob")->verify(as_bytes("test")));
    ASSERT_EQ(parsed.value().warnings().size(), 1U);
    EXPECT_EQ(parsed.value().warnings()[0],
              "Warning: Password file 'F', line 2: user 'bob' stands above already; the last line "
              "counts.");
    EXPECT_EQ(error_of("bob:" + kHash + "\nbob :" + kHash),
              "Error: Password file 'F', line 2: user 'bob' stands above already.");

    auto slip = PasswordFile::parse("bob:" + old + "\nbob:clear\n", "F");
    ASSERT_TRUE(slip.ok());
    EXPECT_EQ(slip.value().find("bob"), nullptr);
    auto mended = PasswordFile::parse("bob:clear\nbob:" + kHash + "\n", "F");
    ASSERT_TRUE(mended.ok());
    EXPECT_NE(mended.value().find("bob"), nullptr);
    EXPECT_FALSE(mended.value().is_wrong("bob"));
}

TEST(PasswordFile, warnings_have_a_bound) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += fmt::format("u{}:x\n", i);
    auto parsed = PasswordFile::parse(text, "F");
    ASSERT_TRUE(parsed.ok());
    ASSERT_EQ(parsed.value().warnings().size(), 21U);
    EXPECT_EQ(parsed.value().warnings().back(),
              "Warning: Password file 'F': 980 more lines are wrong.");
}

// hardening 21: a line that cannot be decoded is often a password in clear.
TEST(PasswordFile, hardening_21_tells_no_secret) {
    EXPECT_EQ(error_of("bob:canary-secret").find("canary"), std::string::npos);
    auto parsed = PasswordFile::parse("canary-secret\nbob:canary-secret\n", "F");
    ASSERT_TRUE(parsed.ok());
    ASSERT_EQ(parsed.value().warnings().size(), 2U);
    for (const std::string& warning : parsed.value().warnings())
        EXPECT_EQ(warning.find("canary"), std::string::npos) << warning;
}

// M3.12: the configuration names passwdcode, the command created passwd.
TEST(PasswordFile, m3_12_names_the_file_that_is_there) {
    TemporaryFolder folder;
    folder.write("passwd", "bob:" + kHash + "\n");
    folder.write("mosquitto.conf", "listener 1883\n");
    auto loaded = PasswordFile::load(folder.path("passwdcode"));
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().code, 13);
    EXPECT_EQ(loaded.error().text, "Error: Unable to open pwfile \"" + folder.path("passwdcode") +
                                       "\". No such file or directory. There is \"" +
                                       folder.path("passwd") + "\": is that the one you mean?");
}

TEST(PasswordFile, names_a_file_that_looks_like_passwords) {
    TemporaryFolder folder;
    folder.write("mosquitto.conf", "listener 1883\n");
    folder.write("logins", "# who\nbob:" + kHash + "\n");
    auto text = PasswordFile::load(folder.path("secrets.txt")).error().text;
    EXPECT_NE(text.find("\"" + folder.path("logins") + "\""), std::string::npos) << text;
}

TEST(PasswordFile, names_nothing_where_nothing_fits) {
    TemporaryFolder folder;
    folder.write("mosquitto.conf", "listener 1883\n");
    auto text = PasswordFile::load(folder.path("passwd")).error().text;
    EXPECT_TRUE(text.ends_with("No such file or directory.")) << text;
    EXPECT_TRUE(PasswordFile::load(folder.path("")).error().text.ends_with("Is a directory."));
}

TEST(PasswordEdit, keeps_what_is_not_concerned) {
    auto hash = PasswordHash::decode(kHash).value();
    std::string before = "# who\n\nbob:" + kHash + "\nal:" + kHash;
    auto added = set_password(before, "new", hash);
    EXPECT_EQ(added.value(), before + "\nnew:" + kHash + "\n");
    auto changed = set_password("bob:x\nbob:y\nal:z\n", "bob", hash);
    EXPECT_EQ(changed.value(), "bob:" + kHash + "\nal:z\n");
    EXPECT_EQ(remove_user(before, "bob").value(), "# who\n\nal:" + kHash + "\n");
    EXPECT_EQ(remove_user(before, "eve").error().text,
              "Warning: User eve not found in password file.");
}

TEST(PasswordEdit, refuses_a_file_that_is_no_password_file) {
    auto hash = PasswordHash::decode(kHash).value();
    for (const char* line : {"listener 1883", "bob:", ":x", ":"}) {
        auto text = std::string("# c\nbob:x\n") + line + "\n";
        EXPECT_EQ(set_password(text, "u", hash).error().text,
                  "Error: Corrupt password file at line 3.");
        EXPECT_FALSE(remove_user(text, "bob").ok());
        EXPECT_FALSE(hash_passwords(text, HashScheme::Sha512, 0).ok());
    }
}

TEST(PasswordEdit, hashes_only_what_is_in_clear) {
    auto edited = hash_passwords("# c\nbob:pa:ss \r\nal:" + kHash + "\n", HashScheme::Sha512, 0);
    ASSERT_TRUE(edited.ok());
    EXPECT_TRUE(edited.value().starts_with("# c\nbob:$6$"));
    EXPECT_TRUE(edited.value().ends_with("\nal:" + kHash + "\n"));
    auto file = PasswordFile::parse(edited.value(), "F");
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(file.value().find("bob")->verify(as_bytes("pa:ss")));
}

}  // namespace
}  // namespace martlet::auth
