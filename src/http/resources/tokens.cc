// Tokens, by which programs come in.

#include "base/json_writer.h"
#include "base/log.h"
#include "http/accounts/access.h"
#include "http/json_body.h"
#include "http/resources/changes.h"
#include "http/resources/resources.h"
#include "http/services.h"

namespace martlet::http {

namespace {

constexpr std::string_view kTokenHelp =
    "{\"name\": text, \"role\": \"viewer\" | \"operator\" | \"admin\", \"lifetime_s\": integer}; "
    "without lifetime_s it does not expire";
constexpr std::size_t kNameBytesMax = 200;
constexpr std::int64_t kLifetimeMax = std::int64_t{100} * 366 * 86'400;

Response no_accounts() {
    return Response::error(404, "there are no accounts here");
}

void write_token(JsonWriter& json, const Token& token, std::string_view secret) {
    json.begin_object().key("id").text(token.id).key("name").text(token.name);
    json.key("role").text(name_of(token.role)).key("made_by").text(token.made_by);
    json.key("created").integer(token.created_ms).key("expires");
    if (token.expires_ms == 0) {
        json.null();
    } else {
        json.integer(token.expires_ms);
    }
    if (!secret.empty()) json.key("token").text(secret);
    json.end_object();
}

Response list_tokens(Services& services, const Request&) {
    if (services.access == nullptr) return no_accounts();
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("tokens").begin_array();
    for (const Token& token : services.access->accounts().tokens()) write_token(json, token, "");
    json.end_array().end_object();
    return Response::json(std::move(body));
}

Response add_token(Services& services, const Request& request) {
    if (services.access == nullptr) return no_accounts();
    auto body = read_json_object(request.body);
    if (!body) return bad_body(body.error().text);
    auto name = body.value().text_of("name");
    auto role_name = body.value().text_of("role");
    const JsonValue* lifetime = body.value().find("lifetime_s");
    Token token;
    if (!name || name->empty() || name->size() > kNameBytesMax || !role_name ||
        !read_role(*role_name, token.role))
        return bad_body(kTokenHelp);
    token.name = *name;
    token.made_by = request.caller.account;
    token.created_ms = services.access->now_ms();
    if (lifetime != nullptr) {
        if (lifetime->type != JsonValue::Type::Integer || lifetime->integer < 1 ||
            lifetime->integer > kLifetimeMax)
            return bad_body(kTokenHelp);
        token.expires_ms = token.created_ms + lifetime->integer * 1000;
    }
    std::string secret;
    Change made = services.access->accounts().add_token(token, secret);
    if (made != Change::Made) return refusal_of(made);
    log::notice("HTTP token {} ({}, {}) was made by {}.", token.id, token.name, name_of(token.role),
                token.made_by);
    std::string text;
    JsonWriter json(text);
    write_token(json, token, secret);
    Response response = Response::json(std::move(text));
    response.status = 201;
    return response;
}

Response remove_token(Services& services, const Request& request) {
    if (services.access == nullptr) return no_accounts();
    std::string_view id = request.parameter("id");
    Change made = services.access->accounts().remove_token(id);
    if (made != Change::Made) return refusal_of(made);
    log::notice("HTTP token {} was removed by {}.", id, request.caller.account);
    Response response;
    response.status = 204;
    return response;
}

}  // namespace

std::span<const Route> token_routes() {
    static const std::vector<Route> routes = {
        {Method::Get, "/api/v1/tokens", Role::Admin, "The tokens, without their secrets",
         list_tokens},
        {Method::Post,
         "/api/v1/tokens",
         Role::Admin,
         "Makes a token; what it is is told in this answer and never again",
         add_token,
         {},
         kTokenHelp},
        {Method::Delete, "/api/v1/tokens/{id}", Role::Admin, "Removes a token", remove_token},
    };
    return routes;
}

}  // namespace martlet::http
