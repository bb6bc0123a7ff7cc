// Any bytes as a map file: it is refused with a reason, or it reads payloads, its own examples
// among them.

#include "telemetry/mapping/map_file.h"

#include "telemetry/mapping/map_examples.h"
#include "telemetry/mapping/map_set.h"
#include "tests/fuzz/bounded_decoded.h"

#include <cstdint>
#include <string>
#include <vector>

namespace martlet::telemetry {
namespace {

constexpr Time kArrival = 1'767'225'600'000;

constexpr std::string_view kPayloads[] = {
    "21.5",
    "on",
    R"("20.6 °C")",
    R"({"id":"a","name":"pump","time":1767225600,"temp":21.5,"unit":"°F","state":"open","alarm":true})",
    R"({"metrics":[{"name":"cpu","fields":{"usage":7,"text":"a\u0000b"},"tags":{"host":"h1"},"timestamp":1767225600},)"
    R"({"name":"mem","fields":{"used":1e300},"tags":{"host":"h1"}}]})",
    R"({"":{"":[{"":1},{"":2}]},"lat":59.3,"lon":18.1,"gps":{"latitude":"1e308","longitude":2}})",
    R"([{"n":"x","u":"V","v":3.3,"bt":1767225600},{"n":"y","vs":"//////","vb":false}])",
    "voltage,site=a value=230.1 1767225600000000000",
    "field1=21.5&field2=44",
};

std::vector<std::string> topics_of(const Map& map) {
    std::vector<std::string> topics = {"home/kitchen/sensor"};
    for (const MapForm& form : map.forms) {
        for (const TopicPattern& pattern : form.topics) {
            std::string topic = pattern.example();
            if (topics.size() < 5 && mqtt::is_valid_topic_name(topic)) topics.push_back(topic);
        }
    }
    return topics;
}

void require_map(const Map& map) {
    CHECK(!map.name.empty() && map.name.size() <= 64);
    CHECK(!map.forms.empty() && map.forms.size() <= 200);
    for (const MapForm& form : map.forms) {
        CHECK(!form.topics.empty() && form.topics.size() <= 100);
        CHECK(!form.source_kind.empty());
        for (const TopicPattern& pattern : form.topics) {
            CHECK(mqtt::is_valid_topic_filter(pattern.filter()));
            std::string topic = pattern.example();
            TopicCaptures captures;
            bool is_topic = mqtt::is_valid_topic_name(topic) && !topic.starts_with('$');
            if (is_topic && pattern.matches(topic, captures))
                CHECK(mqtt::matches(pattern.filter(), topic));
        }
    }
}

void run_payloads(const std::string& text, const Map& map) {
    std::string problem;
    auto decoder = find_decoder("json")->make({{"map", text}}, problem);
    CHECK(decoder != nullptr);
    Decoded out;
    Time arrival = kArrival;
    for (const std::string& topic : topics_of(map)) {
        for (std::string_view payload : kPayloads) {
            out.clear();
            decoder->decode({topic, payload, arrival}, out);
            require_sound(out);
            require_bounded(out);
            arrival += 1000;
        }
    }
}

void run_map(const std::string& text) {
    auto map = parse_map("fuzzed.map", text);
    if (!map) {
        CHECK(!map.error().text.empty());
        CHECK(is_storable_text(map.error().text, kDecodedTextMax));
        return;
    }
    require_map(map.value());
    for (std::size_t i = 0; i < map.value().examples.size() && i < 2; i++) {
        // The broker lets no other topic through.
        if (!mqtt::is_valid_topic_name(map.value().examples[i].topic)) continue;
        CHECK(run_example(text, map.value().examples[i]).ok());
    }
    run_payloads(text, map.value());
    std::string name = map.value().name;
    std::vector<std::string> topics = topics_of(map.value());
    std::vector<Map> own;
    own.push_back(std::move(map).value());
    MapSet set(std::move(own));
    CHECK(set.find(name) != nullptr);
    for (const std::string& topic : topics)
        for (const MapChoice& choice : set.for_topic(topic)) CHECK(choice.map && choice.form);
}

}  // namespace
}  // namespace martlet::telemetry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 20'000) return 0;
    martlet::telemetry::run_map(std::string(reinterpret_cast<const char*>(data), size));
    return 0;
}
