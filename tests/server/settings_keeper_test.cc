// What is configured and what was set of telemetry, together and over restarts, with the real
// thread that obeys it.

#include "server/settings_keeper.h"

#include "server/running_settings.h"
#include "server/server.h"
#include "tests/auth/temporary_folder.h"

#include <gtest/gtest.h>

namespace martlet::server {
namespace {

using telemetry::OperatorSettings;
using telemetry::Options;

class NoPost final : public broker::Post {
  public:
    void post(std::uint32_t, std::unique_ptr<broker::LetterBatch>) override {}
    void give_back(std::unique_ptr<broker::LetterBatch>) override {}
    std::unique_ptr<broker::LetterBatch> take_back(std::uint32_t) override { return nullptr; }
};

class Keeper : public testing::Test {
  protected:
    Keeper() {
        options_.is_on = true;
        options_.store = folder_.path("telemetry.db");
        options_.settings_file = folder_.path("telemetry.json");
    }
    void start() {
        ingest_.reset();
        keeper_.reset();
        auto keeper = SettingsKeeper::open(options_);
        ASSERT_TRUE(keeper.ok()) << keeper.error().text;
        keeper_ = std::move(keeper).value();
        auto ingest = telemetry::Ingest::open(*keeper_->in_force(), post_);
        ASSERT_TRUE(ingest.ok()) << ingest.error().text;
        ingest_ = std::move(ingest).value();
        ingest_->start();
        keeper_->attach(*ingest_);
    }
    Status set_rule(std::string filter, std::string decoder) {
        return keeper_->change([&](OperatorSettings& settings) {
            settings.rules = {{filter, decoder}};
            return true;
        });
    }
    std::string first_rule() { return keeper_->rules().front().filter; }

    TemporaryFolder folder_;
    NoPost post_;
    Options options_;
    std::unique_ptr<SettingsKeeper> keeper_;
    std::unique_ptr<telemetry::Ingest> ingest_;
};

TEST_F(Keeper, WhatIsSetStaysOverARestart) {
    options_.rules = {{"configured/#", "json"}};
    start();
    EXPECT_EQ(first_rule(), "configured/#");
    ASSERT_TRUE(set_rule("set/#", "none").ok());
    EXPECT_EQ(first_rule(), "set/#");
    start();
    EXPECT_EQ(first_rule(), "set/#");
    EXPECT_EQ(keeper_->in_force()->rules.size(), 2u);
    EXPECT_EQ(keeper_->configured()->rules.size(), 1u);
}

TEST_F(Keeper, WhatIsNotSoundChangesNothing) {
    start();
    ASSERT_TRUE(set_rule("set/#", "none").ok());
    std::string file = TemporaryFolder::read(options_.settings_file);
    Status done = set_rule("other/#", "jsn");
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, 3);
    EXPECT_EQ(first_rule(), "set/#");
    EXPECT_EQ(TemporaryFolder::read(options_.settings_file), file);
    // The same sentence as a reload's.
    Options other = options_;
    other.rules = {{"other/#", "jsn"}};
    Status reloaded = keeper_->reload(other);
    ASSERT_FALSE(reloaded.ok());
    EXPECT_EQ(reloaded.error().text, done.error().text);
    EXPECT_EQ(first_rule(), "set/#");
    EXPECT_TRUE(keeper_->configured()->rules.empty());
}

TEST_F(Keeper, AFileThatCannotBeWrittenChangesNothing) {
    options_.settings_file = folder_.path("no such folder/telemetry.json");
    start();
    Status done = set_rule("set/#", "none");
    ASSERT_FALSE(done.ok());
    EXPECT_NE(done.error().text.find("Nothing was changed"), std::string::npos);
    EXPECT_NE(first_rule(), "set/#");
    EXPECT_TRUE(keeper_->set().rules.empty());
}

TEST_F(Keeper, AReloadKeepsWhatWasSet) {
    start();
    ASSERT_TRUE(set_rule("set/#", "none").ok());
    options_.rules = {{"configured/#", "json"}};
    ASSERT_TRUE(keeper_->reload(options_).ok());
    EXPECT_EQ(first_rule(), "set/#");
    EXPECT_EQ(keeper_->rules().at(1).filter, "configured/#");
    ASSERT_TRUE(keeper_
                    ->change([](OperatorSettings& settings) {
                        settings.rules.clear();
                        return true;
                    })
                    .ok());
    EXPECT_EQ(first_rule(), "configured/#");
}

TEST_F(Keeper, AFileThatIsNotSoundIsNamedAtTheStart) {
    folder_.write("telemetry.json", R"({"rules":[{"filter":"a/#","decoder":"jsn"}]})");
    auto keeper = SettingsKeeper::open(options_);
    ASSERT_FALSE(keeper.ok());
    EXPECT_NE(keeper.error().text.find(options_.settings_file), std::string::npos)
        << keeper.error().text;
    EXPECT_NE(keeper.error().text.find("'jsn'"), std::string::npos) << keeper.error().text;
}

TEST_F(Keeper, WhatIsShownIsInForce) {
    start();
    ASSERT_TRUE(set_rule("set/#", "none").ok());
    config::Settings settings;
    settings.telemetry = options_;
    RunningSettings running(settings);
    auto value_of = [&](std::string_view key) {
        for (const http::Setting& setting : running.shown(keeper_.get()))
            if (setting.key == key) return setting.value.value_or("-");
        return std::string("no such key");
    };
    EXPECT_EQ(value_of("telemetry_rule"), "set/# none");
    EXPECT_EQ(value_of("max_queued_messages"), "1000");
    settings.broker.max_queued_messages = 7;
    running.replace(settings);
    EXPECT_EQ(value_of("max_queued_messages"), "7");
}

TEST_F(Keeper, AServerRefusesAReloadAsAWhole) {
    config::Settings settings;
    settings.broker.shards = 1;
    settings.telemetry = options_;
    settings.listeners.emplace_back();
    settings.listeners[0].net.port = 0;
    settings.listeners[0].net.unix_path = folder_.path("socket");
    auto server = Server::open(settings);
    ASSERT_TRUE(server.ok()) << server.error().text;
    server.value()->start();
    config::Settings other = settings;
    other.telemetry.decoder_options = {{"meshtastic", "key", "no base64!"}};
    Status done = server.value()->reload(other);
    ASSERT_FALSE(done.ok());
    EXPECT_NE(done.error().text.find("base64"), std::string::npos) << done.error().text;
    other.telemetry.decoder_options = {{"meshtastic", "key", "AQ=="}};
    EXPECT_TRUE(server.value()->reload(other).ok());
    server.value()->stop();
}

}  // namespace
}  // namespace martlet::server
