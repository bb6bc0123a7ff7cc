// Runs tests/telemetry/cases/*.txt, so that a case is added without a compiler. A line is a word
// and what it says; blank lines and lines that begin with '#' are passed over.
//
//     decoder NAME             a new decoder from the registry, which remembers nothing
//     option NAME VALUE        for the decoder of the line above, before its first message
//     refused TEXT             making this decoder fails with this problem
//     at MS                    when the next messages arrive, in ms since 1970 (at first
//                              1767225600000, the beginning of 2026)
//     message TOPIC            a message ("retained TOPIC": with the retain flag), empty unless
//     text PAYLOAD             what follows is its payload; a second `text` is a second line
//     hex 0a 1B                the same as bytes; goes on with more `hex` lines
//     rule FILTER              the rule that chose the decoder of the line above; none: no rule
//     chosen NAME TOPIC        the first of the registry whose default filters match ("none")
//
// After the payload stands everything that must come out, in this order, nothing left out:
//
//     is Read                  or another Verdict; "is Unreadable: PROBLEM" with a problem
//     map NAME                 the map that read it; compared only where a case says it
//     hint TEXT                for the operator; the same
//     sender KIND ID           none: no such line
//     name NAME                of the source; then its facts:
//     fact NAME = TEXT
//     sample METRIC = VALUE UNIT KIND
//                              3 is a whole number, 3.0 a real one, 'on' a text; UNIT may be
//                              missing; KIND: gauge counter meter increment state; behind it
//                              may stand where unit and kind come from: "(unit stated)"
//     position LAT LON altitude M speed KMH heading DEG uncertainty M
//     event KIND SEVERITY 'TEXT' DETAILS
//     publish TOPIC qos 0 retained HEX
//
// " at MS" ends a sample (before "(unit ...)"), position or event whose time is not that of the
// arrival. A source that is not the sender stands after the first word: "sample [station
// acme/PRESS7] rssi = -61 dBm gauge". On a failure the lines that came are printed as they would
// stand in the file. The time zone is UTC.

#include "mqtt/topic.h"
#include "telemetry/decoded_text.h"
#include "telemetry/decoders/registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace martlet::telemetry {
namespace {

constexpr Time kFirstArrival = 1'767'225'600'000;

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    return text;
}

std::string chosen_decoder(std::string_view topic) {
    for (const auto& kind : decoder_kinds()) {
        for (auto filter : kind.default_filters) {
            if (mqtt::matches(filter, topic)) return std::string(kind.name);
        }
    }
    return "none";
}

bool append_hex(std::string_view text, std::string& bytes) {
    std::string digits;
    for (char c : text) {
        if (c != ' ') digits += c;
    }
    if (digits.size() % 2 != 0) return false;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        unsigned byte = 0;
        auto* end = digits.data() + i + 2;
        auto result = std::from_chars(digits.data() + i, end, byte, 16);
        if (result.ec != std::errc{} || result.ptr != end) return false;
        bytes += static_cast<char>(byte);
    }
    return true;
}

bool begins(const std::string& line, std::string_view word) {
    return line.starts_with(word) && line.size() > word.size() && line[word.size()] == ' ';
}

bool is_said(const std::vector<std::string>& expected, std::string_view word) {
    return std::any_of(expected.begin(), expected.end(),
                       [&](const std::string& line) { return begins(line, word); });
}

// Where " (unit stated)" begins, if the line ends so.
std::size_t unit_source_at(const std::string& line) {
    return begins(line, "sample") && line.ends_with(')') ? line.rfind(" (unit ")
                                                         : std::string::npos;
}

// What came, without the parts of which the case says nothing.
std::vector<std::string> comparable(const std::vector<std::string>& came,
                                    const std::vector<std::string>& expected) {
    std::vector<std::string> lines;
    for (const std::string& line : came) {
        bool is_extra = begins(line, "map") || begins(line, "hint");
        if (is_extra && !is_said(expected, line.substr(0, line.find(' ')))) continue;
        lines.push_back(line);
        std::size_t at = unit_source_at(line);
        std::size_t number = lines.size() - 1;
        bool is_asked =
            number < expected.size() && unit_source_at(expected[number]) != std::string::npos;
        if (at != std::string::npos && !is_asked) lines.back().resize(at);
    }
    return lines;
}

class CaseFile {
  public:
    explicit CaseFile(std::string path) : path_(std::move(path)) {}

    void run() {
        std::ifstream file(path_);
        ASSERT_TRUE(file) << path_;
        std::string line;
        while (std::getline(file, line)) {
            line_number_++;
            if (line.empty() || line.front() == '#') continue;
            auto gap = line.find(' ');
            auto word = line.substr(0, gap);
            take(word, gap == std::string::npos ? "" : line.substr(gap + 1), line);
            if (testing::Test::HasFatalFailure()) return;
        }
        finish_message();
        finish_refusal();
        EXPECT_GT(said_, 0) << path_ << " says nothing";
    }

  private:
    std::string where(int line) const { return path_ + ":" + std::to_string(line); }

    void take(const std::string& word, const std::string& rest, const std::string& line) {
        static const std::set<std::string> kSetup{"decoder", "option",   "refused", "at",
                                                  "message", "retained", "chosen",  "rule"};
        if (kSetup.contains(word)) {
            finish_message();
            return take_setup(word, rest);
        }
        ASSERT_TRUE(is_in_message_) << where(line_number_) << ": no message before this line";
        if (word == "text") {
            if (has_text_) payload_ += '\n';
            has_text_ = true;
            payload_ += rest;
        } else if (word == "hex") {
            ASSERT_TRUE(append_hex(rest, payload_)) << where(line_number_) << ": not hex";
        } else {
            expected_.push_back(line);
        }
    }

    void take_setup(const std::string& word, const std::string& rest) {
        if (word == "decoder") {
            finish_refusal();
            begin_decoder(rest);
        } else if (word == "option") {
            auto gap = rest.find(' ');
            auto value = gap == std::string::npos ? "" : rest.substr(gap + 1);
            options_.emplace_back(rest.substr(0, gap), value);
        } else if (word == "refused") {
            std::string problem;
            EXPECT_EQ(kind_->make(options_, problem), nullptr) << where(line_number_);
            EXPECT_EQ(problem, rest) << where(line_number_);
            is_refused_ = true;
        } else if (word == "rule") {
            rule_ = rest;
        } else if (word == "at") {
            received_ = std::stoll(rest);
        } else if (word == "chosen") {
            said_++;
            auto gap = rest.find(' ');
            EXPECT_EQ(chosen_decoder(rest.substr(gap + 1)), rest.substr(0, gap))
                << where(line_number_);
        } else {
            begin_message(rest, word == "retained");
        }
    }

    void begin_decoder(const std::string& name) {
        kind_ = find_decoder(name);
        ASSERT_NE(kind_, nullptr) << where(line_number_) << ": no decoder " << name;
        decoder_.reset();
        options_.clear();
        rule_.clear();
        is_refused_ = false;
        decoder_line_ = line_number_;
    }

    // A decoder without messages must still be sound, unless it was said to be refused.
    void finish_refusal() {
        if (kind_ == nullptr || decoder_ || is_refused_) return;
        std::string problem;
        EXPECT_NE(kind_->make(options_, problem), nullptr)
            << where(decoder_line_) << ": " << problem;
    }

    void begin_message(const std::string& topic, bool is_retained) {
        ASSERT_NE(kind_, nullptr) << where(line_number_) << ": no decoder before this line";
        if (!decoder_) {
            std::string problem;
            decoder_ = kind_->make(options_, problem);
            ASSERT_NE(decoder_, nullptr) << where(line_number_) << ": " << problem;
        }
        said_++;
        is_in_message_ = true;
        message_line_ = line_number_;
        topic_ = topic;
        is_retained_ = is_retained;
        payload_.clear();
        has_text_ = false;
        expected_.clear();
    }

    void finish_message() {
        if (!is_in_message_) return;
        is_in_message_ = false;
        Decoded decoded;
        decoder_->decode({topic_, payload_, received_, is_retained_, 0, rule_}, decoded);
        auto came = describe(decoded, received_, {.unit_sources = true});
        EXPECT_EQ(joined(comparable(came, expected_)), joined(expected_))
            << where(message_line_) << ": message " << topic_;
    }

    std::string path_;
    int line_number_ = 0;
    int said_ = 0;
    const DecoderKind* kind_ = nullptr;
    std::unique_ptr<Decoder> decoder_;
    DecoderOptions options_;
    std::string rule_;
    bool is_refused_ = false;
    int decoder_line_ = 0;
    Time received_ = kFirstArrival;
    bool is_in_message_ = false;
    int message_line_ = 0;
    std::string topic_;
    bool is_retained_ = false;
    std::string payload_;
    bool has_text_ = false;
    std::vector<std::string> expected_;
};

std::vector<std::string> case_files() {
    std::vector<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(MARTLET_SOURCE_DIR "/tests/telemetry/cases")) {
        if (entry.path().extension() == ".txt") names.push_back(entry.path().stem());
    }
    std::sort(names.begin(), names.end());
    return names;
}

class DecoderCases : public testing::TestWithParam<std::string> {};

TEST_P(DecoderCases, comes_out_as_written) {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    CaseFile(MARTLET_SOURCE_DIR "/tests/telemetry/cases/" + GetParam() + ".txt").run();
}

INSTANTIATE_TEST_SUITE_P(Files, DecoderCases, testing::ValuesIn(case_files()),
                         [](const auto& file) { return file.param; });

}  // namespace
}  // namespace martlet::telemetry
