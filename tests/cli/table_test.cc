#include "cli/output/table.h"

#include <gtest/gtest.h>

namespace martlet::cli {
namespace {

TEST(Table, ColumnsAreAsWideAsTheyNeedToBe) {
    Table table({"NAME", "STATE"});
    EXPECT_TRUE(table.is_empty());
    table.add({"k", "online"});
    table.add({"kök 🌡", "silent"});
    EXPECT_EQ(table.text(0),
              "NAME   STATE\n"
              "k      online\n"
              "kök 🌡  silent\n");
}

TEST(Table, TheWidestColumnGivesWay) {
    Table table({"CLIENT", "STATE"});
    table.add({std::string(200, 'c'), "online"});
    for (std::size_t width : {20u, 40u, 80u}) {
        std::string text = table.text(width);
        std::string row = text.substr(text.find('\n') + 1);
        EXPECT_TRUE(row.ends_with("…  online\n")) << row;
        EXPECT_EQ(row.size() - 1, width + 2) << "the ellipsis has three bytes";
    }
}

TEST(Table, GivesNoOrdersToTheTerminal) {
    Table table({"NAME"});
    table.add({"a\x1b[31mb"});
    EXPECT_EQ(table.text(0).find('\x1b'), std::string::npos);
}

TEST(Table, AgesAndCountsAreForPeople) {
    EXPECT_EQ(age_text(0), "0 s");
    EXPECT_EQ(age_text(119'999), "119 s");
    EXPECT_EQ(age_text(120'000), "2 min");
    EXPECT_EQ(age_text(3 * 3'600'000), "3 h");
    EXPECT_EQ(age_text(std::int64_t{3} * 86'400'000), "3 days");
    EXPECT_EQ(count_text(0, "device"), "0 devices");
    EXPECT_EQ(count_text(1, "device"), "1 device");
    EXPECT_EQ(count_text(2, "device"), "2 devices");
    EXPECT_EQ(count_text(2, "series", "series"), "2 series");
}

}  // namespace
}  // namespace martlet::cli
