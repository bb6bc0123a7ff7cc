#include "http/router.h"

#include "base/text.h"
#include "http/accounts/access.h"
#include "http/answers/json_indenter.h"
#include "http/origin.h"

#include <algorithm>
#include <array>

namespace martlet::http {

namespace {

bool is_change(Method method) {
    return method != Method::Get && method != Method::Head && method != Method::Options;
}

std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty()) {
        path.remove_prefix(1);
        std::size_t end = std::min(path.find('/'), path.size());
        segments.emplace_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return segments;
}

// Takes `pretty` out of the query: it concerns every JSON answer, and no handler. Nothing: its
// value is neither true nor false.
std::optional<bool> take_pretty(Fields& query) {
    bool is_pretty = false;
    for (const auto& [name, value] : query) {
        if (name != "pretty") continue;
        bool is_true = value.empty() || value == "true" || value == "1";
        if (!is_true && value != "false" && value != "0") return std::nullopt;
        is_pretty = is_true;
    }
    std::erase_if(query, [](const auto& field) { return field.first == "pretty"; });
    return is_pretty;
}

// A person in front of a browser, where programs do not ask.
bool wants_page(const Request& request, const Response& response) {
    if (response.problem.empty()) return false;
    bool is_for_programs = request.path.starts_with("/api/") && response.status != 421;
    return !is_for_programs &&
           request.header("accept").value_or("").find("text/html") != std::string_view::npos;
}

std::string as_html(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '<') {
            out += "&lt;";
        } else if (c == '&') {
            out += "&amp;";
        } else {
            out += c;
        }
    }
    return out;
}

Response error_page(const Response& error) {
    Response page;
    page.status = error.status;
    page.headers = error.headers;
    page.content_type = "text/html; charset=utf-8";
    page.body = fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
        "<title>Martlet: {0}</title><link rel=\"stylesheet\" href=\"/status.css\"></head>\n"
        "<body><h1>Martlet</h1>\n<p>Error {0}: {1}.</p>\n<p><a href=\"/\">The status page</a>"
        "</p></body>\n</html>\n",
        error.status, as_html(error.problem));
    return page;
}

void indent(Response& response) {
    if (!response.is_json()) return;
    if (response.stream) {
        response.stream = indented(std::move(response.stream));
        return;
    }
    std::string body;
    JsonIndenter().feed(response.body, body);
    response.body = std::move(body);
}

}  // namespace

Response not_allowed(Role needed, const Caller& caller) {
    if (caller.role != Role::Nobody) {
        return Response::error(403, fmt::format("this needs the role {}, and you are {}",
                                                name_of(needed), name_of(caller.role)));
    }
    Response response = Response::error(401, "log in first, or send a token");
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"martlet\"");
    return response;
}

std::string_view name_of(Method method) {
    constexpr std::array<std::string_view, 7> kNames = {"GET",   "HEAD",   "POST",   "PUT",
                                                        "PATCH", "DELETE", "OPTIONS"};
    return kNames[static_cast<std::size_t>(method)];
}

Router::Router(std::span<const Route> routes) {
    for (const Route& route : routes) patterns_.push_back({&route, parts_of(route.pattern)});
}

std::vector<Router::Part> Router::parts_of(std::string_view pattern) {
    std::vector<Part> parts;
    while (!pattern.empty()) {
        pattern.remove_prefix(1);
        std::size_t end = std::min(pattern.find('/'), pattern.size());
        Part part{pattern.substr(0, end)};
        pattern.remove_prefix(end);
        if (part.text.starts_with('{') && part.text.ends_with('}')) {
            part.is_parameter = true;
            part.text = part.text.substr(1, part.text.size() - 2);
            part.takes_rest = part.text.ends_with("...");
            if (part.takes_rest) part.text.remove_suffix(3);
        }
        parts.push_back(part);
    }
    return parts;
}

bool Router::matches(const Pattern& pattern, const Request& request) {
    const auto& parts = pattern.parts;
    const auto& segments = request.segments;
    bool takes_rest = !parts.empty() && parts.back().takes_rest;
    if (takes_rest ? segments.size() < parts.size() : segments.size() != parts.size()) return false;
    for (std::size_t i = 0; i < parts.size(); i++) {
        if (parts[i].is_parameter ? segments[i].empty() : segments[i] != parts[i].text)
            return false;
    }
    return true;
}

// "/a/b" before "/a/{x}" before "/a/{x...}". Both match the same path.
bool Router::is_closer(const Pattern& a, const Pattern& b) {
    auto rank = [](const Part& part) {
        return part.takes_rest ? 2 : static_cast<int>(part.is_parameter);
    };
    for (std::size_t i = 0; i < std::min(a.parts.size(), b.parts.size()); i++) {
        if (rank(a.parts[i]) != rank(b.parts[i])) return rank(a.parts[i]) < rank(b.parts[i]);
    }
    return false;
}

const Router::Pattern* Router::find(const Request& request, Method method) const {
    if (method == Method::Head) method = Method::Get;
    const Pattern* best = nullptr;
    for (const Pattern& pattern : patterns_) {
        if (pattern.route->method != method || !matches(pattern, request)) continue;
        if (best == nullptr || is_closer(pattern, *best)) best = &pattern;
    }
    return best;
}

// Nothing of that name, or only by other methods, or the question which.
Response Router::without_route(const Request& request) const {
    std::string allowed;
    for (Method method :
         {Method::Get, Method::Head, Method::Post, Method::Put, Method::Patch, Method::Delete}) {
        if (find(request, method) != nullptr) allowed += fmt::format("{}, ", name_of(method));
    }
    if (allowed.empty())
        return Response::error(404, "there is nothing here; see /api/v1/openapi.json");
    allowed += "OPTIONS";
    Response response = Response::error(405, fmt::format("allowed here: {}", allowed));
    if (request.method == Method::Options) {
        response = Response();
        response.status = 204;
    }
    response.headers.emplace_back("Allow", std::move(allowed));
    return response;
}

bool Router::is_quick(Request& request) const {
    if (request.segments.empty()) request.segments = segments_of(request.path);
    const Pattern* pattern = find(request, request.method);
    return pattern != nullptr && pattern->route->is_quick;
}

Response Router::answer(Services& services, Request& request) const {
    auto is_pretty = take_pretty(request.query);
    if (!is_pretty) return Response::error(400, "pretty: expected true or false");
    Response response = plain_answer(services, request);
    if (wants_page(request, response)) return error_page(response);
    if (*is_pretty) indent(response);
    return response;
}

Response Router::plain_answer(Services& services, Request& request) const {
    if (request.segments.empty()) request.segments = segments_of(request.path);
    if (is_foreign_host(request, services.options.hosts)) {
        std::string host(request.header("host").value_or("").substr(0, 200));
        return Response::error(
            421, fmt::format("this broker does not go by the name {} here: the line 'http_host "
                             "NAME' in its configuration allows a name",
                             host));
    }
    if (is_change(request.method) && is_foreign_page(request))
        return Response::error(403, "changes are not accepted from other sites' pages");
    if (services.access != nullptr && !services.access->identify(request)) {
        Response response = Response::error(401, "the token is wrong, was removed or has expired");
        response.headers.emplace_back("WWW-Authenticate",
                                      "Bearer realm=\"martlet\", error=\"invalid_token\"");
        return response;
    }
    const Pattern* pattern = find(request, request.method);
    if (pattern == nullptr) return without_route(request);
    const Route& route = *pattern->route;
    if (request.caller.role < route.role) return not_allowed(route.role, request.caller);
    // What is public does nothing by the caller's rights.
    if (is_change(request.method) && route.role != Role::Nobody && services.access != nullptr &&
        !services.access->is_own_wish(request)) {
        return Response::error(403,
                               "a change by cookie needs the header X-CSRF-Token, as GET "
                               "/api/v1/me tells it");
    }
    for (std::size_t i = 0; i < pattern->parts.size(); i++) {
        const Part& part = pattern->parts[i];
        if (!part.is_parameter) continue;
        std::string value = request.segments[i];
        for (std::size_t j = i + 1; part.takes_rest && j < request.segments.size(); j++)
            value += "/" + request.segments[j];
        request.parameters.emplace_back(part.text, std::move(value));
    }
    return route.handle(services, request);
}

}  // namespace martlet::http
