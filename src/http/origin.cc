#include "http/origin.h"

#include "base/ascii.h"

#include <algorithm>

namespace martlet::http {

namespace {

// Without the port; an IPv6 address without its brackets.
std::string_view name_of(std::string_view authority) {
    if (authority.starts_with('[')) {
        std::size_t end = authority.find(']');
        return end == authority.npos ? std::string_view() : authority.substr(1, end - 1);
    }
    return authority.substr(0, std::min(authority.find(':'), authority.size()));
}

bool is_loopback_name(std::string_view name) {
    if (name == "localhost" || name.ends_with(".localhost") || name == "::1") return true;
    bool is_address = !name.empty() && name.find_first_not_of("0123456789.") == name.npos;
    return is_address && name.starts_with("127.");
}

}  // namespace

bool is_foreign_host(const Request& request, std::span<const std::string> hosts) {
    auto host = request.header("host");
    // HTTP/1.0; no browser speaks that.
    if (!host || !request.is_local || request.is_unix_socket) return false;
    std::string name = lowered(name_of(*host));
    return !is_loopback_name(name) &&
           std::none_of(hosts.begin(), hosts.end(),
                        [&](const std::string& allowed) { return lowered(allowed) == name; });
}

bool is_foreign_page(const Request& request) {
    auto origin = request.header("origin");
    if (!origin) return false;
    auto host = request.header("host");
    std::size_t scheme = origin->find("://");
    if (!host || scheme == origin->npos) return true;
    return lowered(origin->substr(scheme + 3)) != lowered(*host);
}

}  // namespace martlet::http
