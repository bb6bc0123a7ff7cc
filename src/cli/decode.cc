#include "cli/decode.h"

#include "base/clock.h"
#include "base/text.h"
#include "config/load.h"
#include "mqtt/topic.h"
#include "telemetry/decoded_text.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/operator_units.h"
#include "telemetry/rules.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::cli {

namespace {

constexpr int kExitUnreadable = 1;
constexpr int kExitBadUse = 3;
constexpr std::size_t kPayloadBytesMax = 256u << 20;

struct Question {
    std::string topic;
    std::string config_file;
    std::string decoder;
    telemetry::Options options;
    bool is_hex = false;
    std::string file;
};

int fail(std::string_view text) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
    return kExitBadUse;
}

int show_usage(const char* name) {
    std::fprintf(stderr,
                 "Usage: %s -t TOPIC [-c CONF] [-d DECODER] [-o NAME=VALUE] [--hex] FILE\n\n"
                 "Shows what telemetry makes of the payload in FILE ('-': standard input).\n\n"
                 "  -t TOPIC        the topic that it came on, by which its decoder is chosen\n"
                 "  -c CONF         a mosquitto.conf with telemetry_rule and telemetry_option\n"
                 "  -d DECODER      this decoder, whatever the topic\n"
                 "  -o NAME=VALUE   an option of the decoder of -d; may be given several times\n"
                 "  --hex           FILE holds hexadecimal digits\n\nDecoders:\n",
                 name);
    for (const telemetry::DecoderKind& kind : telemetry::decoder_kinds()) {
        std::fprintf(stderr, "  %-12s %s\n", std::string(kind.name).c_str(),
                     std::string(kind.help).c_str());
    }
    return kExitBadUse;
}

bool take_option(std::string_view text, telemetry::Options& options) {
    std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return false;
    options.decoder_options.push_back(
        {"", std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))});
    return true;
}

bool parse(int argc, char** argv, Question& question) {
    for (int i = 1; i < argc; ++i) {
        std::string_view word = argv[i];
        if (word == "--hex") {
            question.is_hex = true;
            continue;
        }
        bool is_flag = word == "-t" || word == "-c" || word == "-d" || word == "-o";
        if (!is_flag) {
            if ((word.starts_with('-') && word != "-") || !question.file.empty()) return false;
            question.file = word;
            continue;
        }
        if (++i == argc) return false;
        if (word == "-t") question.topic = argv[i];
        if (word == "-c") question.config_file = argv[i];
        if (word == "-d") question.decoder = argv[i];
        if (word == "-o" && !take_option(argv[i], question.options)) return false;
    }
    if (!question.options.decoder_options.empty() && question.decoder.empty()) return false;
    return !question.topic.empty() && !question.file.empty();
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

// The rules of the configuration, or of the command line.
Status settle(Question& question) {
    if (!question.config_file.empty()) {
        config::CommandLine command_line;
        command_line.config_file = question.config_file;
        auto loaded = config::load(command_line);
        if (!loaded) return loaded.error();
        const telemetry::Options& read = loaded.value().settings.telemetry;
        question.options.rules = read.rules;
        question.options.maps = read.maps;
        question.options.units = read.units;
        question.options.decoder_options.insert(question.options.decoder_options.begin(),
                                                read.decoder_options.begin(),
                                                read.decoder_options.end());
    }
    for (telemetry::DecoderOption& option : question.options.decoder_options)
        if (option.decoder.empty()) option.decoder = question.decoder;
    if (!question.decoder.empty())
        question.options.rules.insert(question.options.rules.begin(), {"#", question.decoder});
    return Done{};
}

int show(telemetry::Rules& rules, const Question& question, const std::string& payload) {
    telemetry::Rules::Choice choice = rules.choose(question.topic);
    if (choice.decoder == nullptr)
        return fail(fmt::format("No rule of telemetry takes the topic '{}'.", question.topic));
    telemetry::Incoming incoming;
    incoming.topic = question.topic;
    incoming.payload = payload;
    incoming.received = read_clocks().wall.count();
    incoming.filter = choice.filter;
    telemetry::Decoded decoded;
    choice.decoder->decode(incoming, decoded);
    telemetry::OperatorUnits(question.options.units).apply(decoded.samples);
    std::printf("decoder %s\n", std::string(choice.name).c_str());
    // What strangers sent gives no orders to this terminal.
    for (const std::string& line :
         telemetry::describe(decoded, incoming.received, {.unit_sources = true}))
        std::printf("%s\n", telemetry::without_orders(line).c_str());
    return decoded.verdict == telemetry::Verdict::Unreadable ? kExitUnreadable : 0;
}

}  // namespace

int decode_main(int argc, char** argv) {
    Question question;
    if (!parse(argc, argv, question)) return show_usage(argv[0]);
    if (!mqtt::is_valid_utf8(question.topic) || !mqtt::is_valid_topic_name(question.topic))
        return fail(fmt::format("Error: '{}' is no topic name.", question.topic));
    Status status = settle(question);
    if (!status) return fail(status.error().text);
    auto rules = telemetry::Rules::make(question.options);
    if (!rules) return fail(rules.error().text);
    auto payload = read_file(question.file);
    if (payload && question.is_hex) payload = from_hex(payload.value());
    if (!payload) return fail(payload.error().text);
    return show(rules.value(), question, payload.value());
}

}  // namespace martlet::cli
