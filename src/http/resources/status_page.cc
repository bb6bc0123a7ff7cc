// The plain page at "/": what the broker does, who measures, and the last values. All that it
// shows comes from the API.

#include "http/resources/resources.h"
#include "http/resources/status_page_files.h"

namespace martlet::http {

namespace {

Response file_of(std::string_view text, std::string_view type) {
    Response response;
    response.content_type = type;
    response.body = text;
    response.headers.emplace_back("Cache-Control", "no-cache");
    return response;
}

Response page(Services&, const Request&) {
    return file_of(kStatusPageHtml, "text/html; charset=utf-8");
}

Response style(Services&, const Request&) {
    return file_of(kStatusPageStyle, "text/css; charset=utf-8");
}

Response script(Services&, const Request&) {
    return file_of(kStatusPageScript, "text/javascript; charset=utf-8");
}

Response favicon(Services&, const Request&) {
    return file_of(kFavicon, "image/svg+xml");
}

}  // namespace

std::span<const Route> status_page_routes() {
    static const std::vector<Route> routes = {
        {Method::Get, "/", Role::Nobody, "The status page", page, {}, {}, "text/html"},
        {Method::Get,
         "/setup",
         Role::Nobody,
         "The status page, asking for the first account",
         page,
         {},
         {},
         "text/html"},
        {Method::Get,
         "/status.css",
         Role::Nobody,
         "The status page's style",
         style,
         {},
         {},
         "text/css"},
        {Method::Get,
         "/status.js",
         Role::Nobody,
         "The status page's script",
         script,
         {},
         {},
         "text/javascript"},
        {Method::Get,
         "/favicon.svg",
         Role::Nobody,
         "The status page's icon",
         favicon,
         {},
         {},
         "image/svg+xml"},
    };
    return routes;
}

}  // namespace martlet::http
