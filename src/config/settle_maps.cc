#include "config/settle.h"

#include <algorithm>

namespace martlet::config {
namespace {

using telemetry::kMapBytesMax;
using telemetry::kMapsMax;

// A path that is not absolute begins in the folder of the file that names it.
std::string resolved(const PlacedText& map) {
    std::size_t end = map.place.file.rfind('/');
    bool is_as_said = map.text.starts_with('/') || end == std::string::npos;
    return is_as_said ? map.text : map.place.file.substr(0, end + 1) + map.text;
}

// "maps/shelly.map" is called "shelly".
std::string name_of(std::string_view path) {
    std::string_view file = path.substr(path.rfind('/') + 1);
    std::size_t dot = file.rfind('.');
    return std::string(dot == std::string_view::npos || dot == 0 ? file : file.substr(0, dot));
}

void read_map(Draft& draft, const PlacedText& map, const Files& files) {
    telemetry::Options& options = draft.settings.telemetry;
    auto wrong = [&](const std::string& why) {
        add_problem(draft,
                    fmt::format("Error: Invalid 'telemetry_map' value ({}): {}", map.text, why),
                    map.place);
    };
    std::string path = resolved(map);
    std::string name = name_of(path);
    bool is_taken = std::any_of(options.maps.begin(), options.maps.end(),
                                [&](const auto& other) { return other.name == name; });
    if (is_taken) return wrong(fmt::format("another map is called '{}'; rename one.", name));
    Result<std::string> text = files.read(path);
    if (!text.ok()) {
        std::string_view why = text.error().text;
        if (why.starts_with("Error: ")) why.remove_prefix(7);
        return wrong(std::string(why));
    }
    if (text.value().size() > kMapBytesMax)
        return wrong(fmt::format("the file has more than {} KiB.", kMapBytesMax / 1024));
    options.map_files.push_back(std::move(path));
    options.maps.push_back({std::move(name), std::move(text).value()});
}

}  // namespace

void settle_maps(Draft& draft, const Files& files) {
    for (std::size_t i = 0; i < draft.maps.size(); ++i) {
        const PlacedText map = draft.maps[i];
        if (i == kMapsMax)
            return add_problem(
                draft,
                fmt::format("Error: There are more than {} lines 'telemetry_map'.", kMapsMax),
                map.place);
        read_map(draft, map, files);
    }
}

}  // namespace martlet::config
