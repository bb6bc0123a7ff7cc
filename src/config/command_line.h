#pragma once

// What the broker's command line and environment add to the configuration file. Plain value. Any
// thread.

#include <cstdint>
#include <string>
#include <vector>

namespace martlet::config {

struct CommandLine {
    std::string config_file;  // -c; empty: none
    // Earlier -c: read before it, in this order, as mosquitto does.
    std::vector<std::string> config_files_before;
    std::vector<std::uint16_t> ports;  // -p
    bool daemonize = false;            // -d
    bool is_quiet = false;             // -q, wins over -v and the file
    bool is_verbose = false;           // -v, wins over the file
    bool is_sandbox = false;           // --sandbox, without a file only
    std::string tls_keylog;            // --tls-keylog
    std::uint16_t http_port = 0;       // --http-port; 0: none
    std::string http_address;          // --http-address; empty: this machine only
    // MOSQUITTO_PERSISTENCE_LOCATION, wins over the file; empty: not set.
    std::string persistence_location;
};

}  // namespace martlet::config
