#pragma once

// One function for each file of this folder: its rows of the table of routes. Gathered by
// http/routes.cc. Any thread.

#include "http/route.h"

#include <span>

namespace martlet::http {

std::span<const Route> account_routes();
std::span<const Route> bridge_routes();
std::span<const Route> broker_routes();
std::span<const Route> client_routes();
std::span<const Route> decoder_routes();
std::span<const Route> event_routes();
std::span<const Route> fleet_routes();
std::span<const Route> log_in_routes();
std::span<const Route> meter_routes();
std::span<const Route> openapi_routes();
std::span<const Route> position_routes();
std::span<const Route> prometheus_routes();
std::span<const Route> publish_routes();
std::span<const Route> retained_routes();
std::span<const Route> sample_routes();
std::span<const Route> source_routes();
std::span<const Route> station_routes();
std::span<const Route> status_page_routes();
std::span<const Route> telemetry_settings_routes();
std::span<const Route> token_routes();
std::span<const Route> topic_routes();

}  // namespace martlet::http
