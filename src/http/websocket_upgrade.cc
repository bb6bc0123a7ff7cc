#include "http/websocket_upgrade.h"

#include "auth/base64.h"
#include "auth/secret.h"
#include "base/ascii.h"
#include "base/text.h"
#include "http/origin.h"

#include <algorithm>

namespace martlet::http {

namespace {

// RFC 6455, 1.3.
constexpr std::string_view kKeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
// mosquitto counts the names of usual fields as nothing: its heads may be about this much longer
// than websockets_headers_size says.
constexpr std::size_t kUncountedBytes = 128;
constexpr std::size_t kDefaultHeadersSize = 4096;
constexpr std::string_view kProtocolField = "sec-websocket-protocol";
constexpr std::string_view kNoBody = "an upgrade to WebSocket has no body";

Upgrade refused(int status, std::string problem) {
    Upgrade upgrade;
    upgrade.status = status;
    upgrade.problem = std::move(problem);
    return upgrade;
}

std::string_view trimmed(std::string_view text) {
    std::size_t begin = text.find_first_not_of(" \t");
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Calls `use` with each element of the lists in all fields of that name, until it returns true.
template <typename Use>
bool any_element(const Fields& headers, std::string_view name, Use use) {
    for (const auto& [key, value] : headers) {
        if (key != name) continue;
        for (std::string_view rest = value; !rest.empty();) {
            std::size_t end = std::min(rest.find(','), rest.size());
            std::string_view element = trimmed(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
            if (use(element)) return true;
        }
    }
    return false;
}

// `expected` is in lower case.
bool has_token(const Fields& headers, std::string_view name, std::string_view expected) {
    return any_element(headers, name,
                       [&](std::string_view element) { return lowered(element) == expected; });
}

// The only one of that name; null: there is none, or more than one.
const std::string* single(const Fields& headers, std::string_view name) {
    const std::string* found = nullptr;
    for (const auto& [key, value] : headers) {
        if (key != name) continue;
        if (found != nullptr) return nullptr;
        found = &value;
    }
    return found;
}

// 16 bytes in base64. RFC 6455 has an example whose spare bits are not 0, so they may be anything.
bool is_key(std::string_view key) {
    if (key.size() != 24 || !key.ends_with("==")) return false;
    return std::all_of(key.begin(), key.end() - 2, [](char c) {
        return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
               c == '/';
    });
}

bool is_foreign_origin(const Fields& headers, std::span<const std::string> origins) {
    if (origins.empty()) return false;
    return std::any_of(headers.begin(), headers.end(), [&](const auto& field) {
        return field.first == "origin" &&
               std::find(origins.begin(), origins.end(), field.second) == origins.end();
    });
}

// The first one offered that is MQTT's [MQTT-6.0.0-4]; empty: none was offered. False: only others
// were.
bool choose_protocol(const Fields& headers, std::string_view& chosen) {
    auto is_ours = [&](std::string_view offered) {
        for (std::string_view name : {"mqtt", "mqttv3.1"}) {
            if (offered == name) chosen = name;
        }
        return !chosen.empty();
    };
    if (any_element(headers, kProtocolField, is_ours)) return true;
    return std::none_of(headers.begin(), headers.end(), [](const auto& field) {
        return field.first == kProtocolField && !field.second.empty();
    });
}

Upgrade judge(const RawRequest& request, std::span<const std::string> origins) {
    const Fields& headers = request.headers;
    if (!asks_for_websocket(request))
        return refused(426, "this is for MQTT over WebSocket: send 'Upgrade: websocket'");
    if (request.method != Method::Get)
        return refused(405, "an upgrade to WebSocket must be a GET request");
    if (request.version < 11)
        return refused(400,
                       "an upgrade to WebSocket needs HTTP/1.1; a proxy in between may have "
                       "to be told so");
    if (!request.body.empty() || request.header("transfer-encoding") != nullptr)
        return refused(400, std::string(kNoBody));
    if (!has_token(headers, "connection", "upgrade"))
        return refused(400, "an upgrade to WebSocket needs 'Connection: Upgrade'");
    const std::string* version = single(headers, "sec-websocket-version");
    if (version == nullptr || *version != "13")
        return refused(426, "Sec-WebSocket-Version must be 13");
    const std::string* key = single(headers, "sec-websocket-key");
    if (key == nullptr || !is_key(*key))
        return refused(400, "Sec-WebSocket-Key must be 16 bytes in base64");
    if (is_foreign_origin(headers, origins))
        return refused(403, "this origin is not allowed: websockets_origin names those that are");
    Upgrade upgrade;
    if (!choose_protocol(headers, upgrade.protocol))
        return refused(400, "Sec-WebSocket-Protocol must offer mqtt or mqttv3.1");
    auth::Sha1 digest;
    if (!auth::sha1_of(*key + std::string(kKeySuffix), digest))
        return refused(500, "SHA-1, which WebSocket needs, is switched off in OpenSSL");
    upgrade.accept = auth::encode_base64(digest, auth::Padding::Required);
    return upgrade;
}

}  // namespace

ParserLimits upgrade_limits(std::size_t headers_size) {
    ParserLimits limits;
    limits.head_bytes_max =
        (headers_size == 0 ? kDefaultHeadersSize : headers_size) + kUncountedBytes;
    limits.target_bytes_max = limits.head_bytes_max;
    limits.fields_max = limits.head_bytes_max;
    limits.body_bytes_max = 0;
    return limits;
}

bool asks_for_websocket(const RawRequest& request) {
    return has_token(request.headers, "upgrade", "websocket");
}

Upgrade judge_upgrade(RequestParser& parser, std::span<const std::string> origins) {
    switch (parser.state()) {
        case RequestParser::State::Failed:
            return refused(parser.failed_status(), std::string(parser.problem()));
        case RequestParser::State::Head:
            return refused(400, "the request's head is not whole");
        case RequestParser::State::Body:
            return refused(400, std::string(kNoBody));
        case RequestParser::State::Complete:
            break;
    }
    return judge(parser.request(), origins);
}

void judge_page(const Request& request, const UpgradeRules& rules, Upgrade& upgrade) {
    if (is_foreign_host(request, rules.hosts)) {
        upgrade = refused(421,
                          "this broker does not go by the name in Host here: the line 'http_host "
                          "NAME' in its configuration allows a name");
        return;
    }
    if (is_foreign_page(request) &&
        (rules.origins.empty() || is_foreign_origin(request.headers, rules.origins)))
        upgrade = refused(403,
                          "other sites' pages may not connect: the listener's websockets_origin "
                          "names those that may");
}

void write_upgrade(const Upgrade& upgrade, std::string& out) {
    out += fmt::format(
        "HTTP/1.1 101 Switching Protocols\r\n"
        "Upgrade: WebSocket\r\n"
        "Connection: Upgrade\r\n"
        "Sec-WebSocket-Accept: {}\r\n",
        upgrade.accept);
    if (!upgrade.protocol.empty())
        out += fmt::format("Sec-WebSocket-Protocol: {}\r\n", upgrade.protocol);
    out += "\r\n";
}

Response refuse_upgrade(const Upgrade& upgrade) {
    Response response = Response::error(upgrade.status, upgrade.problem);
    if (upgrade.status == 405) response.headers.emplace_back("Allow", "GET");
    if (upgrade.status == 426) {
        // RFC 9110, 15.5.22; RFC 6455, 4.4.
        response.headers.emplace_back("Upgrade", "websocket");
        response.headers.emplace_back("Connection", "Upgrade");
        response.headers.emplace_back("Sec-WebSocket-Version", "13");
    }
    return response;
}

}  // namespace martlet::http
