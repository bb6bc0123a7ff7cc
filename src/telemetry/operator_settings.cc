#include "telemetry/operator_settings.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

template <typename Row>
void put_first(std::vector<Row>& rows, const std::vector<Row>& first) {
    rows.insert(rows.begin(), first.begin(), first.end());
}

}  // namespace

Options merged(const Options& configured, const OperatorSettings& settings) {
    Options options = configured;
    put_first(options.rules, settings.rules);
    options.decoder_options.insert(options.decoder_options.end(), settings.decoder_options.begin(),
                                   settings.decoder_options.end());
    std::erase_if(options.maps,
                  [&](const MapText& map) { return find_map(settings.maps, map.name) != nullptr; });
    put_first(options.maps, settings.maps);
    put_first(options.units, settings.units);
    put_first(options.thresholds, settings.thresholds);
    return options;
}

const MapText* find_map(const std::vector<MapText>& maps, std::string_view name) {
    auto found = std::find_if(maps.begin(), maps.end(),
                              [&](const MapText& map) { return map.name == name; });
    return found == maps.end() ? nullptr : &*found;
}

}  // namespace martlet::telemetry
