#include "server/own_addresses.h"

#include <algorithm>
#include <array>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

namespace martlet::server {

namespace {

constexpr std::size_t kAddressesMax = 4;

// Empty: none that another machine could use.
std::string usable_address(const ifaddrs& one) {
    if (one.ifa_addr == nullptr || (one.ifa_flags & IFF_UP) == 0) return {};
    if ((one.ifa_flags & IFF_LOOPBACK) != 0) return {};
    int family = one.ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) return {};
    std::array<char, NI_MAXHOST> text{};
    socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    int failed =
        getnameinfo(one.ifa_addr, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
    std::string address = failed == 0 ? text.data() : "";
    bool is_link_local = address.starts_with("169.254.") || address.starts_with("fe80:");
    return is_link_local ? std::string() : address;
}

}  // namespace

std::string host_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return {};
    return name.data();
}

std::vector<std::string> network_addresses() {
    std::vector<std::string> found;
    ifaddrs* all = nullptr;
    if (getifaddrs(&all) != 0) return found;
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
        std::string address = usable_address(*one);
        if (!address.empty()) found.push_back(std::move(address));
    }
    freeifaddrs(all);
    std::stable_partition(found.begin(), found.end(), [](const std::string& address) {
        return address.find(':') == std::string::npos;
    });
    if (found.size() > kAddressesMax) found.resize(kAddressesMax);
    return found;
}

}  // namespace martlet::server
