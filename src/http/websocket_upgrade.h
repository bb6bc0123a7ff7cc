#pragma once

// The request that turns an HTTP connection into a WebSocket one (RFC 6455, 4.2): whether it may,
// and what is answered. The 101 answer is mosquitto's, byte for byte. A refusal tells the reason,
// where mosquitto only closes the connection. Any thread.

#include "http/parser.h"
#include "http/request.h"
#include "http/response.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::http {

struct Upgrade {
    int status = 101;           // anything else: refused
    std::string problem;        // of a refusal: what is wrong and what to do
    std::string accept;         // proves that the key was read
    std::string_view protocol;  // "mqtt" or "mqttv3.1"; empty: the client offered none

    bool is_accepted() const { return status == 101; }
};

// Where HTTP listeners offer MQTT over WebSocket.
inline constexpr std::string_view kWebsocketPath = "/mqtt";

// Whose browsers may connect at kWebsocketPath.
struct UpgradeRules {
    std::vector<std::string> origins;  // pages, besides the listener's own
    std::vector<std::string> hosts;    // as in is_foreign_host()
};

// Limits of a parser that reads nothing but upgrades, from the key websockets_headers_size.
ParserLimits upgrade_limits(std::size_t headers_size);

// Whether a request wants to become a WebSocket, rightly or not.
bool asks_for_websocket(const RawRequest& request);

// Judges what the parser has read, once it is no longer in State::Head. `origins`: the pages that
// may connect (Origin, exactly); none: all may. A client that names no page is no browser, and may.
Upgrade judge_upgrade(RequestParser& parser, std::span<const std::string> origins);

// At kWebsocketPath: turns an upgrade that was accepted into a refusal when a page of another site
// asks for it, or a page that took this machine's address for its own name.
void judge_page(const Request& request, const UpgradeRules& rules, Upgrade& upgrade);

// Appends the 101 answer. Frames follow.
void write_upgrade(const Upgrade& upgrade, std::string& out);

// The answer to an upgrade that was not accepted. The connection ends after it.
Response refuse_upgrade(const Upgrade& upgrade);

}  // namespace martlet::http
