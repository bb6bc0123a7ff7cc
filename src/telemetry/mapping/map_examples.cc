#include "telemetry/mapping/map_examples.h"

#include "telemetry/decoded_text.h"
#include "telemetry/decoder.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

constexpr std::string_view kUnitSource = " (unit ";

bool has_line_with(const std::vector<std::string>& lines, std::string_view word) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.starts_with(word); });
}

bool tells_unit_source(const std::string& line) {
    return line.ends_with(')') && line.rfind(kUnitSource) != std::string::npos;
}

}  // namespace

std::vector<std::string> without_extras(const std::vector<std::string>& came,
                                        const std::vector<std::string>& expected) {
    std::vector<std::string> lines;
    for (std::string line : came) {
        bool is_extra = (line.starts_with("hint ") && !has_line_with(expected, "hint ")) ||
                        (line.starts_with("map ") && !has_line_with(expected, "map "));
        if (is_extra) continue;
        std::size_t place = lines.size();
        bool is_asked = place < expected.size() && tells_unit_source(expected[place]);
        if (!is_asked && tells_unit_source(line)) line.resize(line.rfind(kUnitSource));
        lines.push_back(std::move(line));
    }
    return lines;
}

Result<ExampleRun> run_example(const std::string& text, const MapExample& example) {
    const DecoderKind* kind = find_decoder("json");
    std::string problem;
    std::unique_ptr<Decoder> decoder = kind->make({{"map:example", text}}, problem);
    if (!decoder) return Error{problem, 3};
    Incoming incoming;
    incoming.topic = example.topic;
    incoming.payload = example.payload;
    incoming.received = kExampleArrival;
    Decoded decoded;
    decoder->decode(incoming, decoded);
    ExampleRun run;
    run.came =
        without_extras(describe(decoded, incoming.received, {.unit_sources = true}), example.gives);
    run.is_as_said = run.came == example.gives;
    return run;
}

}  // namespace martlet::telemetry
