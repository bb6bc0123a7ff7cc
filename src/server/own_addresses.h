#pragma once

// Under which name and addresses other machines reach this one, as far as the system tells: for
// links in the log and for the names that HTTP requests may use. Any thread; asks the system.

#include <string>
#include <vector>

namespace martlet::server {

// "raspberrypi"; empty: it has none.
std::string host_name();
// Addresses of the interfaces that are up, without loopback and link-local ones: IPv4 first, four
// at most.
std::vector<std::string> network_addresses();

}  // namespace martlet::server
