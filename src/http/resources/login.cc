// Coming in and going out: log-in sessions, the first account, and who one is.

#include "base/json_writer.h"
#include "base/log.h"
#include "base/text.h"
#include "http/accounts/access.h"
#include "http/json_body.h"
#include "http/resources/changes.h"
#include "http/resources/resources.h"
#include "http/services.h"

namespace martlet::http {

namespace {

constexpr std::string_view kNameAndPassword = "{\"name\": text, \"password\": text}";

std::string cookie(const Request& request, std::string_view value, std::int64_t lifetime_s) {
    return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", kSessionCookie,
                       value, lifetime_s, request.is_secure ? "; Secure" : "");
}

Response caller_as_json(const Caller& caller, std::string_view csrf_token) {
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("account").text(caller.account);
    json.key("role").text(name_of(caller.role));
    if (!csrf_token.empty()) json.key("csrf_token").text(csrf_token);
    json.end_object();
    return Response::json(std::move(body));
}

Response too_many(Milliseconds wait) {
    std::int64_t wait_s = (wait.count() + 999) / 1000;
    Response response =
        Response::error(429, fmt::format("too many wrong passwords: try again in {} s", wait_s));
    response.headers.emplace_back("Retry-After", fmt::format("{}", wait_s));
    return response;
}

Response log_in_with(Services& services, const Request& request, std::string_view name,
                     std::string_view password) {
    Access::LoggedIn result = services.access->log_in(request, name, password);
    if (result.wait > Milliseconds(0)) return too_many(result.wait);
    if (!result.is_in) return Response::error(401, "wrong name or password");
    Response response = caller_as_json(result.caller, result.csrf_token);
    std::int64_t lifetime_s = LogIns::kLifetime.count() / 1000;
    response.headers.emplace_back("Set-Cookie", cookie(request, result.caller.session, lifetime_s));
    return response;
}

Response log_in(Services& services, const Request& request) {
    if (services.access == nullptr) return Response::error(404, "there are no accounts here");
    auto body = read_json_object(request.body);
    if (!body) return bad_body(body.error().text);
    auto name = body.value().text_of("name");
    auto password = body.value().text_of("password");
    if (!name || !password) return bad_body(kNameAndPassword);
    return log_in_with(services, request, *name, *password);
}

Response log_out(Services& services, const Request& request) {
    if (services.access != nullptr) services.access->log_out(request.caller);
    Response response;
    response.status = 204;
    response.headers.emplace_back("Set-Cookie", cookie(request, "", 0));
    return response;
}

Response who_am_i(Services& services, const Request& request) {
    std::string csrf_token;
    if (services.access != nullptr) csrf_token = services.access->csrf_token(request.caller);
    return caller_as_json(request.caller, csrf_token);
}

Response change_own_password(Services& services, const Request& request) {
    if (services.access == nullptr) return Response::error(404, "there are no accounts here");
    if (!request.caller.is_by_cookie) return Response::error(403, "log in with the password first");
    auto body = read_json_object(request.body);
    if (!body) return bad_body(body.error().text);
    auto old_password = body.value().text_of("old_password");
    auto new_password = body.value().text_of("new_password");
    if (!old_password || !new_password)
        return bad_body("{\"old_password\": text, \"new_password\": text}");
    // By the same door as a log-in, so that wrong ones are counted.
    Access::LoggedIn check =
        services.access->log_in(request, request.caller.account, *old_password);
    if (check.wait > Milliseconds(0)) return too_many(check.wait);
    if (!check.is_in) return Response::error(403, "the old password is wrong");
    services.access->log_out(check.caller);
    AccountChange change{{}, std::string(*new_password)};
    Change made = services.access->change(request.caller.account, change, request.caller);
    if (made != Change::Made) return refusal_of(made);
    return who_am_i(services, request);
}

Response is_setup_needed(Services& services, const Request&) {
    bool is_needed = services.access != nullptr && services.access->accounts().is_empty();
    std::string body;
    JsonWriter(body).begin_object().key("is_needed").boolean(is_needed).end_object();
    return Response::json(std::move(body));
}

Response set_up(Services& services, const Request& request) {
    if (services.access == nullptr) return Response::error(404, "there are no accounts here");
    auto body = read_json_object(request.body);
    if (!body) return bad_body(body.error().text);
    auto secret = body.value().text_of("token");
    auto name = body.value().text_of("name");
    auto password = body.value().text_of("password");
    if (!secret || !name || !password)
        return bad_body("{\"token\": text, \"name\": text, \"password\": text}");
    Change made = services.access->set_up(*secret, *name, *password);
    if (made == Change::NotFound) {
        return Response::error(403,
                               "the link is not valid (any more): the broker's log has the "
                               "one of its last start, if there is no account yet");
    }
    if (made != Change::Made) return refusal_of(made);
    log::notice("HTTP account {} (admin), the first one, was made from {}.", *name, request.peer);
    return log_in_with(services, request, *name, *password);
}

}  // namespace

std::span<const Route> log_in_routes() {
    static const std::vector<Route> routes = {
        {Method::Post,
         "/api/v1/login",
         Role::Nobody,
         "Begins a log-in session: sets its cookie and tells the CSRF token",
         log_in,
         {},
         kNameAndPassword},
        {Method::Post, "/api/v1/logout", Role::Viewer, "Ends the log-in session", log_out},
        {Method::Get, "/api/v1/me", Role::Viewer, "Who asks, and what they may", who_am_i},
        {Method::Post,
         "/api/v1/me/password",
         Role::Viewer,
         "Changes one's own password and ends one's other log-in sessions",
         change_own_password,
         {},
         "{\"old_password\": text, \"new_password\": text}"},
        {Method::Get, "/api/v1/setup", Role::Nobody,
         "Whether the first account is still to be made", is_setup_needed},
        {Method::Post,
         "/api/v1/setup",
         Role::Nobody,
         "Makes the first account, with the token of the link in the broker's log, and logs in",
         set_up,
         {},
         "{\"token\": text, \"name\": text, \"password\": text}"},
    };
    return routes;
}

}  // namespace martlet::http
