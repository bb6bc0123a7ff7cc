// The settings of telemetry that can be changed while it runs: rules, options of decoders, maps,
// units, thresholds. A change is in force, and in the file, when it is answered.

#include "base/log.h"
#include "base/text.h"
#include "http/answers/query_reader.h"
#include "http/answers/store_access.h"
#include "http/resources/changes.h"
#include "http/resources/resources.h"
#include "http/settings/settings_json.h"

#include <utility>

namespace martlet::http {

namespace {

using telemetry::MapText;
using telemetry::OperatorSettings;
using telemetry::Options;

constexpr std::string_view kRulesHelp =
    "{\"rules\": [{\"filter\": text, \"decoder\": text}]}, in the order of asking, in place of "
    "those that were set";
constexpr std::string_view kOptionsHelp =
    "{\"options\": [{\"decoder\": text, \"name\": text, \"value\": text}]}, in place of those that "
    "were set; a secret that is shown as ... and comes back so stays";
constexpr std::string_view kUnitsHelp =
    "{\"units\": [{\"source_kind\": text, \"source_id\": text, \"metric\": text, \"unit\": text, "
    "\"kind\": text}]}, in place of those that were set; the first that fits a sample counts, an "
    "empty kind or id fits all";
constexpr std::string_view kThresholdsHelp =
    "{\"thresholds\": [{\"source_kind\": text, \"group\": text, \"source_id\": text, "
    "\"online_ms\": integer, \"silent_ms\": integer}]}, in place of those that were set; the most "
    "particular one counts";

// One list among the settings. Each function knows its member in settings and options.
struct List {
    std::string_view name;  // in paths and bodies
    void (*write_set)(JsonWriter& json, const OperatorSettings& settings);
    void (*write_configured)(JsonWriter& json, const Options& options);
    Status (*read)(const JsonValue& rows, OperatorSettings& settings);
    void (*clear)(OperatorSettings& settings);
};

template <typename Rows>
Status put(Result<Rows> read, Rows& rows) {
    if (!read) return read.error();
    rows = std::move(read).value();
    return Done{};
}

const List kRules = {
    "rules", [](JsonWriter& json, const OperatorSettings& s) { write_rules(json, s.rules); },
    [](JsonWriter& json, const Options& o) { write_rules(json, o.rules); },
    [](const JsonValue& rows, OperatorSettings& s) { return put(read_rules(rows), s.rules); },
    [](OperatorSettings& s) { s.rules.clear(); }};

const List kOptions = {"options",
                       [](JsonWriter& json, const OperatorSettings& s) {
                           write_decoder_options(json, s.decoder_options, Secrets::Hidden);
                       },
                       [](JsonWriter& json, const Options& o) {
                           write_decoder_options(json, o.decoder_options, Secrets::Hidden);
                       },
                       [](const JsonValue& rows, OperatorSettings& s) {
                           return put(read_decoder_options(rows, s.decoder_options),
                                      s.decoder_options);
                       },
                       [](OperatorSettings& s) { s.decoder_options.clear(); }};

const List kUnits = {
    "units", [](JsonWriter& json, const OperatorSettings& s) { write_units(json, s.units); },
    [](JsonWriter& json, const Options& o) { write_units(json, o.units); },
    [](const JsonValue& rows, OperatorSettings& s) { return put(read_units(rows), s.units); },
    [](OperatorSettings& s) { s.units.clear(); }};

const List kThresholds = {
    "thresholds",
    [](JsonWriter& json, const OperatorSettings& s) { write_thresholds(json, s.thresholds); },
    [](JsonWriter& json, const Options& o) { write_thresholds(json, o.thresholds); },
    [](const JsonValue& rows, OperatorSettings& s) {
        return put(read_thresholds(rows), s.thresholds);
    },
    [](OperatorSettings& s) { s.thresholds.clear(); }};

// With code 3 what was wanted is not sound; otherwise it could not be done now.
Response refused(const Error& error) {
    constexpr int kNotSound = 3;
    std::string_view text = error.text;
    if (text.starts_with("Error: ")) text.remove_prefix(7);
    return Response::error(error.code == kNotSound ? 422 : 503, text);
}

Response no_content() {
    Response response;
    response.status = 204;
    return response;
}

template <const List& kList>
Response get_list(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.settings) return no_telemetry();
    std::string body;
    JsonWriter json(body);
    json.begin_object().key(kList.name);
    kList.write_set(json, services.settings->set());
    json.key("configured");
    kList.write_configured(json, *services.settings->configured());
    json.end_object();
    return Response::json(std::move(body));
}

void log_change(const Request& request, std::string_view what) {
    log::notice("Telemetry settings: {} by {}.", what, request.caller.account);
}

template <const List& kList>
Response put_list(Services& services, const Request& request) {
    if (!services.settings) return no_telemetry();
    auto body = read_json_object(request.body);
    if (!body) return bad_body(body.error().text);
    const JsonValue* rows = body.value().find(kList.name);
    if (rows == nullptr) return bad_body(fmt::format("the member {} is missing", kList.name));
    Status read = Done{};
    Status changed = services.settings->change([&](OperatorSettings& settings) {
        read = kList.read(*rows, settings);
        return read.ok();
    });
    if (!read) return bad_body(fmt::format("{}: {}", kList.name, read.error().text));
    if (!changed) return refused(changed.error());
    log_change(request, fmt::format("{} were set", kList.name));
    return get_list<kList>(services, request);
}

template <const List& kList>
Response clear_list(Services& services, const Request& request) {
    if (!services.settings) return no_telemetry();
    Status changed = services.settings->change([](OperatorSettings& settings) {
        kList.clear(settings);
        return true;
    });
    if (!changed) return refused(changed.error());
    log_change(request, fmt::format("{} were removed", kList.name));
    return no_content();
}

void write_map(JsonWriter& json, const MapText& map) {
    json.begin_object().key("name").text(map.name);
    json.key("bytes").integer(static_cast<std::int64_t>(map.text.size())).end_object();
}

Response list_maps(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.settings) return no_telemetry();
    OperatorSettings settings = services.settings->set();
    std::shared_ptr<const Options> configured = services.settings->configured();
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("maps").begin_array();
    for (const MapText& map : settings.maps) write_map(json, map);
    json.end_array().key("configured").begin_array();
    for (const MapText& map : configured->maps) write_map(json, map);
    json.end_array().end_object();
    return Response::json(std::move(body));
}

Response no_such_map(std::string_view name) {
    return Response::error(404, fmt::format("there is no map {}: /api/v1/telemetry/maps lists them",
                                            name.substr(0, 100)));
}

Response get_map(Services& services, const Request& request) {
    QueryReader query(request, wall_now());
    if (auto refusal = query.refusal()) return std::move(*refusal);
    if (!services.settings) return no_telemetry();
    std::string_view name = request.parameter("name");
    OperatorSettings settings = services.settings->set();
    std::shared_ptr<const Options> configured = services.settings->configured();
    const MapText* map = telemetry::find_map(settings.maps, name);
    if (map == nullptr) map = telemetry::find_map(configured->maps, name);
    if (map == nullptr) return no_such_map(name);
    Response response;
    response.content_type = "text/plain; charset=utf-8";
    response.body = map->text;
    return response;
}

Response put_map(Services& services, const Request& request) {
    if (!services.settings) return no_telemetry();
    MapText map{std::string(request.parameter("name")), request.body};
    if (!is_map_name(map.name))
        return Response::error(
            400, "the name of a map has 1 to 64 letters, digits or one of . _ - and nothing else");
    if (map.text.empty()) return bad_body("the text of the map is missing");
    Status changed = services.settings->change([&](OperatorSettings& settings) {
        std::erase_if(settings.maps, [&](const MapText& old) { return old.name == map.name; });
        settings.maps.push_back(map);
        return true;
    });
    if (!changed) return refused(changed.error());
    log_change(request, fmt::format("the map {} was set", map.name));
    std::string body;
    JsonWriter json(body);
    write_map(json, map);
    return Response::json(std::move(body));
}

Response remove_map(Services& services, const Request& request) {
    if (!services.settings) return no_telemetry();
    std::string_view name = request.parameter("name");
    bool is_there = false;
    Status changed = services.settings->change([&](OperatorSettings& settings) {
        is_there =
            std::erase_if(settings.maps, [&](const MapText& old) { return old.name == name; }) > 0;
        return is_there;
    });
    if (!is_there && telemetry::find_map(services.settings->configured()->maps, name) != nullptr)
        return Response::error(409,
                               "that map comes from the configuration file: remove its line "
                               "telemetry_map and reload");
    if (!is_there) return no_such_map(name);
    if (!changed) return refused(changed.error());
    log_change(request, fmt::format("the map {} was removed", name));
    return no_content();
}

template <const List& kList>
void add_rows(std::vector<Route>& rows, std::string_view pattern, std::string_view what,
              std::string_view change, std::string_view removal, std::string_view body) {
    rows.push_back({Method::Get, pattern, Role::Admin, what, get_list<kList>});
    rows.push_back({Method::Put, pattern, Role::Admin, change, put_list<kList>, {}, body});
    rows.push_back({Method::Delete, pattern, Role::Admin, removal, clear_list<kList>});
}

void add_list_rows(std::vector<Route>& rows) {
    add_rows<kRules>(
        rows, "/api/v1/telemetry/rules",
        "Which decoder reads which topics, as it was set and as it is configured; what "
        "was set is asked first",
        "Sets the rules, at once and for good; 422 when one is not sound",
        "Removes the rules that were set", kRulesHelp);
    add_rows<kOptions>(rows, "/api/v1/telemetry/options",
                       "Options of decoders, as they were set and as they are configured; keys and "
                       "passwords are left out",
                       "Sets options of decoders, at once and for good; 422 when one is not sound. "
                       "A new key reads the raw messages that are kept as well",
                       "Removes the options that were set", kOptionsHelp);
    add_rows<kUnits>(
        rows, "/api/v1/telemetry/units",
        "Units and kinds that people gave to metrics, as they were set and as they are configured",
        "Sets the units of metrics from now on, and for good; 422 when one is not sound",
        "Removes the units that were set", kUnitsHelp);
    add_rows<kThresholds>(rows, "/api/v1/telemetry/thresholds",
                          "When sources are online and when they are silent, as it was set and as "
                          "it is configured",
                          "Sets thresholds, at once and for good; 422 when one is not sound",
                          "Removes the thresholds that were set", kThresholdsHelp);
}

void add_map_rows(std::vector<Route>& rows) {
    constexpr std::string_view kMap = "/api/v1/telemetry/maps/{name}";
    rows.push_back({Method::Get, "/api/v1/telemetry/maps", Role::Admin,
                    "The maps that were set and those of the configuration", list_maps});
    rows.push_back({.method = Method::Get,
                    .pattern = kMap,
                    .role = Role::Admin,
                    .summary = "The text of a map",
                    .handle = get_map,
                    .content_type = "text/plain"});
    rows.push_back({.method = Method::Put,
                    .pattern = kMap,
                    .role = Role::Admin,
                    .summary = "Sets a map, at once and for good; 422 when it is not sound. It "
                               "wins over a configured one of its name",
                    .handle = put_map,
                    .body_help = "the text of the map, at most 256 KiB",
                    .body_type = "text/plain"});
    rows.push_back({Method::Delete, kMap, Role::Admin, "Removes a map that was set", remove_map});
}

}  // namespace

std::span<const Route> telemetry_settings_routes() {
    static const std::vector<Route> routes = [] {
        std::vector<Route> rows;
        add_list_rows(rows);
        add_map_rows(rows);
        return rows;
    }();
    return routes;
}

}  // namespace martlet::http
