#include "base/text.h"
#include "cli/api/door.h"
#include "cli/api/listing.h"
#include "cli/ask.h"
#include "cli/command_tables.h"
#include "cli/output/table.h"

#include <array>
#include <cstdio>
#include <map>

namespace martlet::cli {

namespace {

constexpr std::string_view kUsages[] = {"[options]"};
constexpr Flag kFlags[] = {{"--json", "", "", "all values of the broker, as the API answers them"}};
const std::span<const Flag> kGroups[] = {kFlags, kDoorFlags};

constexpr std::string_view kPath = "/api/v1/broker";

struct Row {
    const char* label;
    const char* first;
    const char* text;  // with {} for the values
    const char* second;
};
constexpr Row kRows[] = {
    {"version", "version", "{}", ""},
    {"running for", "uptime", "{}", ""},
    {"clients", "clients/connected", "{} connected of {} known", "clients/total"},
    {"subscriptions", "subscriptions/count", "{}", ""},
    {"retained", "retained messages/count", "{}", ""},
    {"queued", "packet/out/count", "{} for clients ({} bytes)", "packet/out/bytes"},
    {"messages in", "publish/messages/received", "{}, {} a minute", "load/publish/received/1min"},
    {"messages out", "publish/messages/sent", "{}, {} a minute", "load/publish/sent/1min"},
    {"dropped", "publish/messages/dropped", "{}", ""},
};

// How many sources are in which state; empty: telemetry is off.
Result<std::string> sources_text(const Api& api) {
    std::map<std::string, std::uint64_t> states;
    std::uint64_t count = 0;
    Status read =
        for_each_item(api, "/api/v1/sources?limit=200", "sources", [&](const http::JsonValue& one) {
            states[member_text(one, "state")]++;
            return ++count < 10'000;
        });
    // 503, or 404 of a broker without: nothing to tell.
    if (!read && (read.error().code == 503 || read.error().code == 404)) return std::string();
    if (!read) return read.error();
    std::string text = fmt::format("{}", count);
    const char* separator = " (";
    for (const auto& [state, number] : states) {
        text += fmt::format("{}{} {}", separator, number, state);
        separator = ", ";
    }
    return count == 0 ? "0" : text + ")";
}

void print_row(std::string_view label, std::string_view text) {
    auto line = fmt::format("{:<14} {}\n", label, text);
    std::fwrite(line.data(), 1, line.size(), stdout);
}

void print_values(const http::JsonValue& values) {
    for (const Row& row : kRows) {
        const http::JsonValue* first = values.find(row.first);
        if (first == nullptr) continue;
        print_row(row.label, fmt::format(fmt::runtime(row.text), value_text(first),
                                         member_text(values, row.second)));
    }
}

}  // namespace

const CommandTable& status_table() {
    static const CommandTable table = {
        "tells how a running broker fares.", kUsages, {}, kGroups, kDoorHelp};
    return table;
}

int status_main(int argc, char** argv) {
    Arguments arguments = read_arguments(status_table(), argc, argv);
    if (arguments.exit_code) return *arguments.exit_code;
    if (!arguments.words.empty())
        return refuse_use(argv[0], fmt::format("'{}' is not expected here.", arguments.words[0]));
    auto api = open_door(arguments);
    if (!api) return fail(api.error().text, api.error().code);
    if (arguments.has("--json")) return print_answer(api.value(), std::string(kPath));
    auto answer = api.value().json("GET", kPath);
    if (!answer) return fail_api(answer.error());
    auto sources = sources_text(api.value());
    if (!sources) return fail_api(sources.error());
    print_row("pages and API", api.value().url());
    const http::JsonValue* values = answer.value().find("values");
    if (values == nullptr || values->members.empty()) {
        print_row("values", "none: the broker has just started, or `sys_interval` is 0");
    } else {
        print_values(*values);
    }
    print_row("sources", sources.value().empty() ? "telemetry is off" : sources.value());
    return 0;
}

}  // namespace martlet::cli
