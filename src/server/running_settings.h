#pragma once

// The settings that the broker runs with, for people who ask over HTTP. Made by Server, outlives
// the HTTP workers. Any thread.

#include "config/settings.h"
#include "http/broker_view.h"
#include "http/services.h"

#include <mutex>
#include <vector>

namespace martlet::server {

class RunningSettings {
  public:
    explicit RunningSettings(const config::Settings& settings) : settings_(settings) {}

    // At a reload.
    void replace(const config::Settings& settings);
    // With what was set of telemetry over the API.
    std::vector<http::Setting> shown(http::TelemetrySettings* telemetry) const;

  private:
    mutable std::mutex mutex_;
    config::Settings settings_;
};

}  // namespace martlet::server
