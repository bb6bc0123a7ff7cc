#include "cli/flags/broker_url.h"

#include "base/text.h"

#include <charconv>
#include <string_view>

namespace martlet::cli {

namespace {

struct Scheme {
    std::string_view prefix;
    bool is_tls, is_websocket;
};

constexpr Scheme kSchemes[] = {
    {"mqtt://", false, false},
    {"mqtts://", true, false},
    {"ws://", false, true},
    {"wss://", true, true},
};

bool read_port(std::string_view text, std::optional<int>& port) {
    int number = 0;
    auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size()) return false;
    port = number;
    return number >= 1 && number <= 65535;
}

// "host", "host:port", "[::1]:port".
Status read_place(std::string_view place, BrokerUrl& url) {
    std::size_t colon = place.rfind(':');
    std::size_t bracket = place.rfind(']');
    bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
    url.host = place.substr(0, has_port ? colon : place.size());
    if (url.host.size() > 2 && url.host.front() == '[' && url.host.back() == ']') {
        url.host = url.host.substr(1, url.host.size() - 2);
    }
    if (has_port && !read_port(place.substr(colon + 1), url.port)) {
        return Error{fmt::format("Error: Invalid port given: {}\n", place.substr(colon + 1))};
    }
    return Done{};
}

}  // namespace

Result<BrokerUrl> read_broker_url(const std::string& text) {
    BrokerUrl url;
    std::string_view rest = text;
    const Scheme* scheme = nullptr;
    for (const Scheme& one : kSchemes) {
        if (rest.starts_with(one.prefix)) scheme = &one;
    }
    if (scheme == nullptr) return Error{"Error: Unsupported URL scheme.\n\n"};
    url.is_tls = scheme->is_tls;
    url.is_websocket = scheme->is_websocket;
    rest.remove_prefix(scheme->prefix.size());
    std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) {
        return Error{"Error: Invalid URL for -L argument specified - topic missing.\n"};
    }
    url.topic = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
    // A password may have an '@' in it, a host may not.
    if (std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
        std::string_view who = rest.substr(0, at);
        std::size_t colon = who.find(':');
        url.user_name = who.substr(0, colon);
        if (colon != std::string_view::npos) url.password = who.substr(colon + 1);
        rest.remove_prefix(at + 1);
    }
    auto status = read_place(rest, url);
    if (!status) return status.error();
    return url;
}

}  // namespace martlet::cli
