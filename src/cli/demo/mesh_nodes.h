#pragma once

// The nodes of the demo's mesh: who they are and where. Any thread.

#include <cstdint>
#include <span>
#include <string_view>

namespace martlet::cli::demo {

enum class NodeWork : std::uint8_t {
    Talks,    // somebody's, at home
    Walks,    // somebody's, on the way
    Relays,   // on a roof
    Weather,  // measures what is around it
    Gateway,  // has Internet
};

struct MeshNode {
    std::string_view long_name;
    std::string_view short_name;
    std::uint32_t hardware;  // Meshtastic's numbers
    NodeWork work;
    double latitude;
    double longitude;
    int altitude_m;
};

// Forty.
std::span<const MeshNode> mesh_nodes();

// Meshtastic's number for what such a node does in the mesh.
std::uint32_t role_of(NodeWork work);

}  // namespace martlet::cli::demo
