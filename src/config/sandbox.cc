#include "config/sandbox.h"

#include <set>

namespace martlet::config {

Settings sandbox_settings(const CommandLine& command_line) {
    const SandboxLimits& limits = kSandboxLimits;
    Settings settings;
    settings.is_sandbox = true;
    // It keeps what it was told where to keep (./run does so).
    settings.persistence = !command_line.persistence_location.empty();
    settings.persistence_location = command_line.persistence_location;
    settings.telemetry.is_on = settings.persistence;
    settings.log.timestamp_format = "%Y-%m-%dT%H:%M:%S";
    broker::Options& options = settings.broker;
    options.max_packet_size = limits.max_packet_size;
    options.message_size_limit = limits.message_size_limit;
    options.max_inflight_messages = limits.max_inflight_messages;
    options.max_queued_messages = limits.max_queued_messages;
    options.max_queued_bytes = limits.max_queued_bytes;
    options.outbox_bytes_max = limits.outbox_bytes_max;
    options.global_max_connections = limits.max_connections;
    options.global_max_clients = limits.global_max_clients;
    options.persistent_client_expiration = limits.persistent_client_expiration_s;
    options.memory_limit = limits.memory_limit;
    options.connect_timeout_s = limits.connect_timeout_s;

    std::set<std::uint16_t> ports(command_line.ports.begin(), command_line.ports.end());
    if (ports.empty()) ports.insert(1883);
    for (std::uint16_t port : ports) {
        Listener& listener = settings.listeners.emplace_back();
        listener.net.port = port;
        listener.broker.auth.allow_anonymous = true;
    }
    return settings;
}

std::vector<std::string> sandbox_lines() {
    const SandboxLimits& limits = kSandboxLimits;
    return {
        "Sandbox: everybody may connect without a name, publish and read everything.",
        fmt::format("Sandbox limits: {} connections, packets of {} KiB, payloads of {} KiB, {} "
                    "messages ({} KiB) waiting for a client.",
                    limits.max_connections, limits.max_packet_size / 1024,
                    limits.message_size_limit / 1024, limits.max_queued_messages,
                    limits.max_queued_bytes / 1024),
        fmt::format("Sandbox limits: sessions of clients that are away are kept for {} minutes; "
                    "past {} MiB of memory nothing more is taken.",
                    limits.persistent_client_expiration_s / 60, limits.memory_limit >> 20),
    };
}

}  // namespace martlet::config
