// Every public enumeration of states of zigbee devices is kept whole: each word becomes a value,
// and each value differs from the others. tests/telemetry/data/state_words.txt has one a line.

#include "telemetry/decoded_text.h"
#include "telemetry/decoder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace martlet::telemetry {
namespace {

std::vector<std::string> words_of(const std::string& line) {
    std::vector<std::string> words;
    std::size_t begin = 0;
    while (begin <= line.size()) {
        auto end = std::min(line.find('|', begin), line.size());
        words.push_back(line.substr(begin, end - begin));
        begin = end + 1;
    }
    return words;
}

std::string quoted(const std::string& word) {
    std::string text = "\"";
    for (char c : word) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text + '"';
}

// The value that a message with this word gives; empty: none.
std::string value_of(Decoder& decoder, const std::string& topic, const std::string& word) {
    std::string payload = "{\"work_mode\":" + quoted(word) + ",\"linkquality\":90}";
    Decoded out;
    decoder.decode({topic, payload, 1'767'225'600'000}, out);
    for (const Sample& sample : out.samples)
        if (sample.metric == "work_mode") return value_text(sample.value);
    return {};
}

void check_whole(const std::string& topic) {
    std::ifstream file(MARTLET_SOURCE_DIR "/tests/telemetry/data/state_words.txt");
    ASSERT_TRUE(file);
    std::size_t enumerations = 0;
    std::string line;
    while (std::getline(file, line)) {
        if (line.empty()) continue;
        enumerations++;
        std::string problem;
        auto decoder = find_decoder("json")->make({}, problem);
        ASSERT_NE(decoder, nullptr);
        std::set<std::string> values;
        std::set<std::string> words;
        for (const std::string& word : words_of(line)) {
            words.insert(word);
            std::string value = value_of(*decoder, topic, word);
            EXPECT_FALSE(value.empty()) << line << ": " << word;
            values.insert(value);
        }
        EXPECT_EQ(values.size(), words.size()) << line;
    }
    EXPECT_GE(enumerations, 655u);
}

TEST(StateWords, every_enumeration_is_kept_whole) {
    check_whole("sensors/valve");
}

TEST(StateWords, every_enumeration_is_kept_whole_by_the_map_of_zigbee2mqtt) {
    check_whole("zigbee2mqtt/valve");
}

}  // namespace
}  // namespace martlet::telemetry
