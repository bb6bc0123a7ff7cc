#include "server/http_side.h"

#include "base/log.h"

#include <algorithm>

namespace martlet::server {

namespace {

constexpr std::size_t kWorkers = 4;

// Where somebody on this machine finds the pages.
std::string address_of(const config::Listener& listener) {
    const net::ListenOptions& net = listener.net;
    bool is_any = net.address.empty() || net.address == "0.0.0.0" || net.address == "::";
    std::string host = is_any ? "localhost" : net.address;
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return fmt::format("http://{}:{}", host, net.port);
}

const config::Listener* first_http(const config::Settings& settings) {
    auto found = std::find_if(settings.listeners.begin(), settings.listeners.end(),
                              [](const auto& l) { return l.is_http && l.net.port != 0; });
    return found == settings.listeners.end() ? nullptr : &*found;
}

// The broker serves without it as well.
void open_to_commands(http::Access& access, const config::Settings& settings) {
    const config::Listener* listener = first_http(settings);
    if (listener == nullptr) return;
    Status opened = access.open_to_commands(settings.http.local_key_file, address_of(*listener));
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
      metrics_(parts.shared, parts.journal, parts.ingest),
      access_(std::move(access)) {
    telemetry::Ingest* ingest = parts.ingest;
    services_.options = settings.http;
    services_.broker = &questions_;
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
    const config::Listener* listener = first_http(settings);
    if (listener == nullptr) return;
    std::string address = address_of(*listener);
    std::string secret = access_->begin_setup();
    if (secret.empty()) return log::notice("Pages and API: {}/", address);
    log::notice("Pages and API: {}/ (there is no account yet)", address);
    log::notice("To make the first account, open this link: {}/setup#{}", address, secret);
}

}  // namespace martlet::server
