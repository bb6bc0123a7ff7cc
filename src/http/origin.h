#pragma once

// Whether a browser was talked into asking: by a page of another site, or by a name that was made
// to point at this machine (DNS rebinding). Any thread.

#include "http/request.h"

#include <span>
#include <string>
#include <string_view>

namespace martlet::http {

// From this machine, but by a name that is not this machine's: neither "localhost", nor a loopback
// address, nor one of `hosts`.
bool is_foreign_host(const Request& request, std::span<const std::string> hosts);

// Its page (header Origin) has another host or port than it asks.
bool is_foreign_page(const Request& request);

}  // namespace martlet::http
