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

TEST(Acl, says_what_it_needs) {
    for (const auto& words : std::vector<std::vector<std::string>>{
             {},
             {"show"},
             {"explain"},
             {"explain", "--acl-file"},
             {"explain", "--acl-file", "f", "read"},
             {"explain", "--acl-file", "f", "listen", "a"},
             {"explain", "read", "a"},
             {"explain", "--acl-file", "f", "-c", "g", "read", "a"},
             {"explain", "--acl-file", "f", "-x", "read", "a"}}) {
        auto outcome = run(words);
        EXPECT_EQ(outcome.code, 3);
        EXPECT_TRUE(outcome.err.starts_with("Usage: martlet acl explain "));
    }
    EXPECT_EQ(run({"explain", "--acl-file", "/no/f", "read", "a/#"}).code, 3);
    auto missing = run({"explain", "--acl-file", "/no/f", "read", "a"});
    EXPECT_EQ(missing.code, 3);
    EXPECT_TRUE(missing.err.starts_with("Error: Unable to open acl_file \"/no/f\"."));
}

}  // namespace
}  // namespace martlet::cli
