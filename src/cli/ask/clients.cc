#include "base/text.h"
#include "cli/api/door.h"
#include "cli/api/listing.h"
#include "cli/ask.h"
#include "cli/command_tables.h"
#include "cli/output/table.h"

#include <cstdio>

namespace martlet::cli {

namespace {

constexpr std::string_view kListUsages[] = {"[options]"};
constexpr Flag kListFlags[] = {
    {"--online", "", "", "only those that are connected"},
    {"--json", "", "", "the answer of the API as it is (the first 10,000)"},
};
const std::span<const Flag> kListGroups[] = {kListFlags, kDoorFlags};

constexpr std::string_view kKickUsages[] = {"CLIENT [options]"};
constexpr Flag kKickFlags[] = {
    {"--session", "", "", "also remove what it left: session, queue and will"},
};
const std::span<const Flag> kKickGroups[] = {kKickFlags, kDoorFlags};

void add_row(Table& table, const http::JsonValue& client) {
    bool is_online = client.boolean_of("is_online").value_or(false);
    table.add({member_text(client, "client_id"), member_text(client, "user_name"),
               is_online ? "online" : "offline", member_text(client, "peer"),
               member_text(client, "protocol"), member_text(client, "subscriptions"),
               member_text(client, "queued")});
}

}  // namespace

const CommandTable& clients_table() {
    static const CommandTable table = {
        "lists the clients of a running broker.", kListUsages, {}, kListGroups, kDoorHelp};
    return table;
}

const CommandTable& kick_table() {
    static const CommandTable table = {"ends a client's connection. The client may come again.",
                                       kKickUsages,
                                       {},
                                       kKickGroups,
                                       kDoorHelp};
    return table;
}

int clients_main(int argc, char** argv) {
    Arguments arguments = read_arguments(clients_table(), argc, argv);
    if (arguments.exit_code) return *arguments.exit_code;
    if (!arguments.words.empty())
        return refuse_use(argv[0], fmt::format("'{}' is not expected here.", arguments.words[0]));
    auto api = open_door(arguments);
    if (!api) return fail(api.error().text, api.error().code);
    if (arguments.has("--json")) return print_answer(api.value(), "/api/v1/clients?limit=10000");
    Table table({"CLIENT", "USER", "STATE", "FROM", "MQTT", "SUBS", "QUEUED"});
    bool only_online = arguments.has("--online");
    Status read = for_each_item(
        api.value(), "/api/v1/clients?limit=500", "clients", [&](const http::JsonValue& client) {
            if (!only_online || client.boolean_of("is_online").value_or(false))
                add_row(table, client);
            return true;
        });
    if (!read) return fail_api(read.error());
    if (table.is_empty()) {
        std::printf("No client is %s.\n", only_online ? "connected" : "known");
        return 0;
    }
    table.print();
    return 0;
}

int kick_main(int argc, char** argv) {
    Arguments arguments = read_arguments(kick_table(), argc, argv);
    if (arguments.exit_code) return *arguments.exit_code;
    if (arguments.words.size() != 1)
        return refuse_use(argv[0], "Name one client by its client id.");
    auto api = open_door(arguments);
    if (!api) return fail(api.error().text, api.error().code);
    const std::string& client = arguments.words[0];
    bool and_session = arguments.has("--session");
    auto kicked =
        api.value().json("DELETE", fmt::format("/api/v1/clients/{}{}", percent_encoded(client),
                                               and_session ? "?session=true" : ""));
    if (!kicked && kicked.error().code == 404) {
        return fail(
            fmt::format("Error: There is no client '{}': `martlet clients` lists them.", client),
            kExitRefused);
    }
    if (!kicked) return fail_api(kicked.error());
    std::printf("%s: the connection is ended%s.\n", client.c_str(),
                and_session ? ", the session removed" : "");
    return 0;
}

}  // namespace martlet::cli
