// Accounts of people.

#include "base/json_writer.h"
#include "base/log.h"
#include "http/accounts/access.h"
#include "http/json_body.h"
#include "http/resources/changes.h"
#include "http/resources/resources.h"
#include "http/services.h"

namespace martlet::http {

namespace {

constexpr std::string_view kAccountHelp =
    "{\"name\": text, \"role\": \"viewer\" | \"operator\" | \"admin\", \"password\": text}";
constexpr std::string_view kChangeHelp = "{\"role\": text, \"password\": text}, or one of them";

Response no_accounts() {
    return Response::error(404, "there are no accounts here");
}

void write_account(JsonWriter& json, std::string_view name, Role role) {
    json.begin_object().key("name").text(name).key("role").text(name_of(role)).end_object();
}

Response list_accounts(Services& services, const Request&) {
    if (services.access == nullptr) return no_accounts();
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("accounts").begin_array();
    for (const Account& account : services.access->accounts().accounts())
        write_account(json, account.name, account.role);
    json.end_array().end_object();
    return Response::json(std::move(body));
}

Response add_account(Services& services, const Request& request) {
    if (services.access == nullptr) return no_accounts();
    auto body = read_json_object(request.body);
    if (!body) return bad_body(body.error().text);
    auto name = body.value().text_of("name");
    auto role_name = body.value().text_of("role");
    auto password = body.value().text_of("password");
    Role role = Role::Nobody;
    if (!name || !role_name || !password || !read_role(*role_name, role))
        return bad_body(kAccountHelp);
    Change made = services.access->accounts().add(*name, role, *password);
    if (made != Change::Made) return refusal_of(made);
    log::notice("HTTP account {} ({}) was made by {}.", *name, name_of(role),
                request.caller.account);
    std::string text;
    JsonWriter json(text);
    write_account(json, *name, role);
    Response response = Response::json(std::move(text));
    response.status = 201;
    return response;
}

Response change_account(Services& services, const Request& request) {
    if (services.access == nullptr) return no_accounts();
    auto body = read_json_object(request.body);
    if (!body) return bad_body(body.error().text);
    AccountChange change;
    auto role_name = body.value().text_of("role");
    auto password = body.value().text_of("password");
    Role role = Role::Nobody;
    if ((!role_name && !password) || (role_name && !read_role(*role_name, role)))
        return bad_body(kChangeHelp);
    if (role_name) change.role = role;
    if (password) change.password = std::string(*password);
    std::string_view name = request.parameter("name");
    Change made = services.access->change(name, change, request.caller);
    if (made != Change::Made) return refusal_of(made);
    log::notice("HTTP account {} was changed by {}:{}{}.", name, request.caller.account,
                role_name ? fmt::format(" role {}", name_of(role)) : "",
                password ? " new password" : "");
    std::string text;
    JsonWriter json(text);
    write_account(json, name, services.access->accounts().role_of(name).value_or(Role::Nobody));
    return Response::json(std::move(text));
}

Response remove_account(Services& services, const Request& request) {
    if (services.access == nullptr) return no_accounts();
    std::string_view name = request.parameter("name");
    Change made = services.access->remove(name);
    if (made != Change::Made) return refusal_of(made);
    log::notice("HTTP account {} was removed by {}.", name, request.caller.account);
    Response response;
    response.status = 204;
    return response;
}

}  // namespace

std::span<const Route> account_routes() {
    static const std::vector<Route> routes = {
        {Method::Get, "/api/v1/accounts", Role::Admin, "Who has an account", list_accounts},
        {Method::Post,
         "/api/v1/accounts",
         Role::Admin,
         "Makes an account",
         add_account,
         {},
         kAccountHelp},
        {Method::Patch,
         "/api/v1/accounts/{name}",
         Role::Admin,
         "Changes an account's role or password; a new password ends its log-in sessions",
         change_account,
         {},
         kChangeHelp},
        {Method::Delete, "/api/v1/accounts/{name}", Role::Admin,
         "Removes an account with its tokens and log-in sessions", remove_account},
    };
    return routes;
}

}  // namespace martlet::http
