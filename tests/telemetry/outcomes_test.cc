#include "telemetry/outcomes.h"

#include <string>

namespace martlet::telemetry {
namespace {

Decoded decoded(Verdict verdict, std::string problem, SourceId sender) {
    Decoded out;
    out.verdict = verdict;
    out.problem = std::move(problem);
    out.sender = std::move(sender);
    return out;
}

const SourceId kNode{"node", "!1"};

TEST(Outcomes, CountedBySourceAndReasonWithTheLastMessage) {
    Outcomes outcomes;
    auto bad = decoded(Verdict::Unreadable, "not JSON", kNode);
    outcomes.add("json", bad, {.topic = "a", .payload = "{", .received = 10});
    outcomes.add("json", bad, {.topic = "b", .payload = "{{", .received = 20});
    outcomes.add("json", decoded(Verdict::Unreadable, "too deep", kNode),
                 {.topic = "a", .payload = ""});
    outcomes.add("json", decoded(Verdict::Read, "", kNode), {.topic = "a", .payload = "1"});
    EXPECT_EQ(outcomes.size(), 3u);
    auto rows = outcomes.find({.sender = kNode, .verdict = Verdict::Unreadable, .decoder = ""});
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].problem, "too deep");
    EXPECT_EQ(rows[1].problem, "not JSON");
    EXPECT_EQ(rows[1].messages, 2u);
    EXPECT_EQ(rows[1].first, 10);
    EXPECT_EQ(rows[1].last, 20);
    EXPECT_EQ(rows[1].topic, "b");
    EXPECT_EQ(rows[1].payload, "{{");
    EXPECT_EQ(rows[1].payload_bytes, 2u);
}

TEST(Outcomes, ReadInPartIsTroubleAndTheLastHintAndMapStand) {
    Outcomes outcomes;
    outcomes.add("json", decoded(Verdict::Read, "", kNode), {.topic = "a", .payload = "1"});
    auto part = decoded(Verdict::Read, "number too large at \"x\"", kNode);
    part.hint = "telemetry_rule a vehicle";
    part.map = "shelly";
    outcomes.add("json", part, {.topic = "a", .payload = "1"});
    part.hint = "telemetry_rule b vehicle";
    outcomes.add("json", part, {.topic = "b", .payload = "2"});
    auto rows = outcomes.find({.sender = {}, .verdict = {}, .decoder = "", .only_trouble = true});
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].messages, 2u);
    EXPECT_EQ(rows[0].problem, "number too large at \"x\"");
    EXPECT_EQ(rows[0].hint, "telemetry_rule b vehicle");
    EXPECT_EQ(rows[0].map, "shelly");
    EXPECT_EQ(rows[0].decoder, "json");
}

TEST(Outcomes, AHintHoldsUntilItsTopicTakesItBack) {
    Outcomes outcomes;
    auto read = decoded(Verdict::Read, "", kNode);
    auto hint = [&] {
        return outcomes.find({.sender = kNode, .verdict = {}, .decoder = ""})[0].hint;
    };
    read.hint = "telemetry_rule car1/# vehicle";
    outcomes.add("json", read, {.topic = "car1/Speed", .payload = "70"});
    read.hint.clear();
    outcomes.add("json", read, {.topic = "car1/Door", .payload = "open"});
    EXPECT_EQ(hint(), "telemetry_rule car1/# vehicle");
    outcomes.add("json", read, {.topic = "car1/Speed", .payload = "70"});
    EXPECT_EQ(hint(), "");
}

TEST(Outcomes, WithoutASenderTheTopicStandsForIt) {
    Outcomes outcomes;
    auto bad = decoded(Verdict::Unreadable, "not JSON", {});
    outcomes.add("json", bad, {.topic = "a", .payload = "{"});
    outcomes.add("json", bad, {.topic = "b", .payload = "{"});
    auto rows = outcomes.find({.sender = SourceId{"", "a"}, .verdict = {}, .decoder = ""});
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].topic, "a");
}

TEST(Outcomes, WithheldIsCountedNotShown) {
    Outcomes outcomes;
    outcomes.add("mesh", decoded(Verdict::Withheld, "no consent", kNode),
                 {.topic = "a", .payload = "private"});
    auto rows = outcomes.find({});
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].messages, 1u);
    EXPECT_EQ(rows[0].payload, "");
}

TEST(Outcomes, Queries) {
    Outcomes outcomes;
    outcomes.add("json", decoded(Verdict::Read, "", kNode), {.topic = "a", .payload = ""});
    outcomes.add("mesh", decoded(Verdict::Opaque, "unknown key", kNode),
                 {.topic = "a", .payload = ""});
    outcomes.add("mesh", decoded(Verdict::Duplicate, "", kNode), {.topic = "a", .payload = ""});
    EXPECT_EQ(outcomes.find({}).size(), 3u);
    OutcomeQuery query;
    query.only_trouble = true;
    EXPECT_EQ(outcomes.find(query).size(), 1u);
    query = {};
    query.decoder = "mesh";
    EXPECT_EQ(outcomes.find(query).size(), 2u);
    query.limit = 1;
    EXPECT_EQ(outcomes.find(query).size(), 1u);
}

TEST(Outcomes, TheOldestIsForgottenAndTheTotalsStay) {
    Outcomes outcomes({.rows_max = 10});
    for (int i = 0; i < 100; i++)
        outcomes.add("json", decoded(Verdict::Unreadable, "not JSON", {"d", std::to_string(i)}),
                     {.topic = "a", .payload = ""});
    EXPECT_EQ(outcomes.size(), 10u);
    EXPECT_EQ(outcomes.forgotten(), 90u);
    auto totals = outcomes.totals();
    ASSERT_EQ(totals.size(), 1u);
    EXPECT_EQ(totals[0].messages, 100u);
    EXPECT_EQ(totals[0].decoder, "json");
    EXPECT_EQ(verdict_name(totals[0].verdict), "unreadable");
}

TEST(Outcomes, BytesAreBounded) {
    Outcomes outcomes({.bytes_max = 100'000, .payload_bytes_max = 4096});
    std::string payload(10'000, 'x');
    for (int i = 0; i < 1000; i++)
        outcomes.add("json", decoded(Verdict::Unreadable, "", {"d", std::to_string(i)}),
                     {.topic = "a", .payload = payload});
    EXPECT_LE(outcomes.size(), 25u);
    EXPECT_GE(outcomes.size(), 10u);
    EXPECT_EQ(outcomes.find({})[0].payload.size(), 4096u);
    EXPECT_EQ(outcomes.find({})[0].payload_bytes, 10'000u);
}

TEST(Outcomes, ADecoderWithEverNewWordsFillsNothing) {
    Outcomes outcomes;
    for (int i = 0; i < 3000; i++)
        outcomes.add("odd", decoded(Verdict::Unreadable, std::to_string(i), kNode),
                     {.topic = "a", .payload = ""});
    auto totals = outcomes.totals();
    EXPECT_LE(totals.size(), 1010u);
    std::uint64_t messages = 0;
    for (const auto& total : totals) messages += total.messages;
    EXPECT_EQ(messages, 3000u);
}

}  // namespace
}  // namespace martlet::telemetry
