// What this API offers, and whether anybody is there.

#include "http/openapi.h"

#include "base/json_writer.h"
#include "http/resources/resources.h"

namespace martlet::http {

namespace {

Response document(Services&, const Request&) {
    return Response::json(openapi_document(routes()));
}

Response health(Services&, const Request&) {
    std::string body;
    JsonWriter(body).begin_object().key("status").text("ok").end_object();
    return Response::json(std::move(body));
}

}  // namespace

std::span<const Route> openapi_routes() {
    static const std::vector<Route> routes = {
        {Method::Get, "/api/v1/openapi.json", Role::Nobody, "This API as an OpenAPI document",
         document},
        {.method = Method::Get,
         .pattern = "/healthz",
         .role = Role::Nobody,
         .summary = "Answers as long as the broker does, however busy the API is",
         .handle = health,
         .is_quick = true},
    };
    return routes;
}

}  // namespace martlet::http
