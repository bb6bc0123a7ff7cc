// Any messages through one decoder, one after the other. The first byte of the input picks the
// decoder by its first letter ('p': the JSON reader alone), the line's rest is ignored; then come
// messages with "--" lines between them: the topic on the first line, the payload after it.

#include "base/check.h"
#include "mqtt/topic.h"
#include "telemetry/decoders/registry.h"
#include "telemetry/ledger_text.h"
#include "telemetry/payload_json.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace martlet::telemetry {
namespace {

constexpr Time kArrival = 1'767'225'600'000;
constexpr std::size_t kTextBytesMax = std::size_t{1} << 21;

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

// Databases take no text that is not UTF-8, nor one with a NUL.
void require_text(std::string_view text) {
    CHECK(text.size() <= kTextBytesMax);
    CHECK(text.empty() || mqtt::is_valid_utf8(text));
}

void require_source(const SourceId& source) {
    CHECK(!source.kind.empty());
    CHECK(!source.id.empty());
    require_text(source.id);
}

void require_sample(const Sample& sample) {
    require_source(sample.source);
    CHECK(!sample.metric.empty());
    CHECK(sample.metric.size() <= 512);
    require_text(sample.metric);
    require_text(sample.unit);
    if (const auto* number = std::get_if<double>(&sample.value)) CHECK(std::isfinite(*number));
    if (const auto* text = std::get_if<std::string>(&sample.value)) require_text(*text);
}

void require_position(const Position& position) {
    require_source(position.source);
    CHECK(std::abs(position.latitude) <= 90);
    CHECK(std::abs(position.longitude) <= 180);
}

void require_event(const Event& event) {
    CHECK(!event.kind.empty());
    require_text(event.kind);
    // What people write has lines.
    CHECK(is_storable_text(event.text, kTextBytesMax));
    require_text(event.details);
    PayloadJson json;
    if (!event.details.empty()) CHECK(json.read(event.details) == "");
}

void require_sound(const Decoded& out) {
    bool has_reason = out.verdict == Verdict::Unreadable || out.verdict == Verdict::Opaque;
    CHECK(!has_reason || !out.problem.empty());
    require_text(out.problem);
    require_text(out.sender.id);
    for (const auto& note : out.notes) {
        require_source(note.source);
        require_text(note.name);
        for (const auto& [name, text] : note.facts) {
            CHECK(!name.empty());
            require_text(name);
            require_text(text);
        }
    }
    for (const auto& sample : out.samples) require_sample(sample);
    for (const auto& position : out.positions) require_position(position);
    for (const auto& event : out.events) require_event(event);
    for (const auto& message : out.messages) CHECK(mqtt::is_valid_topic_name(message.topic));
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
