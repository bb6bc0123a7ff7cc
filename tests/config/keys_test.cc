#include "config/keys.h"

#include "config/load.h"
#include "config/values.h"
#include "tests/config/memory_files.h"
#include "tests/config/settings_text.h"

#include <gtest/gtest.h>

#include <set>

namespace martlet::config {
namespace {

TEST(Keys, each_name_stands_once) {
    std::set<std::string_view> names;
    for (const Key* key : all_keys()) EXPECT_TRUE(names.insert(key->name).second) << key->name;
}

TEST(Keys, each_has_what_people_need) {
    for (const Key* key : all_keys()) {
        EXPECT_NE(key->value.set, nullptr) << key->name;
        EXPECT_EQ(find_key(key->name), key);
        EXPECT_NE(key->help.empty(), key->alias_of.empty()) << key->name;
        EXPECT_TRUE(key->alias_of.empty() || find_key(key->alias_of)) << key->name;
        EXPECT_EQ(key->help.find('|'), std::string_view::npos) << key->name;
        bool is_built = key->status == KeyStatus::Built;
        bool says_why = !key->feature.empty() || key->scope == Scope::Bridge;
        EXPECT_TRUE(is_built || says_why) << key->name;
    }
}

// What has to stand above a key for it to be valid.
std::string before(const Key& key) {
    switch (key.need) {
        case Need::Bridge:
            return "connection c\naddress localhost\ntopic a\n";
        case Need::Plugin:
            return "plugin mosquitto_sparkplug_aware.so\n";
        default:
            return "listener 1885\nlistener 1884\n";
    }
}

Reading read_text(const std::string& text) {
    MemoryFiles files;
    files.add("m.conf", text);
    CommandLine command_line;
    command_line.config_file = "m.conf";
    return read(command_line, files);
}

// Written out, a default changes nothing.
TEST(Keys, defaults_are_true) {
    for (const Key* key : all_keys()) {
        bool has_plain_default = key->type == Type::Bool || key->type == Type::Number;
        std::int64_t number = 0;
        bool is_word = key->default_value == "true" || key->default_value == "false";
        if (!has_plain_default || (!is_word && !parse_number(key->default_value, number))) continue;
        if (key->name == "port") continue;
        std::string with = fmt::format("{}{} {}\n", before(*key), key->name, key->default_value);
        Reading said = read_text(with);
        Reading unsaid = read_text(before(*key));
        EXPECT_TRUE(said.problems.empty()) << key->name;
        EXPECT_EQ(settings_text(said.settings), settings_text(unsaid.settings)) << key->name;
    }
}

TEST(Keys, bounds_hold_at_both_ends) {
    for (const Key* key : all_keys()) {
        if (key->type != Type::Number) continue;
        auto problems = [&](std::int64_t number) {
            return read_text(fmt::format("{}{} {}\n", before(*key), key->name, number))
                .problems.size();
        };
        EXPECT_EQ(problems(key->min), 0u) << key->name;
        EXPECT_EQ(problems(key->min - 1) == 0, key->is_raised_to_min) << key->name;
        bool is_checked_later = key->name == "bridge_receive_maximum";
        EXPECT_EQ(problems(key->max) != 0, is_checked_later) << key->name;
        EXPECT_NE(problems(key->max + 1), 0u) << key->name;
    }
}

TEST(Keys, nearest) {
    EXPECT_EQ(nearest_key("max_conections"), "max_connections");
    EXPECT_EQ(nearest_key("alow_anonymous"), "allow_anonymous");
    EXPECT_EQ(nearest_key("persistance"), "persistence");
    EXPECT_EQ(nearest_key("passwordfile"), "password_file");
    EXPECT_EQ(nearest_key("xyzzy_quux_plugh"), "");
    EXPECT_EQ(nearest_key(""), "");
    EXPECT_EQ(nearest_key(std::string(100'000, 'a')), "");
}

TEST(Keys, plugin_options_have_any_name) {
    ASSERT_NE(find_key("plugin_opt_acl_file"), nullptr);
    EXPECT_EQ(find_key("plugin_opt_acl_file")->name, "plugin_opt_");
    EXPECT_EQ(find_key("auth_opt_x")->name, "auth_opt_");
    EXPECT_EQ(find_key("plugin_op"), nullptr);
}

}  // namespace
}  // namespace martlet::config
