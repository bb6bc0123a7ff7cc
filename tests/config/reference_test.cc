#include "config/reference.h"

#include "config/keys.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace martlet::config {
namespace {

TEST(Reference, the_page_is_what_the_table_says) {
    std::ifstream file(MARTLET_SOURCE_DIR "/docs/configuration.md", std::ios::binary);
    ASSERT_TRUE(file.good());
    std::ostringstream page;
    page << file.rdbuf();
    EXPECT_TRUE(page.str() == keys_as_markdown())
        << "docs/configuration.md is out of date: martlet check --keys=markdown "
           "> docs/configuration.md";
}

TEST(Reference, every_key_is_shown) {
    std::string text = keys_as_text();
    std::string page = keys_as_markdown();
    for (const Key* key : all_keys()) {
        EXPECT_NE(text.find("  " + std::string(key->name) + "\n"), std::string::npos) << key->name;
        EXPECT_NE(page.find("| `" + std::string(key->name) + "` |"), std::string::npos)
            << key->name;
    }
}

}  // namespace
}  // namespace martlet::config
