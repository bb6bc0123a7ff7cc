#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace martlet {
namespace {

std::string text_of(std::string_view value) {
    std::string out;
    JsonWriter(out).text(value);
    return out;
}

std::string number_of(double value) {
    std::string out;
    JsonWriter(out).number(value);
    return out;
}

TEST(JsonWriter, CommasComeByThemselves) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().key("a").integer(-1).key("b").begin_array();
    json.integer(1).text("x").null().begin_object().end_object().boolean(true).end_array();
    json.key("c").begin_array().end_array().key("d").raw("{\"e\":2}").end_object();
    EXPECT_EQ(out, R"({"a":-1,"b":[1,"x",null,{},true],"c":[],"d":{"e":2}})");
}

TEST(JsonWriter, TextIsEscaped) {
    EXPECT_EQ(text_of("a\"b\\c\n\r\t"), R"("a\"b\\c\n\r\t")");
    EXPECT_EQ(text_of(std::string_view("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
    // What could end a script element.
    EXPECT_EQ(text_of("</script>&"), R"("\u003c/script>\u0026")");
    EXPECT_EQ(text_of("åäö 📡"), "\"åäö 📡\"");
}

TEST(JsonWriter, WhatIsNotUtf8IsMended) {
    EXPECT_EQ(text_of("a\xff"
                      "b"),
              "\"a\xef\xbf\xbd"
              "b\"");
    EXPECT_EQ(text_of("\xc3"), "\"\xef\xbf\xbd\"");             // cut short
    EXPECT_EQ(text_of("\xc0\x80").size(), 2u + 2 * 3);          // longer than it must be
    EXPECT_EQ(text_of("\xed\xa0\x80").size(), 2u + 3 * 3);      // a surrogate
    EXPECT_EQ(text_of("\xf4\x90\x80\x80").size(), 2u + 4 * 3);  // beyond the last
}

TEST(JsonWriter, NumbersReadBackAsTheSame) {
    EXPECT_EQ(number_of(0.1), "0.1");
    EXPECT_EQ(number_of(21), "21");
    EXPECT_EQ(number_of(-1e300), "-1e+300");
    EXPECT_EQ(number_of(std::nan("")), "null");
    EXPECT_EQ(number_of(std::numeric_limits<double>::infinity()), "null");
    std::string out;
    JsonWriter(out).integer(INT64_MIN);
    EXPECT_EQ(out, "-9223372036854775808");
}

}  // namespace
}  // namespace martlet
