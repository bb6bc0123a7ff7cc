// What Sparkplug's decoder remembers, and its bounds. The forms are in cases/sparkplug.txt.

#include "telemetry/decoders/recent.h"
#include "telemetry/decoders/registry.h"
#include "telemetry/decoders/sparkplug/edge.h"
#include "telemetry/decoders/sparkplug/payload.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace martlet::telemetry::sparkplug {
namespace {

constexpr Time kNow = 1'767'225'600'000;

Metric named(std::string name, std::optional<std::uint64_t> alias = {}) {
    Metric metric;
    metric.name = std::move(name);
    metric.alias = alias;
    metric.type = DataType::Int8;
    return metric;
}

Metric aliased(std::uint64_t alias) {
    Metric metric;
    metric.alias = alias;
    return metric;
}

Payload numbered(std::uint64_t seq) {
    Payload payload;
    payload.seq = seq;
    return payload;
}

Payload session(std::uint64_t number) {
    Payload payload;
    Metric metric = named("bdSeq");
    metric.value = number;
    payload.metrics.push_back(metric);
    return payload;
}

TEST(SparkplugValue, integers_are_cut_to_their_width) {
    auto value = [](std::uint64_t raw, DataType type) {
        return std::get<std::int64_t>(*typed_value(raw, type));
    };
    EXPECT_EQ(value(0xff, DataType::Int8), -1);
    EXPECT_EQ(value(0xffffffff, DataType::Int8), -1);
    EXPECT_EQ(value(0x80, DataType::Int8), -128);
    EXPECT_EQ(value(0x7f, DataType::Int8), 127);
    EXPECT_EQ(value(0x8000, DataType::Int16), -32768);
    EXPECT_EQ(value(0x80000000, DataType::Int32), -2147483648);
    EXPECT_EQ(value(~0ULL, DataType::Int64), -1);
    EXPECT_EQ(value(0xffffffff, DataType::UInt8), 255);
    EXPECT_EQ(value(0xffffffff, DataType::UInt16), 65535);
    EXPECT_EQ(value(0xffffffff, DataType::UInt32), 4294967295);
    EXPECT_EQ(value(2, DataType::Boolean), 1);
    EXPECT_EQ(value(0x7fffffffffffffff, DataType::UInt64), 0x7fffffffffffffff);
    EXPECT_EQ(std::get<double>(*typed_value(std::uint64_t{1} << 63, DataType::UInt64)), 0x1p63);
    EXPECT_EQ(std::get<double>(*typed_value(std::uint64_t{7}, DataType::Float)), 7.0);
}

TEST(SparkplugValue, what_does_not_fit_its_type_is_none) {
    EXPECT_FALSE(typed_value(std::monostate{}, DataType::Float));
    EXPECT_FALSE(typed_value(std::string("1"), DataType::Int8));
    EXPECT_FALSE(typed_value(true, DataType::Float));
    EXPECT_FALSE(typed_value(1.5, DataType::String));
    EXPECT_FALSE(typed_value(std::uint64_t{1}, DataType::String));
    EXPECT_FALSE(typed_value(std::uint64_t{1}, static_cast<DataType>(22)));
    EXPECT_FALSE(typed_value(std::uint64_t{1}, static_cast<DataType>(4'000'000'000)));
    EXPECT_FALSE(typed_value(INFINITY, DataType::Double));
    EXPECT_FALSE(typed_value(std::string("\xff"), DataType::String));
    EXPECT_EQ(std::get<std::string>(*typed_value(std::string(), DataType::String)), "");
}

TEST(SparkplugPayload, every_shorter_part_is_read_or_refused) {
    Payload payload;
    std::string whole = rebirth_payload(kNow);
    EXPECT_EQ(read_payload(whole, payload), "");
    ASSERT_EQ(payload.metrics.size(), 1U);
    EXPECT_EQ(payload.metrics[0].name, "Node Control/Rebirth");
    EXPECT_EQ(payload.metrics[0].type, DataType::Boolean);
    EXPECT_EQ(payload.metrics[0].value, RawValue(true));
    int refused = 0;
    for (std::size_t size = 0; size < whole.size(); size++) {
        if (!read_payload(whole.substr(0, size), payload).empty()) refused++;
    }
    EXPECT_GT(refused, 30);
}

TEST(SparkplugPayload, has_bounds) {
    Payload payload;
    EXPECT_EQ(read_payload(std::string(kPayloadBytesMax + 1, '\0'), payload), "too large");
    std::string empty_metrics;
    for (std::size_t i = 0; i <= kMetricsMax; i++) empty_metrics += std::string("\x12\0", 2);
    EXPECT_EQ(read_payload(empty_metrics, payload), "too many metrics");
    empty_metrics.resize(kMetricsMax * 2);
    EXPECT_EQ(read_payload(empty_metrics, payload), "");
    EXPECT_EQ(payload.metrics.size(), kMetricsMax);
}

TEST(SparkplugPayload, a_bomb_is_refused) {
    // 4 MiB and one byte of zeros as raw deflate.
    std::string body("\xed\xc1\x01\x01\x00\x00\x00\x82\x20\xff\xaf\x6e\x48\x40\x01", 15);
    body += std::string(4063, '\0') + "\x9c\x1b";
    Payload payload;
    std::string wrapper = "\x22\x12SPBV1.0_COMPRESSED\x2a\xf0\x1f" + body;
    EXPECT_EQ(read_payload(wrapper, payload), "compressed payload larger than 4 MiB");
    EXPECT_TRUE(payload.metrics.empty());
}

TEST(SparkplugPayload, a_float_is_its_shortest_decimal) {
    Payload payload;
    for (auto [bytes, value] :
         {std::pair{"\xcd\xcc\xa8\x41", 21.1}, std::pair{"\xcd\xcc\xcc\x3d", 0.1},
          std::pair{"\xff\xff\x7f\x7f", 3.4028235e38}}) {
        std::string metric = std::string("\x12\x05\x65", 3) + std::string(bytes, 4);
        EXPECT_EQ(read_payload(metric, payload), "");
        EXPECT_EQ(payload.metrics.at(0).value, RawValue(value));
    }
}

TEST(SparkplugEdge, names_belong_to_their_device) {
    Edge edge;
    edge.begin(session(1));
    edge.learn("", named("a", 1));
    edge.learn("press", named("a", 2));
    EXPECT_NE(edge.find("", named("a")), edge.find("press", named("a")));
    EXPECT_EQ(edge.find("press", aliased(2)), edge.find("press", named("a")));
    EXPECT_EQ(edge.find("other", named("a")), nullptr);
    EXPECT_EQ(edge.find("", aliased(3)), nullptr);
    EXPECT_EQ(edge.find("", Metric()), nullptr);
}

TEST(SparkplugEdge, a_birth_forgets_the_one_before) {
    Edge edge;
    edge.begin(session(1));
    edge.learn("", named("a", 1));
    edge.begin(session(2));
    EXPECT_EQ(edge.find("", aliased(1)), nullptr);
    EXPECT_EQ(edge.metric_count(), 0U);
}

TEST(SparkplugEdge, an_alias_may_move_to_another_name) {
    Edge edge;
    edge.begin(session(1));
    edge.learn("press", named("a", 1));
    edge.learn("press", named("b", 1));
    ASSERT_NE(edge.find("press", aliased(1)), nullptr);
    EXPECT_EQ(edge.find("press", aliased(1))->name, "b");
}

TEST(SparkplugEdge, numbers_follow_one_another_modulo_256) {
    Edge edge;
    EXPECT_TRUE(edge.is_in_sequence(numbered(254)));
    EXPECT_TRUE(edge.is_in_sequence(numbered(255)));
    EXPECT_TRUE(edge.is_in_sequence(numbered(0)));
    EXPECT_FALSE(edge.is_in_sequence(numbered(0)));
    EXPECT_TRUE(edge.is_in_sequence(numbered(1)));
    EXPECT_FALSE(edge.is_in_sequence(numbered(3)));
    EXPECT_TRUE(edge.is_in_sequence(Payload()));
    EXPECT_TRUE(edge.is_in_sequence(numbered(4)));
}

TEST(SparkplugEdge, learns_up_to_its_bound) {
    Edge edge;
    edge.begin(session(1));
    for (std::uint64_t i = 0; i < kEdgeMetricsMax + 10; i++) {
        edge.learn("", named("m" + std::to_string(i), i));
    }
    EXPECT_EQ(edge.metric_count(), kEdgeMetricsMax);
    EXPECT_NE(edge.find("", named("m0")), nullptr);
    EXPECT_EQ(edge.find("", named("m" + std::to_string(kEdgeMetricsMax))), nullptr);
    for (std::uint64_t i = 0; i < 2 * kEdgeMetricsMax; i++) edge.learn("", named("m0", 50'000 + i));
    EXPECT_EQ(edge.metric_count(), kEdgeMetricsMax);
}

TEST(SparkplugEdge, a_death_takes_its_devices_along_up_to_the_bound) {
    Edge edge;
    edge.begin(session(1));
    for (std::size_t i = 0; i < kEdgeDevicesMax + 10; i++) {
        edge.set_device_online("d" + std::to_string(i), true);
    }
    edge.set_device_online("d0", false);
    EXPECT_EQ(edge.end().size(), kEdgeDevicesMax - 1);
    EXPECT_TRUE(edge.end().empty());
}

class SparkplugDecoderTest : public testing::Test {
  protected:
    SparkplugDecoderTest() {
        std::string problem;
        decoder_ = find_decoder("sparkplug")->make({}, problem);
    }

    std::size_t asked(const std::string& topic, Time received) {
        Decoded out;
        // One metric, alias 1, which nobody knows.
        decoder_->decode({topic, std::string_view("\x12\x02\x10\x01", 4), received}, out);
        return out.messages.size();
    }

    std::unique_ptr<Decoder> decoder_;
};

TEST_F(SparkplugDecoderTest, asks_each_edge_at_most_once_a_minute) {
    std::size_t count = 0;
    for (int i = 0; i < 600; i++) count += asked("spBv1.0/g/NDATA/e", kNow + i * 1'000);
    EXPECT_EQ(count, 10U);
}

TEST_F(SparkplugDecoderTest, asks_no_more_than_sixty_times_a_minute_of_a_crowd) {
    std::size_t count = 0;
    for (int i = 0; i < 5'000; i++) {
        count += asked("spBv1.0/g/NDATA/e" + std::to_string(i), kNow + i);
    }
    EXPECT_EQ(count, 60U);
    EXPECT_EQ(asked("spBv1.0/g/NDATA/another", kNow + 60'000), 1U);
}

TEST_F(SparkplugDecoderTest, few_unknown_compressions_are_told_by_name) {
    std::set<std::string> problems;
    for (char letter = 'A'; letter <= 'Z'; letter++) {
        Decoded out;
        std::string payload = std::string("\x12\x0e\x0a\x09") + "algorithm\x7a\x01" + letter +
                              "\x22\x12SPBV1.0_COMPRESSED\x2a\x01x";
        decoder_->decode({"spBv1.0/g/NDATA/e", payload, kNow}, out);
        EXPECT_EQ(out.verdict, Verdict::Unreadable);
        problems.insert(out.problem);
    }
    EXPECT_EQ(problems.size(), 9U);
    EXPECT_TRUE(problems.contains("unknown compression A"));
    EXPECT_TRUE(problems.contains("unknown compression"));
}

TEST_F(SparkplugDecoderTest, a_clock_that_goes_back_does_not_silence_it) {
    EXPECT_EQ(asked("spBv1.0/g/NDATA/e", kNow), 1U);
    EXPECT_EQ(asked("spBv1.0/g/NDATA/e", kNow - 3'600'000), 1U);
}

TEST_F(SparkplugDecoderTest, of_many_edges_the_newest_are_remembered) {
    // 100 metrics "a" to "dv" with aliases 0 to 99.
    std::string birth;
    for (char i = 0; i < 100; i++) {
        birth += std::string("\x12\x06\x0a\x02", 4) + static_cast<char>('a' + i / 26) +
                 static_cast<char>('a' + i % 26) + "\x10" + i;
    }
    for (int i = 0; i < 4'000; i++) {
        Decoded out;
        decoder_->decode({"spBv1.0/g/NBIRTH/e" + std::to_string(i), birth, kNow}, out);
        ASSERT_EQ(out.verdict, Verdict::Read);
    }
    // Of alias 1, the float 1.
    std::string data("\x12\x07\x10\x01\x65\x00\x00\x80\x3f", 9);
    int known = 0;
    for (int i = 0; i < 4'000; i++) {
        Decoded out;
        decoder_->decode({"spBv1.0/g/NDATA/e" + std::to_string(3'999 - i), data, kNow}, out);
        if (out.verdict != Verdict::Read) break;
        known++;
    }
    EXPECT_EQ(known, 1'000);
}

TEST(Recent, forgets_who_was_silent_longest) {
    Recent<int> recent(3);
    for (const char* name : {"a", "b", "c"}) recent.touch(name) = 1;
    recent.touch("a");
    recent.touch("d");
    EXPECT_NE(recent.find("a"), nullptr);
    EXPECT_EQ(recent.find("b"), nullptr);
    EXPECT_EQ(recent.size(), 3U);
    EXPECT_EQ(recent.touch("b"), 0);
    EXPECT_EQ(recent.find("c"), nullptr);
}

}  // namespace
}  // namespace martlet::telemetry::sparkplug
