#include "base/text.h"
#include "cli/api/door.h"
#include "cli/api/listing.h"
#include "cli/ask.h"
#include "cli/command_tables.h"
#include "cli/output/table.h"

#include <cstdio>

namespace martlet::cli {

namespace {

constexpr std::string_view kUsages[] = {"[options]", "pause|resume|reconnect BRIDGE [options]"};
constexpr Flag kFlags[] = {{"--json", "", "", "the answer of the API as it is"}};
const std::span<const Flag> kGroups[] = {kFlags, kDoorFlags};

constexpr std::string_view kPath = "/api/v1/bridges";

int list(const Api& api) {
    Table table({"BRIDGE", "STATE", "ADDRESS", "SENT", "RECEIVED", "QUEUED", "LAST ERROR"});
    Status read =
        for_each_item(api, std::string(kPath), "bridges", [&](const http::JsonValue& one) {
            table.add({member_text(one, "name"), member_text(one, "state"),
                       member_text(one, "address"), member_text(one, "sent"),
                       member_text(one, "received"), member_text(one, "queued"),
                       member_text(one, "error")});
            return true;
        });
    if (!read) return fail_api(read.error());
    if (table.is_empty()) {
        std::printf("The broker has no bridges: no `connection` in its configuration.\n");
        return 0;
    }
    table.print();
    return 0;
}

int order(const Api& api, const std::string& action, const std::string& bridge) {
    auto done = api.json("POST", fmt::format("{}/{}/{}", kPath, percent_encoded(bridge), action));
    if (!done && done.error().code == 404)
        return fail(
            fmt::format("Error: There is no bridge '{}': `martlet bridges` lists them.", bridge),
            kExitRefused);
    if (!done) return fail_api(done.error());
    std::printf("%s: %s.\n", bridge.c_str(),
                action == "pause"    ? "paused, messages queue"
                : action == "resume" ? "resumed"
                                     : "connects again");
    return 0;
}

bool is_action(const std::string& word) {
    return word == "pause" || word == "resume" || word == "reconnect";
}

}  // namespace

const CommandTable& bridges_table() {
    static const CommandTable table = {
        "lists the bridges of a running broker, pauses and reconnects them.",
        kUsages,
        {},
        kGroups,
        kDoorHelp};
    return table;
}

int bridges_main(int argc, char** argv) {
    Arguments arguments = read_arguments(bridges_table(), argc, argv);
    if (arguments.exit_code) return *arguments.exit_code;
    const std::vector<std::string>& words = arguments.words;
    if (!words.empty() && !is_action(words[0]))
        return refuse_use(argv[0], fmt::format("'{}' is not expected here: pause, resume or "
                                               "reconnect, and a bridge.",
                                               words[0]));
    if (!words.empty() && words.size() != 2)
        return refuse_use(argv[0], fmt::format("Name one bridge to {}.", words[0]));
    auto api = open_door(arguments);
    if (!api) return fail(api.error().text, api.error().code);
    if (!words.empty()) return order(api.value(), words[0], words[1]);
    if (arguments.has("--json")) return print_answer(api.value(), std::string(kPath));
    return list(api.value());
}

}  // namespace martlet::cli
