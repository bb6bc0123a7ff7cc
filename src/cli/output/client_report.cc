#include "cli/output/client_report.h"

#include "base/text.h"

#include <cstdio>

namespace martlet::cli {

namespace {

constexpr const char* kRefusals[] = {
    "unacceptable protocol version", "identifier rejected", "broker unavailable",
    "bad user name or password",     "not authorised",
};

// From 0x80 on.
constexpr const char* kReasons[] = {
    "Unspecified error",
    "Malformed Packet",
    "Protocol Error",
    "Implementation specific error",
    "Unsupported Protocol Version",
    "Client Identifier not valid",
    "Bad User Name or Password",
    "Not authorized",
    "Server unavailable",
    "Server busy",
    "Banned",
    "Server shutting down",
    "Bad authentication method",
    "Keep Alive timeout",
    "Session taken over",
    "Topic Filter invalid",
    "Topic Name invalid",
    "Packet Identifier in use",
    "Packet Identifier not found",
    "Receive Maximum exceeded",
    "Topic Alias invalid",
    "Packet too large",
    "Message rate too high",
    "Quota exceeded",
    "Administrative action",
    "Payload format invalid",
    "Retain not supported",
    "QoS not supported",
    "Use another server",
    "Server moved",
    "Shared Subscriptions not supported",
    "Connection rate exceeded",
    "Maximum connect time",
    "Subscription identifiers not supported",
    "Wildcard Subscriptions not supported",
};

constexpr std::string_view kProtocolError =
    "Error: A network protocol error occurred when communicating with the broker.";

bool is_v5(const ClientOptions& options) {
    return options.client.version == mqtt::Version::V5;
}

}  // namespace

void complain(const ClientOptions& options, std::string_view line) {
    if (options.is_quiet) return;
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

std::string_view reason_name(mqtt::ReasonCode reason) {
    auto code = static_cast<unsigned>(reason);
    if (code < 0x80 || code - 0x80 >= std::size(kReasons)) return mqtt::reason_text(reason);
    return kReasons[code - 0x80];
}

std::optional<int> check_password(const ClientOptions& options) {
    bool is_alone = options.client.password && !options.client.user_name;
    if (!is_alone || is_v5(options)) return std::nullopt;  // [MQTT-3.1.2-22] of 3.1.1
    complain(options, "Error: Problem setting username and/or password.");
    return kExitFailed;
}

int report_dial(const ClientOptions& options, const Error& error) {
    if (error.code == client::kSystemError) {
        complain(options, fmt::format("Error: {}", error.text));
    } else {
        complain(options, fmt::format("Unable to connect ({}).", error.text));
    }
    return kExitFailed;
}

void report_refusal(const ClientOptions& options, mqtt::ReasonCode reason) {
    auto code = static_cast<unsigned>(reason);
    if (!is_v5(options)) {
        const char* why = code >= 1 && code <= 5 ? kRefusals[code - 1] : "unknown reason";
        complain(options, fmt::format("Connection error: Connection Refused: {}.", why));
    } else if (reason == mqtt::ReasonCode::UnsupportedProtocolVersion) {
        complain(options, fmt::format("Connection error: {}. Try connecting to an MQTT v5 broker, "
                                      "or use MQTT v3.x mode.",
                                      reason_name(reason)));
    } else {
        complain(options, fmt::format("Connection error: {}", reason_name(reason)));
    }
}

int report_end(const ClientOptions& options, const client::End& end) {
    switch (end.kind) {
        case client::EndKind::Finished:
            return 0;
        case client::EndKind::Refused: {
            int code = static_cast<int>(end.reason);
            bool is_known = !is_v5(options) && code <= 5;
            complain(options, is_known ? "Error: The connection was refused." : kProtocolError);
            return code;
        }
        case client::EndKind::ByServer:
            complain(options, fmt::format("Error: The broker ended the connection: {}.",
                                          reason_name(end.reason)));
            return kExitNotConnected;
        case client::EndKind::ProtocolError:
            complain(options, kProtocolError);
            return kExitProtocol;
        default:
            complain(options, "Error: The connection was lost.");
            return kExitLost;
    }
}

}  // namespace martlet::cli
