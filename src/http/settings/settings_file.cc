#include "auth/replace_file.h"
#include "auth/text_file.h"
#include "base/text.h"
#include "http/settings/settings_json.h"

#include <cerrno>
#include <utility>

namespace martlet::http {

namespace {

using telemetry::MapText;
using telemetry::OperatorSettings;

// An array that is not there holds nothing.
template <typename Rows, typename Read>
bool take(const JsonValue& file, std::string_view name, Rows& rows, Read read) {
    const JsonValue* list = file.find(name);
    if (list == nullptr) return true;
    auto found = read(*list);
    if (!found) return false;
    rows = std::move(found).value();
    return true;
}

Result<std::vector<MapText>> read_maps(const JsonValue& list) {
    std::vector<MapText> maps;
    for (const JsonValue& item : list.items) {
        auto name = item.text_of("name");
        auto text = item.text_of("text");
        if (!name || !text || !is_map_name(*name)) return Error{"a map is not sound"};
        maps.push_back({std::string(*name), std::string(*text)});
    }
    return maps;
}

bool read_all(const JsonValue& file, OperatorSettings& settings) {
    return take(file, "rules", settings.rules, read_rules) &&
           take(file, "options", settings.decoder_options,
                [](const JsonValue& rows) { return read_decoder_options(rows, {}); }) &&
           take(file, "maps", settings.maps, read_maps) &&
           take(file, "units", settings.units, read_units) &&
           take(file, "thresholds", settings.thresholds, read_thresholds);
}

Error not_ours(const std::string& path, std::string_view why) {
    return Error{
        fmt::format("Error: The file of telemetry settings {} is {}. Restore it, or remove "
                    "it to begin without.",
                    path, why),
        3};
}

}  // namespace

Result<OperatorSettings> read_settings_file(const std::string& path) {
    OperatorSettings settings;
    auto file = auth::read_text_file(path);
    if (file.error == ENOENT) return settings;
    if (file.error != 0) {
        auto is_like_it = [](std::string_view text) { return text.starts_with('{'); };
        return Error{fmt::format("Error: Unable to read the telemetry settings in {}. {}", path,
                                 auth::why_not_read(path, file.error, is_like_it)),
                     3};
    }
    auto json = read_json_object(file.text);
    if (!json) return not_ours(path, json.error().text);
    if (!read_all(json.value(), settings)) return not_ours(path, "not one of ours");
    return settings;
}

Status write_settings_file(const std::string& path, const OperatorSettings& settings) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().key("version").integer(1).key("rules");
    write_rules(json, settings.rules);
    json.key("options");
    write_decoder_options(json, settings.decoder_options, Secrets::Shown);
    json.key("maps").begin_array();
    for (const MapText& map : settings.maps)
        json.begin_object().key("name").text(map.name).key("text").text(map.text).end_object();
    json.end_array().key("units");
    write_units(json, settings.units);
    json.key("thresholds");
    write_thresholds(json, settings.thresholds);
    json.end_object();
    text += '\n';
    return auth::replace_file(path, text, auth::NewFile::Private);
}

}  // namespace martlet::http
