#pragma once

// What pub, sub and rr say on stderr when something goes wrong, in mosquitto's words, and the exit
// codes that go with it. Silent with --quiet. Cold path.

#include "base/result.h"
#include "cli/flags/client_options.h"
#include "client/listener.h"

#include <optional>
#include <string_view>

namespace martlet::cli {

// mosquitto's numbers (MOSQ_ERR_*).
inline constexpr int kExitFailed = 1;
inline constexpr int kExitProtocol = 2;
inline constexpr int kExitNotConnected = 4;
inline constexpr int kExitLost = 7;
inline constexpr int kExitTimeout = 27;

// A line; the line end is added.
void complain(const ClientOptions& options, std::string_view line);

// "Not authorized": the specification's name of the code, with its capitals.
std::string_view reason_name(mqtt::ReasonCode reason);

// The exit code when MQTT 3 forbids what is to be sent: a password without a user name.
std::optional<int> check_password(const ClientOptions& options);

// The connection could not be made; answers the exit code.
int report_dial(const ClientOptions& options, const Error& error);
// CONNACK with an error.
void report_refusal(const ClientOptions& options, mqtt::ReasonCode reason);
// The connection ended against our will, after report_refusal() if it was refused; answers the
// exit code.
int report_end(const ClientOptions& options, const client::End& end);

}  // namespace martlet::cli
