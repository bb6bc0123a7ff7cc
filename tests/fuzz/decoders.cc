// Any messages through one decoder, one after the other. The first byte of the input picks the
// decoder by its first letter ('p': the JSON reader alone), the line's rest is ignored; then come
// messages with "--" lines between them: the topic on the first line, the payload after it.

#include "base/check.h"
#include "mqtt/topic.h"
#include "telemetry/decoders/registry.h"
#include "telemetry/payload_json.h"
#include "tests/fuzz/sound_decoded.h"

#include <cmath>
#include <cstdint>
#include <string_view>

namespace martlet::telemetry {
namespace {

constexpr Time kArrival = 1'767'225'600'000;

std::string_view take_until(std::string_view& rest, std::string_view mark) {
    auto end = rest.find(mark);
    auto taken = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + mark.size());
    return taken;
}

const DecoderKind& picked(char letter) {
    const auto& kinds = decoder_kinds();
    for (const auto& kind : kinds) {
        if (kind.name.front() == letter) return kind;
    }
    return kinds[static_cast<unsigned char>(letter) % kinds.size()];
}

void run_decoder(const DecoderKind& kind, std::string_view rest) {
    std::string problem;
    auto decoder = kind.make({}, problem);
    CHECK(decoder != nullptr);
    Decoded out;
    Time arrival = kArrival;
    for (int i = 0; i < 50 && !rest.empty(); i++) {
        auto message = take_until(rest, "\n--\n");
        auto topic = take_until(message, "\n");
        // The broker lets no other through.
        if (!mqtt::is_valid_utf8(topic) || !mqtt::is_valid_topic_name(topic)) continue;
        out.clear();
        decoder->decode({topic, message, arrival, i % 2 == 1}, out);
        require_sound(out);
        arrival += 1000;
    }
}

void run_json(std::string_view text) {
    PayloadJson json;
    auto problem = json.read(text);
    CHECK(problem.empty() != json.leaves().empty());
    for (const auto& leaf : json.leaves()) {
        CHECK(json.find(leaf.path) != nullptr);
        double number = 0;
        if (as_number(leaf, number)) CHECK(std::isfinite(number));
    }
    double number = 0;
    if (as_number(text, number)) CHECK(std::isfinite(number));
}

}  // namespace
}  // namespace martlet::telemetry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace martlet::telemetry;
    if (size == 0 || size > 20'000) return 0;
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    char letter = rest.front();
    take_until(rest, "\n");
    if (letter == 'p') {
        run_json(rest);
    } else {
        run_decoder(picked(letter), rest);
    }
    return 0;
}
