// Other options for telemetry while it runs (Ingest::reconfigure), and what they make readable.

#include "telemetry/options.h"
#include "telemetry/store/sqlite.h"
#include "tests/telemetry/ingest_fixture.h"

#include <algorithm>
#include <thread>

namespace martlet::telemetry {
namespace {

// Genuine packets: a text for the channel "Stockholm" with its key, and one whose key nobody has.
constexpr std::string_view kTopic = "msh/EU_868/2/e/Stockholm/!a1b2c3d4";
constexpr std::string_view kPacket =
    "0a450d102f3d4315ffffffff18a8012a1879d46bbe32d49ba7c1435148dab0773e88a14c51816a565b3510a100"
    "1f3d37031f69450000c840480360a9ffffffffffffffff017803120953746f636b686f6c6d1a09216131623263"
    "336434";
constexpr std::string_view kSecretTopic = "msh/EU_868/2/e/Secret/!a1b2c3d4";
constexpr std::string_view kSecretPacket =
    "0a3c0d102f3d4315ffffffff18262a103b571c623bef2c2e34f44e97fe5b571835eda1001f3da0031f69450000"
    "c840480360a9ffffffffffffffff01780312065365637265741a09216131623263336434";
const DecoderOption kKey = {"meshtastic", "key",
                            "Stockholm Yg9PTLuIcW52ZqhFhTfqs7uEewIvWv7bO+CounLtbpQ="};

std::string from_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return bytes;
}

class Reconfigure : public IngestTest {
  protected:
    std::unique_ptr<StoreReader> reader() {
        return std::move(ingest_->store().open_reader()).value();
    }
    std::vector<std::string> texts() {
        std::vector<std::string> found;
        EventQuery query;
        query.kind = "text";
        auto done = reader()->events(query, [&](const EventRow& row) {
            found.push_back(row.event.text);
            return true;
        });
        EXPECT_TRUE(done.ok());
        return found;
    }
    std::vector<std::string> problems() {
        std::vector<std::string> found;
        auto reading = reader();
        auto sources = reading->sources();
        for (const SourceRow& source : sources.value()) {
            auto done = reading->raw(source.key, 1000, [&](const RawRow& row) {
                found.push_back(row.problem);
                return true;
            });
            EXPECT_TRUE(done.ok());
        }
        std::sort(found.begin(), found.end());
        return found;
    }
    std::optional<SeriesRow> series(std::string_view metric) {
        auto rows = reader()->series({});
        for (const SeriesRow& row : rows.value())
            if (row.metric == metric) return row;
        return std::nullopt;
    }
    template <typename IsSo>
    bool comes(IsSo is_so) {
        auto end = std::chrono::steady_clock::now() + seconds(20);
        while (!is_so() && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return is_so();
    }
    void reconfigure() {
        Status done = ingest_->reconfigure(options_);
        ASSERT_TRUE(done.ok()) << done.error().text;
    }
};

TEST_F(Reconfigure, RulesHoldFromThenOn) {
    open();
    give("apricot/value", "1");
    settle();
    options_.rules = {{"apricot/#", "none"}};
    reconfigure();
    give("apricot/value", "2");
    settle();
    EXPECT_EQ(values(), std::multiset<std::int64_t>{1});
    EXPECT_EQ(ingest_->rules().front().filter, "apricot/#");
    EXPECT_EQ(ingest_->options()->rules.size(), 1u);
}

TEST_F(Reconfigure, WhatIsNotSoundChangesNothing) {
    open();
    Options good = options_;
    good.rules = {{"apricot/#", "none"}};
    std::vector<Options> bad(5, good);
    bad[0].rules.push_back({"x/#", "no such thing"});
    bad[1].decoder_options = {{"meshtastic", "key", "not base64!"}};
    bad[2].units = {{"", "", "", "W", {}}};
    bad[3].thresholds = {{"lowi", "", "", 5000, 1000}};
    bad[4].maps = {{"large", std::string(kMapBytesMax + 1, 'x')}};
    for (const Options& options : bad) {
        Status done = ingest_->reconfigure(options);
        ASSERT_FALSE(done.ok());
        EXPECT_EQ(done.error().code, 3) << done.error().text;
        EXPECT_TRUE(done.error().text.starts_with("Error: ")) << done.error().text;
    }
    give("apricot/value", "1");
    settle();
    EXPECT_EQ(values(), std::multiset<std::int64_t>{1});
    EXPECT_TRUE(ingest_->options()->rules.empty());
}

TEST_F(Reconfigure, TheStoreStaysAndTelemetryStaysOn) {
    open();
    std::string store = options_.store;
    options_.store = "elsewhere";
    options_.is_on = false;
    reconfigure();
    EXPECT_EQ(ingest_->options()->store, store);
    EXPECT_TRUE(ingest_->options()->is_on);
}

TEST_F(Reconfigure, OtherDecodersRemember) {
    open();
    give(kTopic, from_hex(kPacket));
    settle();
    options_.decoder_options = {{"lowi", "gas_scale", "0.01"}};
    reconfigure();
    give(kTopic, from_hex(kPacket));  // by another way
    settle();
    EXPECT_EQ(series("packets")->total, 1);
}

TEST_F(Reconfigure, AnOperatorsUnitWins) {
    options_.units = {{"topic", "garden", "soil", "%", SeriesKind::State},
                      {"", "", "soil", "V", {}}};
    open();
    give("garden", "{\"soil\":41}");
    give("cellar", "{\"soil\":2,\"temperature\":9.5}");
    settle();
    std::multiset<std::string> found;
    auto rows = reader()->series({});
    for (const SeriesRow& row : rows.value())
        found.insert(row.metric + " " + row.unit + " " + std::string(name_of(row.kind)));
    EXPECT_TRUE(found.contains("soil V gauge")) << testing::PrintToString(found);
    EXPECT_TRUE(found.contains("soil % state")) << testing::PrintToString(found);
    options_.units = {{"", "", "soil", "mV", {}}};
    reconfigure();
    give("cellar", "{\"soil\":3}");
    settle();
    auto again = reader()->series({});
    EXPECT_TRUE(std::any_of(again.value().begin(), again.value().end(),
                            [](const SeriesRow& row) { return row.unit == "mV"; }));
}

TEST_F(Reconfigure, FewerRawMessagesAreKept) {
    open();
    for (int i = 0; i < 30; i++) give("apricot/value", std::to_string(i));
    settle();
    EXPECT_EQ(problems().size(), 30u);
    options_.raw_kept = 5;
    reconfigure();
    for (int i = 0; i < 10; i++) give("apricot/value", std::to_string(i));
    settle();
    EXPECT_LE(problems().size(), 10u);
    options_.raw_kept = 0;
    reconfigure();
    give("apricot/value", "1");
    settle();
    EXPECT_LE(problems().size(), 10u);
}

TEST_F(Reconfigure, ALaterKeyReadsWhatIsKept) {
    open();
    give(kTopic, from_hex(kPacket));
    give(kSecretTopic, from_hex(kSecretPacket));
    settle();
    EXPECT_TRUE(texts().empty());
    EXPECT_EQ(problems(), (std::vector<std::string>{"unknown key", "unknown key"}));
    auto before = series("packets");
    options_.decoder_options = {kKey};
    reconfigure();
    ASSERT_TRUE(comes([&] { return texts().size() == 1; }));
    EXPECT_EQ(texts().front(), "hemligt meddelande");
    ASSERT_TRUE(comes([&] { return problems() == std::vector<std::string>{"", "unknown key"}; }));
    EXPECT_EQ(series("packets")->total, before->total) << "counted when it came";
    EXPECT_EQ(series("packets/UNKNOWN_KEY")->total, 2);
    // A copy by another gateway is one.
    give(kTopic, from_hex(kPacket));
    settle();
    EXPECT_EQ(texts().size(), 1u);
}

TEST_F(Reconfigure, ALaterKeyReadsWhatIsNotStoredYet) {
    options_.commit_ms = 10'000;
    open();
    give(kTopic, from_hex(kPacket));
    ASSERT_TRUE(comes([&] { return ingest_->counts().samples > 0; }));
    options_.decoder_options = {kKey};
    reconfigure();
    EXPECT_TRUE(comes([&] { return texts().size() == 1; }));
}

TEST_F(Reconfigure, SoDoesARestartAndOnlyOnce) {
    open();
    give(kTopic, from_hex(kPacket));
    settle();
    options_.decoder_options = {kKey};
    open();
    ASSERT_TRUE(comes([&] { return texts().size() == 1; }));
    for (int i = 0; i < 2; i++) {
        open();
        give("apricot/value", "1");
        settle();
    }
    options_.decoder_options.push_back({"meshtastic", "key", "Other Ag=="});
    reconfigure();
    give("apricot/value", "1");
    settle();
    EXPECT_EQ(texts().size(), 1u);
    EXPECT_EQ(series("packets")->total, 1);
}

// Many pieces of messages are looked through, also while others come.
TEST_F(Reconfigure, ManyAreReadInPieces) {
    options_.raw_kept = 2000;
    open();
    for (int i = 0; i < 900; i++) give("apricot/value", std::to_string(i));
    give(kTopic, from_hex(kPacket));
    settle();
    options_.decoder_options = {kKey};
    reconfigure();
    give("apricot/value", "5000");
    ASSERT_TRUE(comes([&] { return texts().size() == 1; }));
    settle();
}

// The store does not take it at first: it is tried again, and stored once.
TEST_F(Reconfigure, AFailingStoreTakesItLater) {
    open();
    give(kTopic, from_hex(kPacket));
    settle();
    auto script = [&](const char* sql) {
        auto database = SqliteDatabase::open(options_.store, SqliteDatabase::Mode::Write);
        ASSERT_TRUE(database.ok());
        ASSERT_TRUE(database.value()->script(sql).ok());
    };
    script("CREATE TRIGGER refuse BEFORE UPDATE ON raw BEGIN SELECT RAISE(ABORT, 'no'); END");
    options_.decoder_options = {kKey};
    reconfigure();
    ASSERT_TRUE(comes([&] { return ingest_->counts().failed_commits > 0; }));
    EXPECT_TRUE(texts().empty());
    script("DROP TRIGGER refuse");
    ASSERT_TRUE(comes([&] { return texts().size() == 1; }));
    EXPECT_EQ(problems(), std::vector<std::string>{""});
}

TEST(Options, DurationsAreReadAndWritten) {
    EXPECT_EQ(read_duration("1s"), 1000);
    EXPECT_EQ(read_duration("90s"), 90'000);
    EXPECT_EQ(read_duration("15m"), 900'000);
    EXPECT_EQ(read_duration("2h"), 7'200'000);
    EXPECT_EQ(read_duration("3650d"), std::int64_t{3650} * 86'400'000);
    for (std::string_view wrong :
         {"", "s", "0s", "-1h", "5", "5x", "1.5h", "3651d", "99999999999d", "1h30m", " 1h", "1 h"})
        EXPECT_FALSE(read_duration(wrong)) << wrong;
    for (std::string_view text : {"1s", "90s", "15m", "2h", "3d"})
        EXPECT_EQ(duration_text(*read_duration(text)), text);
}

TEST(Options, SecretsAreHidden) {
    EXPECT_EQ(shown_value({"meshtastic", "key", "AQ=="}), "...");
    EXPECT_EQ(shown_value({"meshtastic", "key", "My Channel AQ=="}), "My Channel ...");
    EXPECT_EQ(shown_value({"meshtastic", "consent", "hide"}), "hide");
}

}  // namespace
}  // namespace martlet::telemetry
