#pragma once

// What the messages inside packets say. Each takes one, whether it came as protobuf or was made of
// JSON, and puts it into words. Any thread.

#include "telemetry/decoders/meshtastic/findings.h"

#include <string_view>

namespace martlet::telemetry::meshtastic {

namespace wire {
class MapReport;
class NeighborInfo;
class Paxcount;
class Position;
class RouteDiscovery;
class User;
class Waypoint;
}  // namespace wire

// About the node itself: node_payloads.cc.
void put_user(const wire::User& user, Findings& findings);
void put_position(const wire::Position& position, Findings& findings);
void put_map_report(const wire::MapReport& report, Findings& findings);
void put_paxcount(const wire::Paxcount& count, Findings& findings);

// About the mesh and what is said in it: mesh_payloads.cc.
void put_text(std::string_view text, Findings& findings);
void put_neighbors(const wire::NeighborInfo& info, Findings& findings);
void put_route(const wire::RouteDiscovery& route, Findings& findings);
void put_routing_error(std::uint32_t error, Findings& findings);
void put_waypoint(const wire::Waypoint& waypoint, Findings& findings);

// In 1/10,000,000 of a degree.
bool is_on_earth(std::int32_t latitude_i, std::int32_t longitude_i);

// How far off a position may be whose sender keeps `bits` of each coordinate.
double uncertainty_m(std::uint32_t bits);

}  // namespace martlet::telemetry::meshtastic
