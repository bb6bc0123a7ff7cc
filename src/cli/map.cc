#include "cli/map.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/command_tables.h"
#include "mqtt/topic.h"
#include "telemetry/decoded_text.h"
#include "telemetry/decoder.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/mapping/map_draft.h"
#include "telemetry/mapping/map_examples.h"
#include "telemetry/mapping/map_set.h"
#include "telemetry/payload_text.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace martlet::cli {

namespace {

constexpr int kExitUnreadable = 1;
constexpr std::size_t kPayloadBytesMax = 1u << 20;

constexpr std::string_view kUsages[] = {
    "list                              the maps that this program carries",
    "show NAME                         the text of one of them, to begin your own with",
    "test FILE [-t TOPIC] [< PAYLOAD]  read PAYLOAD by the map in FILE; without a payload,",
    "                                  carry out the examples in FILE",
    "suggest -t TOPIC < PAYLOAD        write a first draft of a map for PAYLOAD",
};
constexpr std::string_view kWords[] = {"list", "show", "test", "suggest"};
constexpr Flag kFlags[] = {
    {"-t", "--topic", "TOPIC", "the topic of PAYLOAD; without it, one that the map reads"}};
const std::span<const Flag> kGroups[] = {kFlags};
constexpr std::string_view kEnding =
    "A map tells telemetry how to read a format: docs/maps.md.\n"
    "Exit code 0: well, 1: unreadable, or an example fails, 3: wrong usage.";

int fail(std::string_view text) {
    return cli::fail(text, kExitBadUse);
}

Result<std::string> read_all(std::FILE* file, const std::string& name) {
    std::string bytes;
    std::vector<char> buffer(64 * 1024);
    while (std::size_t size = std::fread(buffer.data(), 1, buffer.size(), file))
        if (bytes.append(buffer.data(), size).size() > kPayloadBytesMax) break;
    if (std::ferror(file) != 0) return Error{fmt::format("Error: Unable to read '{}'.", name)};
    if (bytes.size() > kPayloadBytesMax)
        return Error{fmt::format("Error: '{}' is larger than {} bytes.", name, kPayloadBytesMax)};
    return bytes;
}

Result<std::string> read_file(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (file == nullptr)
        return Error{fmt::format("Error: Unable to open '{}': {}.", path, std::strerror(errno))};
    auto bytes = read_all(file, path);
    std::fclose(file);
    return bytes;
}

// Nothing when standard input is a terminal.
Result<std::string> read_payload() {
    if (::isatty(STDIN_FILENO) == 1) return std::string();
    return read_all(stdin, "standard input");
}

int list_maps() {
    for (const auto& map : telemetry::shipped_maps()) {
        std::printf("%-18s %s\n", map->name.c_str(), map->title.c_str());
        for (const telemetry::MapForm& form : map->forms)
            for (const telemetry::TopicPattern& topic : form.topics)
                std::printf("%-18s   %s\n", "", topic.text().c_str());
    }
    return 0;
}

int show_map(std::string_view name) {
    for (const telemetry::ShippedMap& file : telemetry::shipped_map_files()) {
        if (file.name != name) continue;
        std::fwrite(file.text.data(), 1, file.text.size(), stdout);
        return 0;
    }
    return fail(fmt::format("There is no map '{}'. 'martlet map list' names them.", name));
}

void print_lines(const std::vector<std::string>& lines) {
    // Payloads of strangers give no orders to this terminal.
    for (const std::string& line : lines)
        std::printf("%s\n", telemetry::without_orders(line).c_str());
}

int run_examples(const telemetry::Map& map, const std::string& text) {
    int failed = 0;
    for (const telemetry::MapExample& example : map.examples) {
        auto run = telemetry::run_example(text, example);
        if (!run) return fail(run.error().text);
        if (run.value().is_as_said) continue;
        failed++;
        std::printf("The example of line %d gives something else:\n", example.line);
        print_lines(run.value().came);
    }
    std::printf("%zu of %zu examples give what the map says.\n",
                map.examples.size() - static_cast<std::size_t>(failed), map.examples.size());
    return failed == 0 ? 0 : kExitUnreadable;
}

int read_one(const telemetry::Map& map, const std::string& text, std::string topic,
             const std::string& payload) {
    if (topic.empty()) topic = map.forms.front().topics.front().example();
    if (!mqtt::is_valid_topic_name(topic))
        return fail(fmt::format("Error: '{}' is no topic name.", topic));
    std::string problem;
    auto decoder = telemetry::find_decoder("json")->make({{"map:" + map.name, text}}, problem);
    if (!decoder) return fail(problem);
    telemetry::Incoming incoming;
    incoming.topic = topic;
    incoming.payload = payload;
    incoming.received = read_clocks().wall.count();
    telemetry::Decoded decoded;
    decoder->decode(incoming, decoded);
    print_lines(telemetry::describe(decoded, incoming.received, {.unit_sources = true}));
    bool is_metadata =
        decoded.verdict == telemetry::Verdict::Nothing && map.forms.front().is_metadata;
    if (decoded.map == map.name || is_metadata) return 0;
    std::fprintf(stderr,
                 "The map '%s' did not read this: its topics or its required keys do not fit.\n",
                 map.name.c_str());
    return kExitUnreadable;
}

int test_map(const std::string& path, const std::string& topic) {
    auto text = read_file(path);
    if (!text) return fail(text.error().text);
    auto map = telemetry::parse_map(path, text.value());
    if (!map) return fail(map.error().text);
    auto payload = read_payload();
    if (!payload) return fail(payload.error().text);
    if (payload.value().empty()) return run_examples(map.value(), text.value());
    return read_one(map.value(), text.value(), topic, payload.value());
}

int suggest_map(const std::string& topic) {
    auto payload = read_payload();
    if (!payload) return fail(payload.error().text);
    std::string_view bytes = telemetry::payload_without_padding(payload.value());
    if (bytes.empty()) return fail("Error: Standard input has no payload.");
    telemetry::PayloadJson json;
    telemetry::PayloadText text;
    telemetry::JsonLeaf bare;
    bare.type = telemetry::LeafType::Text;
    bare.text = bytes;
    std::vector<telemetry::JsonLeaf> leaves = {bare};
    auto problem = json.read(bytes);
    bool is_broken = !problem.empty() && (bytes.front() == '{' || bytes.front() == '[');
    if (is_broken)
        return fail(
            fmt::format("Error: The payload cannot be read: {} {}.", problem, json.place()));
    if (problem.empty())
        leaves = json.leaves();
    else if (text.read(bytes) != telemetry::TextForm::None)
        leaves = text.leaves();
    std::string draft = telemetry::draft_map(topic, bytes, leaves);
    std::fwrite(draft.data(), 1, draft.size(), stdout);
    return 0;
}

}  // namespace

const CommandTable& map_table() {
    static const CommandTable table = {
        "tries and drafts the maps by which telemetry reads payloads.", kUsages, kWords, kGroups,
        kEnding};
    return table;
}

int map_main(int argc, char** argv) {
    Arguments arguments = read_arguments(map_table(), argc, argv);
    if (arguments.exit_code) return *arguments.exit_code;
    const auto& words = arguments.words;
    std::string topic = arguments.value("-t");
    if (!topic.empty() && !mqtt::is_valid_topic_name(topic))
        return fail(fmt::format("Error: '{}' is no topic name.", topic));
    std::size_t wanted = words[0] == "show" || words[0] == "test" ? 2 : 1;
    if (words.size() < wanted) {
        return refuse_use(argv[0], words[0] == "show" ? "Which map? `martlet map list` names them."
                                                      : "Which file has the map?");
    }
    if (words.size() > wanted)
        return refuse_use(argv[0], fmt::format("'{}' is not expected here.", words[wanted]));
    if (words[0] == "list") return list_maps();
    if (words[0] == "show") return show_map(words[1]);
    if (words[0] == "test") return test_map(words[1], topic);
    if (topic.empty()) return refuse_use(argv[0], "The topic of the payload is missing: -t TOPIC.");
    return suggest_map(topic);
}

}  // namespace martlet::cli
