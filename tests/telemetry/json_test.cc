// What is too large for tests/telemetry/cases/json.txt.

#include "telemetry/decoders/registry.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace martlet::telemetry {
namespace {

class JsonDecoderTest : public testing::Test {
  protected:
    const Decoded& decode(std::string_view topic, std::string_view payload) {
        out_.clear();
        decoder_->decode({topic, payload, 1'767'225'600'000}, out_);
        return out_;
    }

    std::string problem_;
    std::unique_ptr<Decoder> decoder_ = json_decoder().make({}, problem_);
    Decoded out_;
};

std::string object_of(std::size_t members) {
    std::string text = "{";
    for (std::size_t i = 0; i < members; i++) {
        if (i > 0) text += ',';
        text += "\"m" + std::to_string(i) + "\":" + std::to_string(i);
    }
    return text + "}";
}

TEST_F(JsonDecoderTest, what_is_over_the_bound_of_series_is_counted) {
    EXPECT_EQ(decode("t", object_of(256)).samples.size(), 256u);
    EXPECT_TRUE(out_.notes.empty());
    EXPECT_EQ(decode("t", object_of(300)).samples.size(), 256u);
    ASSERT_EQ(out_.notes.size(), 1u);
    EXPECT_EQ(out_.notes[0].facts[0].first, "values_left_out");
    EXPECT_EQ(out_.notes[0].facts[0].second, "44");
}

TEST_F(JsonDecoderTest, a_name_too_long_is_left_out) {
    auto name = std::string(129, 'n');
    decode("t", "{\"" + name + "\":1,\"x\":2}");
    ASSERT_EQ(out_.samples.size(), 1u);
    EXPECT_EQ(out_.samples[0].metric, "x");
    EXPECT_EQ(out_.notes[0].facts[0].second, "1");
    decode("a/" + name, "5");
    EXPECT_TRUE(out_.samples.empty());
    EXPECT_EQ(out_.sender.id, "a");
}

TEST_F(JsonDecoderTest, many_places_are_bounded) {
    std::string text = "[";
    for (int i = 0; i < 3000; i++) text += R"({"lat":1,"lon":2},)";
    text.back() = ']';
    decode("t", text);
    EXPECT_LE(out_.positions.size(), 16u);
    EXPECT_LE(out_.samples.size(), 256u);
}

TEST_F(JsonDecoderTest, remembered_names_stay_right) {
    for (int i = 0; i < 12'000; i++) {
        decode("t", "{\"temp" + std::to_string(i) + "\":1,\"temperature\":2}");
        ASSERT_EQ(out_.samples.size(), 2u);
        ASSERT_EQ(out_.samples[0].metric, "temp" + std::to_string(i));
        ASSERT_EQ(out_.samples[1].unit, "°C");
    }
}

TEST_F(JsonDecoderTest, any_byte_alone_does_no_harm) {
    for (int byte = 0; byte < 256; byte++) {
        std::string payload(1, static_cast<char>(byte));
        decode("a" + std::to_string(byte) + "/b", payload);
        bool is_word = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                       (byte >= 'A' && byte <= 'Z');
        bool is_blank = byte == 0 || byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
        bool is_text = byte > ' ' && byte < 0x7f;
        Verdict expected = Verdict::Opaque;
        if (is_word)
            expected = Verdict::Read;
        else if (is_blank)
            expected = Verdict::Nothing;
        else if (is_text)
            expected = Verdict::Unreadable;
        EXPECT_EQ(out_.verdict, expected) << byte;
        bool has_reason = expected == Verdict::Opaque || expected == Verdict::Unreadable;
        EXPECT_EQ(!out_.problem.empty(), has_reason) << byte;
    }
}

}  // namespace
}  // namespace martlet::telemetry
