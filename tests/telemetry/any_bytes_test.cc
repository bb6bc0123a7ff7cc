// Every decoder, whatever it is fed: the messages of tests/telemetry/cases with bytes changed, cut,
// doubled and mixed. What comes out must always be fit to be kept.

#include "mqtt/topic.h"
#include "telemetry/decoders/registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace martlet::telemetry {
namespace {

constexpr Time kNow = 1'767'225'600'000;
constexpr int kRounds = 40;

struct Message {
    std::string topic;
    std::string payload;
    bool retain = false;
};

void append_hex(std::string_view text, std::string& bytes) {
    for (std::size_t i = 0; i + 1 < text.size();) {
        if (text[i] == ' ') {
            i++;
            continue;
        }
        unsigned byte = 0;
        std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
        bytes += static_cast<char>(byte);
        i += 2;
    }
}

std::vector<Message> messages_in(const std::filesystem::path& path) {
    std::vector<Message> messages;
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
        auto gap = line.find(' ');
        auto word = line.substr(0, gap);
        auto rest = gap == std::string::npos ? "" : line.substr(gap + 1);
        if (word == "message" || word == "retained") {
            messages.push_back({rest, "", word == "retained"});
        } else if (messages.empty()) {
            continue;
        } else if (word == "text") {
            std::string& payload = messages.back().payload;
            if (!payload.empty()) payload += '\n';
            payload += rest;
        } else if (word == "hex") {
            append_hex(rest, messages.back().payload);
        }
    }
    return messages;
}

std::vector<Message> all_messages() {
    std::vector<std::filesystem::path> paths;
    std::filesystem::directory_iterator folder(MARTLET_SOURCE_DIR "/tests/telemetry/cases");
    for (const auto& entry : folder) {
        if (entry.path().extension() == ".txt") paths.push_back(entry.path());
    }
    // The same order everywhere, so that a seed means the same.
    std::sort(paths.begin(), paths.end());
    std::vector<Message> messages;
    for (const auto& path : paths) {
        auto more = messages_in(path);
        messages.insert(messages.end(), more.begin(), more.end());
    }
    return messages;
}

class Mutation {
  public:
    explicit Mutation(std::vector<Message> messages) : messages_(std::move(messages)) {}

    Message next(std::size_t i) {
        Message message = messages_[i];
        std::string& bytes = message.payload;
        for (std::size_t change = below(4); change > 0; change--) {
            std::size_t at = below(bytes.size() + 1);
            switch (below(6)) {
                case 0:
                    bytes.resize(at);
                    break;
                case 1:
                    bytes.insert(at, 1, static_cast<char>(below(256)));
                    break;
                case 2:
                    bytes.insert(at, bytes.substr(below(bytes.size() + 1), 20));
                    break;
                case 3:
                    bytes.erase(at, below(8));
                    break;
                case 4:
                    bytes.insert(at, interesting());
                    break;
                default:
                    if (at < bytes.size()) bytes[at] = static_cast<char>(below(256));
            }
        }
        if (below(8) == 0) message.topic = messages_[below(messages_.size())].topic;
        if (below(8) == 0) message.retain = !message.retain;
        return message;
    }

    std::size_t size() const { return messages_.size(); }

  private:
    std::size_t below(std::size_t end) { return random_() % end; }

    std::string interesting() {
        static const std::vector<std::string> kPieces = {"-1",
                                                         "1e308",
                                                         "-9223372036854775808",
                                                         "18446744073709551616",
                                                         "null",
                                                         "\"\"",
                                                         std::string(1, 0),
                                                         "NaN",
                                                         "{\"a\":[",
                                                         "\xff\xff\xff\xff\x7f",
                                                         "$",
                                                         ",,,,",
                                                         "\\u0000",
                                                         "0.0000001",
                                                         "\xed\xa0\x80",
                                                         "4102444800"};
        return kPieces[below(kPieces.size())];
    }

    std::vector<Message> messages_;
    std::mt19937 random_{20'260'101};
};

// Text may have lines, but must be UTF-8.
bool is_text(std::string text) {
    for (char& c : text) {
        if (c == '\n' || c == '\t' || c == '\r') c = ' ';
    }
    return mqtt::is_valid_utf8(text);
}

// Letters beyond ASCII are letters too.
bool is_metric(std::string_view name) {
    auto is_strange = [](char c) {
        bool is_mark = c == '_' || c == '.' || c == '/';
        return !is_mark && static_cast<signed char>(c) >= 0 && std::isalnum(c) == 0;
    };
    return !name.empty() && mqtt::is_valid_utf8(name) && std::ranges::none_of(name, is_strange);
}

void expect_sound(const Decoded& out) {
    for (const Sample& sample : out.samples) {
        EXPECT_TRUE(is_metric(sample.metric)) << sample.metric;
        EXPECT_FALSE(sample.source.id.empty());
        EXPECT_TRUE(is_text(sample.source.id) && is_text(sample.unit));
        if (auto* number = std::get_if<double>(&sample.value)) {
            EXPECT_TRUE(std::isfinite(*number)) << sample.metric;
        }
        if (auto* text = std::get_if<std::string>(&sample.value)) {
            EXPECT_TRUE(is_text(*text)) << sample.metric;
        }
    }
    for (const Position& position : out.positions) {
        EXPECT_TRUE(std::abs(position.latitude) <= 90) << position.latitude;
        EXPECT_TRUE(std::abs(position.longitude) <= 180) << position.longitude;
        EXPECT_FALSE(position.source.id.empty());
    }
    for (const Event& event : out.events) {
        EXPECT_FALSE(event.kind.empty());
        EXPECT_TRUE(is_text(event.kind) && is_text(event.text) && is_text(event.details));
    }
    for (const SourceNote& note : out.notes) {
        EXPECT_TRUE(is_text(note.name) && !note.source.id.empty());
        for (const auto& [name, text] : note.facts) EXPECT_TRUE(is_text(name) && is_text(text));
    }
    for (const DerivedMessage& message : out.messages) {
        EXPECT_TRUE(mqtt::is_valid_topic_name(message.topic)) << message.topic;
    }
    EXPECT_EQ(out.verdict == Verdict::Unreadable,
              out.verdict == Verdict::Unreadable && !out.problem.empty());
}

class AnyBytes : public testing::TestWithParam<std::string> {};

TEST_P(AnyBytes, come_out_sound) {
    std::string problem;
    auto decoder = find_decoder(GetParam())->make({}, problem);
    ASSERT_NE(decoder, nullptr) << problem;
    Mutation mutation(all_messages());
    ASSERT_GT(mutation.size(), 100U);
    Decoded out;
    for (int round = 0; round < kRounds; round++) {
        for (std::size_t i = 0; i < mutation.size(); i++) {
            Message message = mutation.next(i);
            out.clear();
            Time received = kNow + round * 1'000;
            decoder->decode({message.topic, message.payload, received, message.retain}, out);
            expect_sound(out);
            if (HasFailure()) FAIL() << message.topic << "\n" << message.payload;
        }
    }
}

std::vector<std::string> decoder_names() {
    std::vector<std::string> names;
    for (const DecoderKind& kind : decoder_kinds()) names.emplace_back(kind.name);
    return names;
}

INSTANTIATE_TEST_SUITE_P(Decoders, AnyBytes, testing::ValuesIn(decoder_names()),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace martlet::telemetry
