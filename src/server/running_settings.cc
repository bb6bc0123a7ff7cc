#include "server/running_settings.h"

#include "config/shown.h"

#include <utility>

namespace martlet::server {

void RunningSettings::replace(const config::Settings& settings) {
    std::lock_guard lock(mutex_);
    settings_ = settings;
}

std::vector<http::Setting> RunningSettings::shown(http::TelemetrySettings* telemetry) const {
    config::Settings settings;
    {
        std::lock_guard lock(mutex_);
        settings = settings_;
    }
    if (telemetry != nullptr) settings.telemetry = *telemetry->in_force();
    std::vector<http::Setting> all;
    for (config::ShownValue& shown : config::shown(settings))
        all.push_back({std::string(shown.key), std::move(shown.value), std::move(shown.owner),
                       shown.is_reloadable, std::string(shown.default_value)});
    return all;
}

}  // namespace martlet::server
