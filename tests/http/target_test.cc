// Paths and queries: what is decoded, and what is refused before anybody sees it.

#include "http/target.h"

#include <gtest/gtest.h>

namespace martlet::http {
namespace {

TEST(Target, WhatIsRefused) {
    for (std::string_view text : {
             "",
             "*",
             "a",
             "/a/../b",
             "/..",
             "/.",
             "/a/.",
             "/%2e%2e/etc/passwd",
             "/%2E%2e%2fetc",
             "/a%2f..%2fb",
             "/a%5c..%5cb",
             "/a\\..\\b",
             "/a%00b",
             "/a%0d%0aSet-Cookie:x",
             "/%",
             "/%4",
             "/%zz",
             "/a?b=%4",
             "/a?%00=b",
             "/a?b=c%00",
             "/a#b",
             "http:///a",
             "http://h",
             "https://h/a",
             "file:///etc/passwd",
         })
        EXPECT_FALSE(read_target(text)) << text;
    std::string many = "/?";
    for (int i = 0; i < 101; i++) many += "a=b&";
    EXPECT_FALSE(read_target(many));
}

TEST(Target, WhatIsRead) {
    auto target = read_target("/api/v1/a%2Fb/c%20d//?f=a/+/b%23&empty&x=1=2&&");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, "/api/v1/a/b/c d//");
    EXPECT_EQ(target->segments, (std::vector<std::string>{"api", "v1", "a/b", "c d", "", ""}));
    EXPECT_EQ(target->query, (Fields{{"f", "a/+/b#"}, {"empty", ""}, {"x", "1=2"}}));
    EXPECT_EQ(read_target("/")->segments, (std::vector<std::string>{""}));
    EXPECT_EQ(read_target("/...")->path, "/...");
    EXPECT_EQ(read_target("http://host:1/a?b")->authority, "host:1");
    EXPECT_EQ(read_target("http://host:1/a?b")->path, "/a");
}

}  // namespace
}  // namespace martlet::http
