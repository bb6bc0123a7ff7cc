#include "http/openapi.h"

#include "base/ascii.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "http/accounts/account_file.h"
#include "http/router.h"

#include <algorithm>
#include <map>
#include <vector>

namespace martlet::http {

namespace {

// "{topic...}" is "{topic}" here.
std::string path_of(std::string_view pattern) {
    std::string path(pattern);
    std::size_t dots = path.find("...}");
    if (dots != path.npos) path.erase(dots, 3);
    return path;
}

std::vector<std::string_view> names_in(std::string_view path) {
    std::vector<std::string_view> names;
    for (std::size_t begin = path.find('{'); begin != path.npos; begin = path.find('{')) {
        std::size_t end = path.find('}', begin);
        if (end == path.npos) break;
        names.push_back(path.substr(begin + 1, end - begin - 1));
        path.remove_prefix(end);
    }
    return names;
}

// "get_api_v1_sources_source".
std::string operation_id(const Route& route) {
    std::string id = lowered(name_of(route.method));
    bool is_apart = true;
    for (char c : path_of(route.pattern)) {
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (is_word && is_apart) id += '_';
        if (is_word) id += c;
        is_apart = !is_word;
    }
    return id;
}

void write_parameter(JsonWriter& json, std::string_view name, std::string_view place,
                     std::string_view type, std::string_view help, bool is_required) {
    json.begin_object().key("name").text(name).key("in").text(place);
    json.key("required").boolean(is_required);
    if (!help.empty()) json.key("description").text(help);
    json.key("schema").begin_object().key("type").text(type).end_object().end_object();
}

void write_parameters(JsonWriter& json, const Route& route) {
    std::string path = path_of(route.pattern);
    json.key("parameters").begin_array();
    for (std::string_view name : names_in(path))
        write_parameter(json, name, "path", "string", "", true);
    for (const Parameter& parameter : route.query) {
        write_parameter(json, parameter.name, "query", parameter.type, parameter.help,
                        parameter.is_required);
    }
    json.end_array();
}

void write_error(JsonWriter& json, std::string_view status, std::string_view description) {
    json.key(status).begin_object().key("description").text(description);
    json.key("content").begin_object().key("application/json").begin_object();
    json.key("schema").begin_object().key("$ref").text("#/components/schemas/Error");
    json.end_object().end_object().end_object().end_object();
}

void write_responses(JsonWriter& json, const Route& route) {
    json.key("responses").begin_object();
    json.key("200").begin_object().key("description").text("What was asked for");
    json.key("content").begin_object().key(route.content_type).begin_object();
    json.end_object().end_object().end_object();
    if (!route.query.empty() || !route.body_help.empty())
        write_error(json, "400", "A parameter or the body is not sound: the message says which");
    if (route.role != Role::Nobody) {
        write_error(json, "401", "Nobody is logged in, or the token is not known");
        write_error(json, "403",
                    "The caller's role does not suffice, or the CSRF token is missing");
    }
    if (route.pattern.find('{') != route.pattern.npos)
        write_error(json, "404", "There is no such thing");
    json.end_object();
}

void write_operation(JsonWriter& json, const Route& route) {
    json.key(lowered(name_of(route.method))).begin_object();
    json.key("operationId").text(operation_id(route));
    json.key("summary").text(route.summary);
    json.key("x-role").text(name_of(route.role));
    write_parameters(json, route);
    if (!route.body_help.empty()) {
        json.key("requestBody").begin_object().key("description").text(route.body_help);
        bool is_json = route.body_type == "application/json";
        json.key("content").begin_object().key(route.body_type).begin_object();
        json.key("schema").begin_object().key("type").text(is_json ? "object" : "string");
        json.end_object();
        json.end_object().end_object().end_object();
    }
    json.key("security").begin_array();
    if (route.role != Role::Nobody) {
        for (std::string_view scheme : {"token", "log_in"})
            json.begin_object().key(scheme).begin_array().end_array().end_object();
    }
    json.end_array();
    write_responses(json, route);
    json.end_object();
}

void write_components(JsonWriter& json) {
    json.key("components").begin_object().key("securitySchemes").begin_object();
    json.key("token").begin_object().key("type").text("http").key("scheme").text("bearer");
    json.end_object();
    json.key("log_in").begin_object().key("type").text("apiKey").key("in").text("cookie");
    json.key("name").text("martlet_session").key("description");
    json.text("As POST /api/v1/login sets it. Changes also need the header X-CSRF-Token.");
    json.end_object().end_object();
    json.key("schemas").begin_object().key("Error").begin_object();
    json.key("type").text("object").key("properties").begin_object();
    json.key("error").begin_object().key("type").text("object").key("properties").begin_object();
    json.key("status").begin_object().key("type").text("integer").end_object();
    json.key("message").begin_object().key("type").text("string").end_object();
    json.end_object().end_object().end_object().end_object().end_object().end_object();
}

}  // namespace

std::string openapi_document(std::span<const Route> routes) {
    std::map<std::string, std::vector<const Route*>> by_path;
    for (const Route& route : routes) by_path[path_of(route.pattern)].push_back(&route);
    std::string text;
    JsonWriter json(text);
    json.begin_object().key("openapi").text("3.1.0");
    json.key("info").begin_object().key("title").text("Martlet").key("version");
    json.text(MARTLET_VERSION).key("description");
    json.text(
        "The broker, its telemetry and its accounts. Times are milliseconds since 1970, UTC. "
        "In paths and queries only %XX is decoded: '+' stays, as MQTT's filters have it. "
        "Every JSON answer takes the query parameter pretty, which sets it on lines.");
    json.end_object().key("paths").begin_object();
    for (const auto& [path, here] : by_path) {
        json.key(path).begin_object();
        for (const Route* route : here) write_operation(json, *route);
        json.end_object();
    }
    json.end_object();
    write_components(json);
    json.end_object();
    return text;
}

}  // namespace martlet::http
