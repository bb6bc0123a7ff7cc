#include "cli/acl.h"

#include "tests/auth/temporary_folder.h"

#include <gtest/gtest.h>

namespace martlet::cli {
namespace {

struct Outcome {
    int code = -1;
    std::string out;
    std::string err;
};

Outcome run(std::vector<std::string> words) {
    words.insert(words.begin(), "martlet acl");
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Outcome outcome;
    outcome.code = acl_main(static_cast<int>(argv.size()), argv.data());
    outcome.out = testing::internal::GetCapturedStdout();
    outcome.err = testing::internal::GetCapturedStderr();
    return outcome;
}

TEST(Acl, explains_from_an_acl_file) {
    TemporaryFolder folder;
    auto file = folder.write("acl", "user bob\ntopic read a/#\n");
    auto allowed = run({"explain", "--acl-file", file, "-u", "bob", "-i", "c1", "read", "a/b"});
    EXPECT_EQ(allowed.code, 0);
    EXPECT_EQ(allowed.out, "Allowed: user 'bob' with client id 'c1' may read 'a/b' by " + file +
                               ":2: `topic read a/#`.\n");
    auto denied = run({"explain", "--acl-file", file, "-i", "c1", "write", "a/b"});
    EXPECT_EQ(denied.code, 1);
    EXPECT_TRUE(denied.out.starts_with("Denied: anonymous client 'c1' may not write 'a/b'"));
}

TEST(Acl, explains_from_a_configuration) {
    TemporaryFolder folder;
    auto acl = folder.write("acl", "user bob\ntopic read a/#\n");
    auto conf = folder.write("conf", "listener 1883\nacl_file " + acl + "\n");
    auto allowed = run({"explain", "-c", conf, "-u", "bob", "-i", "c1", "read", "a/b"});
    EXPECT_EQ(allowed.code, 0) << allowed.err;
    EXPECT_NE(allowed.out.find(acl + ":2: `topic read a/#`"), std::string::npos) << allowed.out;
    auto open = folder.write("open", "listener 1883\n");
    auto everything = run({"explain", "-c", open, "write", "a/b"});
    EXPECT_EQ(everything.code, 0);
    EXPECT_NE(everything.out.find("no acl_file: everything is allowed"), std::string::npos);
}

TEST(Acl, explains_a_subscription) {
    TemporaryFolder folder;
    auto file = folder.write(
        "acl", "user bob\ntopic read home/+/temperature\ntopic deny home/safe/#\ntopic write up\n");
    auto some = run({"explain", "--acl-file", file, "-u", "bob", "subscribe", "home/#"});
    EXPECT_EQ(some.code, 0);
    EXPECT_TRUE(some.out.starts_with("Allowed: a subscription of user 'bob'")) << some.out;
    EXPECT_NE(some.out.find(":2: `topic read home/+/temperature`"), std::string::npos) << some.out;
    EXPECT_NE(some.out.find("nothing of  home/safe/#"), std::string::npos) << some.out;
    EXPECT_EQ(some.out.find("write up"), std::string::npos) << some.out;
    auto none = run({"explain", "--acl-file", file, "-u", "bob", "subscribe", "garden/#"});
    EXPECT_EQ(none.code, 1);
    EXPECT_TRUE(none.out.starts_with("Denied: user 'bob'")) << none.out;
    auto shut = run({"explain", "--acl-file", file, "-u", "bob", "subscribe", "home/safe/+"});
    EXPECT_EQ(shut.code, 1);
    EXPECT_NE(shut.out.find(":3: `topic deny home/safe/#`"), std::string::npos) << shut.out;
}

TEST(Acl, says_all_that_a_client_may_do) {
    TemporaryFolder folder;
    auto file = folder.write("acl",
                             "user bob\ntopic a/#\ntopic read b\n\npattern write up/%u/%c\n"
                             "user eve\ntopic c\n");
    auto all = run({"explain", "--acl-file", file, "-u", "bob", "-i", "c1"});
    EXPECT_EQ(all.code, 0);
    EXPECT_NE(all.out.find("  read and write a/#"), std::string::npos) << all.out;
    EXPECT_NE(all.out.find("  read           b"), std::string::npos) << all.out;
    EXPECT_NE(all.out.find("  write          up/bob/c1"), std::string::npos) << all.out;
    EXPECT_EQ(all.out.find("topic c"), std::string::npos) << all.out;
    auto nobody =
        run({"explain", "--acl-file", folder.write("other", "user eve\ntopic c\n"), "-u", "bob"});
    EXPECT_EQ(nobody.code, 0);
    EXPECT_NE(nobody.out.find("neither read nor write"), std::string::npos) << nobody.out;
    EXPECT_NE(nobody.out.find("no line `user bob`"), std::string::npos) << nobody.out;
}

TEST(Acl, says_what_it_needs) {
    struct Row {
        std::vector<std::string> words;
        std::string error;
    };
    for (const auto& row : std::vector<Row>{
             {{}, "Missing command: explain."},
             {{"show"}, "There is no 'show': say explain."},
             {{"explain"}, "Name the rules"},
             {{"explain", "--acl-file"}, "--acl-file needs a value"},
             {{"explain", "--acl-file", "f", "read"}, "read which topic?"},
             {{"explain", "--acl-file", "f", "subscribe"}, "subscribe which filter?"},
             {{"explain", "--acl-file", "f", "listen", "a"}, "There is no action 'listen'"},
             {{"explain", "read", "a"}, "Name the rules"},
             {{"explain", "--acl-file", "f", "-c", "g", "read", "a"}, "one of the two"},
             {{"explain", "--acl-file", "f", "read", "a", "b"}, "'b' is not expected here."},
             {{"explain", "--acl-file", "f", "-x", "read", "a"}, "Unknown option '-x'."},
             {{"explain", "--acl-fil", "f", "read", "a"}, "Did you mean '--acl-file'?"},
             {{"explain", "--acl-file", "f", "read", "a/#"}, "for a filter say subscribe"},
             {{"explain", "--acl-file", "f", "subscribe", "a/#/b"}, "is no topic filter"}}) {
        auto outcome = run(row.words);
        EXPECT_EQ(outcome.code, 3);
        EXPECT_TRUE(outcome.err.starts_with("Error: ")) << outcome.err;
        EXPECT_NE(outcome.err.find(row.error), std::string::npos) << outcome.err;
        EXPECT_TRUE(outcome.err.ends_with("Use 'martlet acl --help' to see usage.\n"));
    }
    auto missing = run({"explain", "--acl-file", "/no/f", "read", "a"});
    EXPECT_EQ(missing.code, 3);
    EXPECT_TRUE(missing.err.starts_with("Error: Unable to open acl_file \"/no/f\"."));
}

}  // namespace
}  // namespace martlet::cli
