#include "cli/token.h"

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/api/door.h"
#include "cli/api/listing.h"
#include "cli/command_tables.h"
#include "cli/output/table.h"

#include <charconv>
#include <cstdio>
#include <unistd.h>

namespace martlet::cli {

namespace {

constexpr std::string_view kUsages[] = {
    "add NAME [--role ROLE] [--days N]   make a token and print it, once",
    "list                                which there are, without their secrets",
    "remove ID                           from then on it opens nothing",
};
constexpr std::string_view kWords[] = {"add", "list", "remove"};
constexpr Flag kFlags[] = {
    {"--role", "", "ROLE", "viewer (reads; the default), operator or admin"},
    {"--days", "", "N", "it expires after so many days; without it: never"},
    {"--json", "", "", "the answer of the API as it is"},
};
const std::span<const Flag> kGroups[] = {kFlags, kDoorFlags};

constexpr std::string_view kPath = "/api/v1/tokens";

int add(const Api& api, const Arguments& arguments, const char* program) {
    std::string role = arguments.value("--role");
    std::string days = arguments.value("--days");
    std::string body;
    martlet::JsonWriter json(body);
    json.begin_object().key("name").text(arguments.words[1]);
    json.key("role").text(role.empty() ? "viewer" : role);
    if (!days.empty()) {
        constexpr int kDaysMax = 36'500;
        int number = 0;
        auto [end, error] = std::from_chars(days.data(), days.data() + days.size(), number);
        bool is_sound = error == std::errc() && end == days.data() + days.size();
        if (!is_sound || number < 1 || number > kDaysMax)
            return refuse_use(program, fmt::format("'{}' is no number of days.", days));
        json.key("lifetime_s").integer(std::int64_t{number} * 86'400);
    }
    json.end_object();
    auto made = api.json("POST", kPath, body);
    if (!made) return fail_api(made.error());
    std::printf("%s\n", member_text(made.value(), "token").c_str());
    // Only the token goes into a script's variable.
    if (isatty(STDOUT_FILENO) != 0) {
        std::fprintf(stderr,
                     "It is shown this once. Use: curl -H 'Authorization: Bearer TOKEN' "
                     "%s/api/v1/sources\n",
                     api.url().c_str());
    }
    return 0;
}

int list(const Api& api, const Arguments& arguments) {
    if (arguments.has("--json")) return print_answer(api, std::string(kPath));
    Table table({"ID", "NAME", "ROLE", "MADE BY", "MADE", "EXPIRES"});
    Status read =
        for_each_item(api, std::string(kPath), "tokens", [&](const http::JsonValue& token) {
            auto expires = token.integer_of("expires");
            table.add({member_text(token, "id"), member_text(token, "name"),
                       member_text(token, "role"), member_text(token, "made_by"),
                       time_text(token.integer_of("created").value_or(0)),
                       expires ? time_text(*expires) : "never"});
            return true;
        });
    if (!read) return fail_api(read.error());
    if (table.is_empty()) {
        std::printf("There is no token: `martlet token add NAME` makes one.\n");
        return 0;
    }
    table.print();
    return 0;
}

int remove(const Api& api, const std::string& id) {
    auto removed = api.json("DELETE", fmt::format("{}/{}", kPath, percent_encoded(id)));
    if (!removed && removed.error().code == 404)
        return fail(fmt::format("Error: There is no token with the id '{}': `martlet token list` "
                                "shows the ids.",
                                id),
                    kExitRefused);
    if (!removed) return fail_api(removed.error());
    std::printf("Token %s is removed.\n", id.c_str());
    return 0;
}

}  // namespace

const CommandTable& token_table() {
    static const CommandTable table = {
        "makes and removes the tokens by which programs ask the API.", kUsages, kWords, kGroups,
        kDoorHelp};
    return table;
}

int token_main(int argc, char** argv) {
    Arguments arguments = read_arguments(token_table(), argc, argv);
    if (arguments.exit_code) return *arguments.exit_code;
    const std::string& word = arguments.words[0];
    std::size_t wanted = word == "list" ? 1 : 2;
    if (arguments.words.size() < wanted) {
        return refuse_use(argv[0], word == "add" ? "Give the token a name: who will use it?"
                                                 : "Which token? `martlet token list` shows ids.");
    }
    if (arguments.words.size() > wanted)
        return refuse_use(argv[0],
                          fmt::format("'{}' is not expected here.", arguments.words[wanted]));
    auto api = open_door(arguments);
    if (!api) return fail(api.error().text, api.error().code);
    if (word == "list") return list(api.value(), arguments);
    if (word == "add") return add(api.value(), arguments, argv[0]);
    return remove(api.value(), arguments.words[1]);
}

}  // namespace martlet::cli
