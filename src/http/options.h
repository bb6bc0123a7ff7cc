#pragma once

// What HTTP is told by the configuration. Filled by config; immutable while the broker runs. Any
// thread.

#include <cstdint>
#include <string>
#include <vector>

namespace martlet::http {

struct Options {
    // Accounts and tokens, as JSON, 0600. Empty: they live as long as the process.
    std::string accounts_file;
    // The key by which commands on this machine come in (accounts/local_key.h). Empty: none.
    std::string local_key_file;
    // Host names that requests to a loopback listener may name besides localhost and loopback
    // addresses: those of a proxy on this machine.
    std::vector<std::string> hosts;
    // GET /metrics without a log-in.
    bool metrics_public = false;
    // Names as sapcc's mosquitto-exporter has them, beside ours.
    bool metrics_like_mosquitto_exporter = false;
    // Lines of /metrics about sources, of each kind; those beyond are left out and counted.
    std::uint32_t metrics_series_max = 50'000;
    std::uint32_t body_bytes_max = 1u << 20;
    // For each shard; the one that has been idle longest makes room.
    std::uint32_t connections_max = 256;
};

}  // namespace martlet::http
