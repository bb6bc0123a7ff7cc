#include "migrate/export_file.h"

#include "migrate/record_line.h"
#include "tests/migrate/folder_for_test.h"

namespace martlet::migrate {
namespace {

class Export : public testing::Test {
  protected:
    std::string error_of(const std::string& lines) {
        folder.write("export", lines);
        auto count = import_export(folder.at("export"), folder.at("db"));
        EXPECT_EQ(folder.names().count("db.importing"), 0u);
        return count.ok() ? "" : count.error().text;
    }
    const std::string head = export_head() + "\n";
    const std::string line = R"({"key":9,"kind":"received","session":1,"packet_id":7})"
                             "\n";
    FolderForTest folder;
};

TEST_F(Export, records_come_back_under_their_keys) {
    std::string lines =
        head + R"({"key":1,"kind":"session","client_id":"c","expiry_s":5})" + "\n\n" + line;
    ASSERT_EQ(error_of(lines), "");
    auto content = read_journal(folder.at("db"));
    ASSERT_EQ(content.size(), 2u);
    EXPECT_EQ(record_line(9, content.at(9)) + "\n", line);
}

TEST_F(Export, says_in_which_line_it_is_wrong) {
    std::string at = "Error: " + folder.at("export") + ": line ";
    EXPECT_EQ(error_of(head + line + "{}\n"), at + "3: 'key' is missing or wrong.");
    EXPECT_EQ(error_of(head + line + line), at + "3: its key was there before.");
    EXPECT_EQ(error_of(head + line + line.substr(0, 20)),
              at + "3: it does not end; the file was cut off.");
    EXPECT_EQ(error_of("{}\n"), "Error: " + folder.at("export") + " is no export of Martlet.");
    EXPECT_EQ(folder.names(), std::set<std::string>{"export"});
}

TEST_F(Export, into_a_place_that_is_free) {
    ASSERT_EQ(error_of(head + line), "");
    EXPECT_EQ(error_of(head + line), "Error: " + folder.at("db") + " is there already.");
}

}  // namespace
}  // namespace martlet::migrate
