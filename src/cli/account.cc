#include "cli/account.h"

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/api/door.h"
#include "cli/api/listing.h"
#include "cli/command_tables.h"
#include "cli/output/table.h"
#include "cli/password_prompt.h"

#include <cstdio>

namespace martlet::cli {

namespace {

constexpr std::string_view kUsages[] = {
    "add NAME [--role ROLE] [--password TEXT]   make an account",
    "list                                       who has one",
    "password NAME [--password TEXT]            set a new password, also a lost one's",
    "role NAME ROLE                             change the role",
    "remove NAME                                with its tokens",
};
constexpr std::string_view kWords[] = {"add", "list", "password", "role", "remove"};
constexpr Flag kFlags[] = {
    {"--role", "", "ROLE", "viewer, operator or admin; the first account is an admin"},
    {"--password", "", "TEXT", "the password (others can see it there); without it: asked for"},
    {"--json", "", "", "list: the answer of the API as it is"},
};
const std::span<const Flag> kGroups[] = {kFlags, kDoorFlags};

constexpr std::string_view kPath = "/api/v1/accounts";

std::string path_of(std::string_view name) {
    return fmt::format("{}/{}", kPath, percent_encoded(name));
}

// Error::code is the exit code.
Result<std::string> password_of(const Arguments& arguments) {
    if (arguments.has("--password")) return arguments.value("--password");
    return ask_password();
}

Result<bool> has_accounts(const Api& api) {
    bool has = false;
    Status read = for_each_item(api, std::string(kPath), "accounts",
                                [&](const http::JsonValue&) { return !(has = true); });
    if (!read) return read.error();
    return has;
}

int add(const Api& api, const Arguments& arguments, const std::string& name) {
    std::string role = arguments.value("--role");
    if (role.empty()) {
        auto has = has_accounts(api);
        if (!has) return fail_api(has.error());
        role = has.value() ? "viewer" : "admin";
    } else if (role != "admin") {
        auto has = has_accounts(api);
        if (!has) return fail_api(has.error());
        if (!has.value()) {
            return fail("Error: The first account must be an admin: make that one before others.",
                        kExitRefused);
        }
    }
    auto password = password_of(arguments);
    if (!password) return fail(password.error().text, kExitRefused);
    std::string body;
    martlet::JsonWriter json(body);
    json.begin_object().key("name").text(name).key("role").text(role);
    json.key("password").text(password.value()).end_object();
    wipe(password.value());
    auto made = api.json("POST", kPath, body);
    wipe(body);
    if (!made) return fail_api(made.error());
    std::printf("Account %s (%s) is made: %s\n", name.c_str(), role.c_str(), api.url().c_str());
    return 0;
}

int set_password(const Api& api, const Arguments& arguments, const std::string& name) {
    auto password = password_of(arguments);
    if (!password) return fail(password.error().text, kExitRefused);
    std::string body;
    martlet::JsonWriter(body).begin_object().key("password").text(password.value()).end_object();
    wipe(password.value());
    auto changed = api.json("PATCH", path_of(name), body);
    wipe(body);
    if (!changed) return fail_api(changed.error());
    std::printf("Account %s has a new password. Its log-in sessions are ended.\n", name.c_str());
    return 0;
}

int set_role(const Api& api, const std::string& name, const std::string& role) {
    std::string body;
    martlet::JsonWriter(body).begin_object().key("role").text(role).end_object();
    auto changed = api.json("PATCH", path_of(name), body);
    if (!changed) return fail_api(changed.error());
    std::printf("Account %s has the role %s.\n", name.c_str(), role.c_str());
    return 0;
}

int list(const Api& api, const Arguments& arguments) {
    if (arguments.has("--json")) return print_answer(api, std::string(kPath));
    Table table({"NAME", "ROLE"});
    Status read =
        for_each_item(api, std::string(kPath), "accounts", [&](const http::JsonValue& account) {
            table.add({member_text(account, "name"), member_text(account, "role")});
            return true;
        });
    if (!read) return fail_api(read.error());
    if (table.is_empty()) {
        std::printf("There is no account yet: `martlet account add NAME` makes the first.\n");
        return 0;
    }
    table.print();
    return 0;
}

int remove(const Api& api, const std::string& name) {
    auto removed = api.json("DELETE", path_of(name));
    if (!removed) return fail_api(removed.error());
    std::printf("Account %s is removed, with its tokens.\n", name.c_str());
    return 0;
}

}  // namespace

const CommandTable& account_table() {
    static const CommandTable table = {"makes and changes the accounts for pages and API.", kUsages,
                                       kWords, kGroups, kDoorHelp};
    return table;
}

int account_main(int argc, char** argv) {
    Arguments arguments = read_arguments(account_table(), argc, argv);
    if (arguments.exit_code) return *arguments.exit_code;
    const std::string& word = arguments.words[0];
    std::size_t wanted = word == "list" ? 1 : word == "role" ? 3 : 2;
    if (arguments.words.size() < wanted) {
        return refuse_use(argv[0], wanted == 3 ? "Say which account and which role."
                                               : fmt::format("{}: which account?", word));
    }
    if (arguments.words.size() > wanted)
        return refuse_use(argv[0],
                          fmt::format("'{}' is not expected here.", arguments.words[wanted]));
    auto api = open_door(arguments);
    if (!api) return fail(api.error().text, api.error().code);
    if (word == "list") return list(api.value(), arguments);
    const std::string& name = arguments.words[1];
    if (word == "add") return add(api.value(), arguments, name);
    if (word == "password") return set_password(api.value(), arguments, name);
    if (word == "role") return set_role(api.value(), name, arguments.words[2]);
    return remove(api.value(), name);
}

}  // namespace martlet::cli
