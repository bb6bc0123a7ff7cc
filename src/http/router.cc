#include "http/router.h"

#include "base/text.h"
#include "http/accounts/access.h"
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

Response not_allowed(Role needed, const Caller& caller) {
    if (caller.role != Role::Nobody) {
        return Response::error(403, fmt::format("this needs the role {}, and you are {}",
                                                name_of(needed), name_of(caller.role)));
    }
    Response response = Response::error(401, "log in first, or send a token");
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"martlet\"");
    return response;
}

}  // namespace

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
    if (request.segments.empty()) request.segments = segments_of(request.path);
    if (is_foreign_host(request, services.options.hosts)) {
        return Response::error(421,
                               "this broker does not go by that host name here; the setting "
                               "http_host allows it");
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
