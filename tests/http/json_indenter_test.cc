#include "http/answers/json_indenter.h"

#include <gtest/gtest.h>

namespace martlet::http {
namespace {

constexpr std::string_view kPlain =
    R"({"a":1,"text":"x, {y}: \"[\" \\","none":[],"empty":{},"rows":[[1,2],{"b":null}]})";
constexpr std::string_view kIndented = R"({
  "a": 1,
  "text": "x, {y}: \"[\" \\",
  "none": [],
  "empty": {},
  "rows": [
    [
      1,
      2
    ],
    {
      "b": null
    }
  ]
})";

TEST(JsonIndenter, SetsMembersOnLinesAndLeavesTextsAlone) {
    std::string out;
    JsonIndenter().feed(kPlain, out);
    EXPECT_EQ(out, kIndented);
}

TEST(JsonIndenter, TakesTheTextCutAnywhere) {
    for (std::size_t size = 1; size < kPlain.size(); size++) {
        std::string out;
        JsonIndenter indenter;
        for (std::size_t at = 0; at < kPlain.size(); at += size)
            indenter.feed(kPlain.substr(at, size), out);
        EXPECT_EQ(out, kIndented) << size;
    }
}

TEST(JsonIndenter, WhatIsIndentedStaysSo) {
    std::string out;
    JsonIndenter().feed(kIndented, out);
    EXPECT_EQ(out, kIndented);
}

}  // namespace
}  // namespace martlet::http
