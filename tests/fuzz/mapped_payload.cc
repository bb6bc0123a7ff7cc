// Any payload through the JSON decoder with the shipped maps. The first line of the input is a
// topic of a shipped map, else it picks one by its bytes; the rest is the payload.

#include "telemetry/mapping/map_set.h"
#include "tests/fuzz/bounded_decoded.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace martlet::telemetry {
namespace {

constexpr Time kArrival = 1'767'225'600'000;

std::vector<std::string> make_topics() {
    std::vector<std::string> topics;
    for (const auto& map : shipped_maps()) {
        for (const MapExample& example : map->examples) topics.push_back(example.topic);
        for (const MapForm& form : map->forms)
            for (const TopicPattern& pattern : form.topics) topics.push_back(pattern.example());
    }
    std::erase_if(topics,
                  [](const std::string& topic) { return !mqtt::is_valid_topic_name(topic); });
    CHECK(!topics.empty());
    return topics;
}

// Captured levels may be any.
bool is_mapped(std::string_view topic) {
    if (!mqtt::is_valid_utf8(topic) || !mqtt::is_valid_topic_name(topic)) return false;
    TopicCaptures captures;
    for (const auto& map : shipped_maps())
        for (const MapForm& form : map->forms)
            for (const TopicPattern& pattern : form.topics)
                if (pattern.matches(topic, captures)) return true;
    return false;
}

std::string topic_of(std::string_view line) {
    static const std::vector<std::string> topics = make_topics();
    if (is_mapped(line)) return std::string(line);
    std::size_t sum = 0;
    for (char c : line) sum = sum * 31 + static_cast<unsigned char>(c);
    return topics[sum % topics.size()];
}

void run(std::string_view line, std::string_view payload) {
    std::string problem;
    auto decoder = find_decoder("json")->make({}, problem);
    CHECK(decoder != nullptr);
    std::string topic = topic_of(line);
    Decoded out;
    std::size_t samples = 0;
    // What it remembers of the topic changes the second reading.
    for (int i = 0; i < 2; i++) {
        out.clear();
        decoder->decode({topic, payload, kArrival + i * 1000, i == 1}, out);
        require_sound(out);
        require_bounded(out);
        samples = std::max(samples, out.samples.size());
    }
    CHECK(samples <= payload.size());
}

}  // namespace
}  // namespace martlet::telemetry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 20'000) return 0;
    std::string_view input(reinterpret_cast<const char*>(data), size);
    auto end = std::min(input.find('\n'), input.size());
    martlet::telemetry::run(input.substr(0, end), input.substr(std::min(end + 1, input.size())));
    return 0;
}
