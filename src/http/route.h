#pragma once

// The table of what can be asked over HTTP: one row a resource and method. From it come the router,
// the rights and the OpenAPI document. Rows stand beside their handlers (http/resources/) and are
// gathered in http/routes.cc. Immutable; any thread.

#include "http/request.h"
#include "http/response.h"

#include <span>
#include <string_view>
#include <vector>

namespace martlet::http {

struct Services;

struct Parameter {
    std::string_view name;
    std::string_view type;  // JSON schema's: "string", "integer", "number", "boolean"
    std::string_view help;
    bool is_required = false;
};

struct Route {
    Method method = Method::Get;
    std::string_view pattern;  // "/api/v1/sources/{source}"; {name...} at the end takes the rest
    Role role = Role::Viewer;  // who may, at least
    std::string_view summary;  // one line
    Response (*handle)(Services& services, const Request& request) = nullptr;
    std::vector<Parameter> query = {};
    std::string_view body_help = {};                     // what the body holds; empty: none
    std::string_view content_type = "application/json";  // of a good answer
    // Waits for nothing and costs next to nothing: answered by the loop itself, so also while all
    // workers are busy.
    bool is_quick = false;
    std::string_view body_type = "application/json";  // with body_help
};

// All of them.
std::span<const Route> routes();

}  // namespace martlet::http
