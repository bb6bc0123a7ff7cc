#include "server/websocket_door.h"

#include "base/clock.h"
#include "http/head.h"
#include "http/websocket_upgrade.h"

#include <algorithm>
#include <vector>

namespace martlet::server {

namespace {

bool is_trusted(const net::Endpoint& endpoint, const net::WebsocketOptions& options) {
    return std::any_of(options.trusted_proxies.begin(), options.trusted_proxies.end(),
                       [&](const net::Network& proxy) { return proxy.contains(endpoint); });
}

std::string_view trimmed(std::string_view text) {
    std::size_t begin = text.find_first_not_of(" \t");
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Of all fields of that name, in their order.
std::vector<std::string_view> forwarded_for(const http::Fields& headers) {
    std::vector<std::string_view> list;
    for (const auto& [name, value] : headers) {
        if (name != "x-forwarded-for") continue;
        std::string_view rest = value;
        for (std::size_t end; (end = rest.find(',')) != rest.npos; rest.remove_prefix(end + 1))
            list.push_back(trimmed(rest.substr(0, end)));
        list.push_back(trimmed(rest));
    }
    return list;
}

// A method's name, or the empty line that some clients send before it.
bool may_begin_a_request(std::uint8_t byte) {
    return (byte >= 'A' && byte <= 'Z') || byte == '\r' || byte == '\n';
}

}  // namespace

net::Endpoint client_of(const http::Fields& headers, const net::Endpoint& peer,
                        const net::WebsocketOptions& options) {
    net::Endpoint client = peer;
    if (options.trusted_proxies.empty()) return client;
    std::vector<std::string_view> list = forwarded_for(headers);
    while (is_trusted(client, options) && !list.empty()) {
        auto before = net::read_address(list.back());
        if (!before) break;
        client = *before;
        list.pop_back();
    }
    // Few proxies tell the client's port. The socket's own leads to the proxy's log.
    if (client.port == 0) client.port = peer.port;
    return client;
}

WebsocketDoor::WebsocketDoor(const net::WebsocketOptions& options)
    : options_(options), parser_(http::upgrade_limits(options.headers_size)) {}

WebsocketDoor::Verdict WebsocketDoor::on_bytes(ByteView bytes, const net::Endpoint& peer) {
    if (bytes.empty()) return Verdict::NeedsMore;
    if (input_.empty() && !may_begin_a_request(bytes[0]))
        return refuse(400,
                      "this is no HTTP request: the port is for MQTT over WebSocket, not for MQTT "
                      "itself, and TLS only where the listener has a certificate");
    input_ += as_text(bytes);
    std::size_t used = parser_.feed(as_bytes(input_));
    input_.erase(0, used);
    if (parser_.state() == http::RequestParser::State::Head) return Verdict::NeedsMore;
    return judge(peer);
}

WebsocketDoor::Verdict WebsocketDoor::judge(const net::Endpoint& peer) {
    http::Upgrade upgrade = http::judge_upgrade(parser_, options_.origins);
    if (!upgrade.is_accepted()) {
        if (upgrade.status == 403) refusal_ = broker::Refusal::WebsocketOrigin;
        return refuse(upgrade.status, std::move(upgrade.problem));
    }
    peer_ = client_of(parser_.request().headers, peer, options_);
    http::write_upgrade(upgrade, answer_);
    return Verdict::Upgraded;
}

WebsocketDoor::Verdict WebsocketDoor::refuse(int status, std::string problem) {
    http::Upgrade upgrade;
    upgrade.status = status;
    upgrade.problem = problem;
    http::Response response = http::refuse_upgrade(upgrade);
    http::HeadFacts facts;
    facts.length = response.body.size();
    facts.keep_alive = false;
    facts.wall = read_clocks().wall;
    http::write_head(response, facts, answer_);
    answer_ += response.body;
    problem_ = std::move(problem);
    return Verdict::Refused;
}

}  // namespace martlet::server
