#pragma once

// `martlet serve --sandbox`: a broker for everybody, without a file: port 1883 on all addresses,
// anonymous, and limits that keep one guest from harming the others. The limits are stated here and
// nowhere else. Any thread.

#include "config/command_line.h"
#include "config/settings.h"

#include <cstdint>
#include <string>
#include <vector>

namespace martlet::config {

struct SandboxLimits {
    std::uint32_t max_packet_size = 262'144;
    std::uint32_t message_size_limit = 131'072;  // payload bytes
    std::uint32_t max_inflight_messages = 20;
    std::uint32_t max_queued_messages = 100;  // for each client
    std::uint64_t max_queued_bytes = 1u << 20;
    std::uint64_t outbox_bytes_max = 4u << 20;
    std::int64_t max_connections = 5'000;
    std::int64_t global_max_clients = 10'000;  // sessions, connected or not
    std::uint32_t persistent_client_expiration_s = 3'600;
    std::uint64_t memory_limit = 1u << 30;  // bytes; past it publishes and new clients are refused
    std::uint32_t connect_timeout_s = 10;
};

inline constexpr SandboxLimits kSandboxLimits;

// With the ports of -p instead of 1883 when there are some.
Settings sandbox_settings(const CommandLine& command_line);

// The limits as lines to print at the start.
std::vector<std::string> sandbox_lines();

}  // namespace martlet::config
