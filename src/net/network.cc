#include "net/network.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstring>
#include <string>

namespace martlet::net {

namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

template <typename Number>
bool read_whole(std::string_view text, Number& number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

bool read_bare(std::string_view text, Endpoint& out) {
    if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != text.npos) return false;
    std::string name(text);
    if (inet_pton(AF_INET, name.c_str(), out.address.data()) == 1) {
        out.family = 4;
        return true;
    }
    if (inet_pton(AF_INET6, name.c_str(), out.address.data()) != 1) return false;
    out.family = 6;
    if (!std::equal(kMapped.begin(), kMapped.end(), out.address.begin())) return true;
    out.family = 4;
    std::copy(out.address.begin() + 12, out.address.end(), out.address.begin());
    std::fill(out.address.begin() + 4, out.address.end(), std::uint8_t{0});
    return true;
}

}  // namespace

std::optional<Endpoint> read_address(std::string_view text) {
    Endpoint out;
    std::string_view port;
    if (text.starts_with('[')) {
        std::size_t end = text.find(']');
        if (end == text.npos) return {};
        port = text.substr(end + 1);
        text = text.substr(1, end - 1);
        if (!port.empty() && !port.starts_with(':')) return {};
        if (text.find(':') == text.npos) return {};
    } else if (std::count(text.begin(), text.end(), ':') == 1) {
        port = text.substr(text.find(':'));
        text = text.substr(0, text.find(':'));
    }
    if (!port.empty() && !read_whole(port.substr(1), out.port)) return {};
    if (!read_bare(text, out)) return {};
    return out;
}

std::optional<Network> Network::read(std::string_view text) {
    if (text == "unix") return Network{};
    Network network;
    std::size_t slash = std::min(text.find('/'), text.size());
    if (!read_bare(text.substr(0, slash), network.base)) return {};
    int most = network.base.family == 4 ? 32 : 128;
    network.bits = most;
    if (slash == text.size()) return network;
    if (!read_whole(text.substr(slash + 1), network.bits)) return {};
    if (network.bits < 0 || network.bits > most) return {};
    return network;
}

bool Network::contains(const Endpoint& endpoint) const {
    if (endpoint.family != base.family) return false;
    int whole = bits / 8, rest = bits % 8;
    auto size = static_cast<std::size_t>(whole);
    if (!std::equal(base.address.begin(), base.address.begin() + whole, endpoint.address.begin()))
        return false;
    return rest == 0 || (base.address[size] ^ endpoint.address[size]) >> (8 - rest) == 0;
}

}  // namespace martlet::net
