#include "cli/decode.h"

#include "base/text.h"
#include "cli/command_tables.h"
#include "cli/decode/live.h"
#include "cli/decode/reading.h"
#include "config/load.h"
#include "mqtt/topic.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace martlet::cli {

namespace {

constexpr int kExitUnreadable = 1;
constexpr std::size_t kPayloadBytesMax = 256u << 20;

constexpr std::string_view kUsages[] = {
    "-t TOPIC [options] [FILE]            a payload from FILE or standard input",
    "-t TOPIC -m TEXT [options]           this payload",
    "-h HOST -t FILTER [-t FILTER ...]    what a broker sends, until Ctrl-C",
};
constexpr Flag kPayloadFlags[] = {
    {"-t", "--topic", "TOPIC", "the topic of the payload, by which its decoder is chosen", true},
    {"-m", "--message", "TEXT", "the payload"},
    {"--hex", "", "", "the payload is written in hexadecimal digits"},
    {"-c", "--config-file", "CONF", "a mosquitto.conf with telemetry_rule and telemetry_option"},
    {"-d", "--decoder", "DECODER", "this decoder, whatever the topic"},
    {"-o", "--option", "NAME=VALUE", "an option of the decoder of -d; may come several times",
     true},
    {"--json", "", "", "a line of JSON for each message"},
};
constexpr Flag kLiveFlags[] = {
    {"-h", "--host", "HOST", "read from this broker"},
    {"-p", "--port", "PORT", "its port (1883)"},
    {"-u", "--username", "NAME", "log in as"},
    {"-P", "--pw", "PASSWORD", "and its password"},
    {"-C", "--count", "N", "end after so many messages"},
};
const std::span<const Flag> kGroups[] = {kPayloadFlags, kLiveFlags};

// A decoder's purpose, without its options.
std::string_view first_sentence(std::string_view help) {
    return help.substr(0, help.find(". "));
}

std::string ending() {
    std::string text = "Decoders:\n";
    for (const telemetry::DecoderKind& kind : telemetry::decoder_kinds())
        text += fmt::format("  {:<12} {}\n", kind.name, first_sentence(kind.help));
    return text +
           "Their options: docs/telemetry.md.\n\nExit code 0: well, 1: unreadable, or no broker, "
           "3: wrong usage.";
}

struct Question {
    std::string topic;
    telemetry::Options options;
    LiveOptions live;
    bool is_live = false;
};

// Error texts for refuse_use(); "": fine.
std::string take_options(const Arguments& arguments, Question& question) {
    std::string decoder = arguments.value("-d");
    for (const std::string& text : arguments.values("-o")) {
        std::size_t equals = text.find('=');
        if (decoder.empty()) return fmt::format("-o {}: say of which decoder, with -d.", text);
        if (equals == std::string::npos || equals == 0)
            return fmt::format("-o {}: expected NAME=VALUE, such as -o 'unit=value lux'.", text);
        std::string name = text.substr(0, equals);
        std::string value = text.substr(equals + 1);
        if (value.empty()) return fmt::format("-o {}: the value is missing.", text);
        if (decoder == "json" && name == "unit" && value.find(' ') == std::string::npos) {
            return fmt::format("-o {}: expected METRIC and UNIT, such as -o 'unit={} lux'.", text,
                               value);
        }
        question.options.decoder_options.push_back({decoder, std::move(name), std::move(value)});
    }
    if (!decoder.empty()) question.options.rules.push_back({"#", decoder});
    return {};
}

bool take_number(const std::string& text, int low, int high, int& number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && number >= low &&
           number <= high;
}

std::string take_live(const Arguments& arguments, Question& question) {
    LiveOptions& live = question.live;
    for (std::string_view flag : {"-h", "-p", "-u", "-P", "-C"})
        question.is_live = question.is_live || arguments.has(flag);
    if (!question.is_live) return {};
    if (arguments.has("-m") || arguments.has("--hex") || !arguments.words.empty())
        return "A payload (-m, --hex, FILE) and a broker (-h, -p, -u, -P, -C) exclude each other.";
    if (arguments.has("-h")) live.address.host = arguments.value("-h");
    int port = live.address.port;
    if (arguments.has("-p") && !take_number(arguments.value("-p"), 1, 65535, port))
        return fmt::format("-p {}: expected a port, 1 to 65535.", arguments.value("-p"));
    live.address.port = static_cast<std::uint16_t>(port);
    if (arguments.has("-C") && !take_number(arguments.value("-C"), 1, 1'000'000'000, live.count))
        return fmt::format("-C {}: expected a number of messages.", arguments.value("-C"));
    if (arguments.has("-u")) live.user_name = arguments.value("-u");
    if (arguments.has("-P")) live.password = arguments.value("-P");
    live.is_json = arguments.has("--json");
    return {};
}

std::string take_topics(const Arguments& arguments, Question& question) {
    std::vector<std::string> topics = arguments.values("-t");
    if (topics.empty())
        return "The topic is missing: -t TOPIC. By it the decoder is chosen, and the source named.";
    for (const std::string& topic : topics) {
        bool is_sound =
            mqtt::is_valid_utf8(topic) && (question.is_live ? mqtt::is_valid_topic_filter(topic)
                                                            : mqtt::is_valid_topic_name(topic));
        if (!is_sound)
            return fmt::format("'{}' is no topic {}.", topic, question.is_live ? "filter" : "name");
    }
    if (topics.size() > 1 && !question.is_live)
        return "-t was given twice: one payload, one topic.";
    question.topic = topics[0];
    question.live.filters = std::move(topics);
    return {};
}

std::string take(const Arguments& arguments, Question& question) {
    std::string problem = take_live(arguments, question);
    if (problem.empty()) problem = take_topics(arguments, question);
    if (problem.empty()) problem = take_options(arguments, question);
    if (!problem.empty()) return problem;
    if (arguments.words.size() > 1)
        return fmt::format("'{}' is not expected here.", arguments.words[1]);
    if (!arguments.words.empty() && arguments.has("-m")) return "-m and a file exclude each other.";
    return {};
}

Result<std::string> read_file(const std::string& path) {
    std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
    if (file == nullptr)
        return Error{fmt::format("Error: Unable to open '{}': {}.", path, std::strerror(errno))};
    std::string bytes;
    std::vector<char> buffer(64 * 1024);
    while (std::size_t size = std::fread(buffer.data(), 1, buffer.size(), file))
        if (bytes.append(buffer.data(), size).size() > kPayloadBytesMax) break;
    bool is_bad = std::ferror(file) != 0;
    if (file != stdin) std::fclose(file);
    if (is_bad) return Error{fmt::format("Error: Unable to read '{}'.", path)};
    if (bytes.size() > kPayloadBytesMax)
        return Error{fmt::format("Error: '{}' is larger than an MQTT payload may be.", path)};
    return bytes;
}

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Blanks and line ends do not count.
Result<std::string> from_hex(std::string_view text) {
    std::string bytes;
    int high = -1;
    for (char c : text) {
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
        int digit = digit_of(c);
        if (digit < 0) return Error{fmt::format("Error: '{}' is no hexadecimal digit.", c)};
        if (high >= 0) bytes += static_cast<char>(high << 4 | digit);
        high = high >= 0 ? -1 : digit;
    }
    if (high >= 0) return Error{"Error: The number of hexadecimal digits is odd."};
    return bytes;
}

Result<std::string> payload_of(const Arguments& arguments) {
    if (arguments.has("-m")) return arguments.value("-m");
    if (arguments.words.empty() && isatty(STDIN_FILENO) != 0)
        std::fprintf(stderr, "Type the payload; Ctrl-D ends it.\n");
    auto payload = read_file(arguments.words.empty() ? "-" : arguments.words[0]);
    // The line end that a shell or an editor puts behind a text is not part of it.
    bool is_piped = arguments.words.empty() && !arguments.has("--hex");
    if (payload && is_piped && payload.value().ends_with('\n')) payload.value().pop_back();
    return payload;
}

// Behind what the command line says.
Status add_configuration(const std::string& config_file, telemetry::Options& options) {
    config::CommandLine command_line;
    command_line.config_file = config_file;
    auto loaded = config::load(command_line);
    if (!loaded) return loaded.error();
    const telemetry::Options& read = loaded.value().settings.telemetry;
    options.rules.insert(options.rules.end(), read.rules.begin(), read.rules.end());
    options.maps = read.maps;
    options.units = read.units;
    options.decoder_options.insert(options.decoder_options.begin(), read.decoder_options.begin(),
                                   read.decoder_options.end());
    return Done{};
}

int show_payload(const Arguments& arguments, const Question& question, Reading& reading) {
    auto payload = payload_of(arguments);
    if (arguments.has("--hex") && payload) payload = from_hex(payload.value());
    if (!payload) return fail(payload.error().text, kExitBadUse);
    Reading::Shown shown = reading.show(question.topic, payload.value(), arguments.has("--json"));
    if (!shown.has_decoder) {
        return fail(fmt::format("No rule of telemetry takes the topic '{}'.", question.topic),
                    kExitBadUse);
    }
    std::fwrite(shown.text.data(), 1, shown.text.size(), stdout);
    return shown.is_unreadable ? kExitUnreadable : 0;
}

}  // namespace

const CommandTable& decode_table() {
    static const std::string end = ending();
    static const CommandTable table = {
        "shows what telemetry makes of a payload.", kUsages, {}, kGroups, end};
    return table;
}

int decode_main(int argc, char** argv) {
    Arguments arguments = read_arguments(decode_table(), argc, argv);
    if (arguments.exit_code) return *arguments.exit_code;
    Question question;
    std::string problem = take(arguments, question);
    if (!problem.empty()) return refuse_use(argv[0], problem);
    if (arguments.has("-c")) {
        Status added = add_configuration(arguments.value("-c"), question.options);
        if (!added) return fail(added.error().text, kExitBadUse);
    }
    auto reading = Reading::make(question.options);
    if (!reading) return fail(reading.error().text, kExitBadUse);
    if (question.is_live) return decode_live(question.live, reading.value());
    return show_payload(arguments, question, reading.value());
}

}  // namespace martlet::cli
