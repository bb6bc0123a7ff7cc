#include "telemetry/ledger_text.h"

#include <gtest/gtest.h>

namespace martlet::telemetry {
namespace {

using namespace std::string_view_literals;

TEST(LedgerText, TextOfSeveralLinesStaysAsItIs) {
    EXPECT_TRUE(is_storable_text("Hej!\nVi ses\tkl. 8\r\n", 100));
    EXPECT_EQ(storable_text("a\nå\xff", 100), "a\nå\xef\xbf\xbd");
    EXPECT_TRUE(is_storable_text("", 0));
    EXPECT_TRUE(is_storable_text("\n", 1));
}

TEST(LedgerText, OtherControlCharactersAndHalfLettersDoNot) {
    EXPECT_FALSE(is_storable_text("a\0b"sv, 100));
    EXPECT_FALSE(is_storable_text("a\x1b[1m", 100));
    EXPECT_FALSE(is_storable_text("ok\nå\xc3", 100));
    EXPECT_EQ(storable_text("a\0b"sv, 100),
              "a\xef\xbf\xbd"
              "b");
}

TEST(LedgerText, IsCutBetweenLetters) {
    EXPECT_FALSE(is_storable_text("ååå", 5));
    EXPECT_EQ(storable_text("ååå", 5), "åå");
    EXPECT_TRUE(is_storable_text("ååå", 6));
}

}  // namespace
}  // namespace martlet::telemetry
