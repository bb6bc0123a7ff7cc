#include "server/http_side.h"

#include "base/log.h"
#include "base/text.h"
#include "server/own_addresses.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::server {

namespace {

constexpr std::size_t kWorkers = 4;

constexpr std::string_view kThisMachine = "localhost";

bool is_any(const std::string& address) {
    return address == "0.0.0.0" || address == "::";
}

bool is_loopback(const std::string& address) {
    return address == kThisMachine || address == "::1" || address.starts_with("127.");
}

// The hosts under which a reader finds the listener, the likeliest first.
std::vector<std::string> hosts_of(const config::Listener& listener) {
    const std::string& address = listener.net.address;
    if (!is_any(address)) return {address};
    std::vector<std::string> hosts = network_addresses();
    std::string name = host_name();
    // A machine without a name server of its own goes by this one (mDNS).
    if (!name.empty() && name != kThisMachine) hosts.push_back(name + ".local");
    if (hosts.empty()) hosts.emplace_back(kThisMachine);
    return hosts;
}

std::string url_of(const std::string& host, const config::Listener& listener) {
    bool is_ipv6 = host.find(':') != std::string::npos;
    return fmt::format("{}://{}:{}", listener.tls.is_on() ? "https" : "http",
                       is_ipv6 ? "[" + host + "]" : host, listener.net.port);
}

// Null: none of that kind.
const config::Listener* first_http(const config::Settings& settings, bool must_be_plain) {
    auto found = std::find_if(
        settings.listeners.begin(), settings.listeners.end(), [must_be_plain](const auto& l) {
            return l.is_http && l.net.port != 0 && !(must_be_plain && l.tls.is_on());
        });
    return found == settings.listeners.end() ? nullptr : &*found;
}

// The broker serves without it as well.
void open_to_commands(http::Access& access, const config::Settings& settings) {
    const config::Listener* listener = first_http(settings, true);
    if (listener == nullptr) {
        if (first_http(settings, false) == nullptr) return;
        return log::notice(
            "Commands such as `martlet status` speak HTTP without TLS: for them add a listener "
            "with `protocol http` on 127.0.0.1.");
    }
    const std::string& address = listener->net.address;
    std::string url = url_of(is_any(address) ? std::string(kThisMachine) : address, *listener);
    Status opened = access.open_to_commands(settings.http.local_key_file, url);
    if (opened) return;
    log::warning(
        "Warning: {}. Commands such as `martlet status` and `martlet account` need --url and "
        "--token.",
        opened.error().text);
}

}  // namespace

Result<std::unique_ptr<HttpSide>> HttpSide::open(const config::Settings& settings,
                                                 const Parts& parts) {
    auto access = http::Access::open(settings.http);
    if (!access) return access.error();
    open_to_commands(*access.value(), settings);
    std::unique_ptr<HttpSide> side(new HttpSide(settings, parts, std::move(access).value()));
    side->workers_ = std::make_unique<HttpWorkers>(side->services_, parts.mailboxes, kWorkers);
    return side;
}

HttpSide::HttpSide(const config::Settings& settings, const Parts& parts,
                   std::unique_ptr<http::Access> access)
    : questions_(parts.shared, parts.running, parts.keeper),
      bridges_(parts.bridges, parts.mailboxes),
      metrics_(parts.shared, parts.tls, parts.bridges, parts.journal, parts.ingest),
      access_(std::move(access)) {
    telemetry::Ingest* ingest = parts.ingest;
    services_.options = settings.http;
    // Nobody else can make a browser on this machine take these names for theirs.
    if (std::string name = host_name(); !name.empty()) {
        services_.options.hosts.push_back(name);
        services_.options.hosts.push_back(name + ".local");
    }
    services_.broker = &questions_;
    services_.bridges = &bridges_;
    services_.metrics = &metrics_;
    services_.access = access_.get();
    if (ingest == nullptr) return;
    readers_ = std::make_unique<http::StoreReaders>(ingest->store());
    orders_ = std::make_unique<StoreOrders>(*ingest);
    services_.readers = readers_.get();
    services_.changes = orders_.get();
    services_.topics = &ingest->topics();
    services_.outcomes = &ingest->outcomes();
    services_.mesh_traffic = &ingest->mesh_traffic();
    services_.thresholds = &ingest->thresholds();
    services_.settings = parts.keeper;
}

void HttpSide::announce(const config::Settings& settings) {
    const config::Listener* listener = first_http(settings, false);
    if (listener == nullptr) return;
    std::uint16_t port = listener->net.port;
    std::vector<std::string> hosts = hosts_of(*listener);
    std::string url = url_of(hosts.front(), *listener), also;
    for (std::size_t i = 1; i < hosts.size(); i++)
        also += fmt::format("{}{}/", i == 1 ? ", also " : ", ", url_of(hosts[i], *listener));
    std::string secret = access_->begin_setup();
    log::notice("Pages and API: {}/{}{}", url, also,
                secret.empty() ? "" : " (there is no account yet)");
    if (!secret.empty())
        log::notice("To make the first account, open this link: {}/setup#{}", url, secret);
    if (is_loopback(listener->net.address)) {
        log::notice(
            "The pages are for this machine only. `listener {} 0.0.0.0` and `protocol http` in the "
            "configuration, or --http-address 0.0.0.0, open them to the network.",
            port);
    } else if (!listener->tls.is_on()) {
        log::notice(
            "The pages have no TLS: passwords and tokens travel in clear. In a network that you do "
            "not trust, give their listener a certfile and a keyfile, or put a proxy with TLS in "
            "front of them.");
    }
}

}  // namespace martlet::server
