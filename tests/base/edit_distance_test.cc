#include "base/edit_distance.h"

#include <gtest/gtest.h>

#include <array>

namespace martlet {
namespace {

TEST(EditDistance, CountsLettersThatDiffer) {
    EXPECT_EQ(edit_distance("", ""), 0u);
    EXPECT_EQ(edit_distance("abc", ""), 3u);
    EXPECT_EQ(edit_distance("listner", "listener"), 1u);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
    EXPECT_EQ(edit_distance("sitting", "kitten"), 3u);
}

TEST(EditDistance, TheNearestWordIsTheOneMeant) {
    constexpr std::array<std::string_view, 4> kWords = {"account", "passwd", "clients", "token"};
    EXPECT_EQ(nearest_word("acount", kWords), "account");
    EXPECT_EQ(nearest_word("client", kWords), "clients");
    EXPECT_EQ(nearest_word("bogus", kWords), "");
    EXPECT_EQ(nearest_word("", kWords), "");
    EXPECT_EQ(nearest_word(std::string(1000, 'a'), kWords), "");
}

}  // namespace
}  // namespace martlet
