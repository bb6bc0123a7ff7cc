#pragma once

// The options of pub, sub and rr while they are read, and the table of flags. Cold path, one
// thread.

#include "cli/flags/client_options.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace martlet::cli {

struct ClientDraft {
    ClientOptions options;
    std::optional<std::string> id;
    std::optional<std::string> id_prefix;
    std::optional<int> port;
    std::optional<std::uint32_t> session_expiry;
    std::optional<int> in_flight_max;
    std::optional<std::string> will_topic;
    std::optional<std::string> will_payload;
    mqtt::Qos will_qos = mqtt::Qos::AtMostOnce;
    bool will_retain = false;
    client::PropertySet will_properties;
    // The first flag that asks for something that this build cannot do, and what that is.
    std::string unsupported_flag;
    std::string unsupported_thing;
};

// Empty: no error. Otherwise the whole text with its line ends, without the hint at --help.
using FlagError = std::string;

struct ClientFlag {
    std::string_view name;
    std::string_view long_name;  // or empty
    unsigned kinds;              // bits of ClientKind
    std::string_view value;      // as help calls it; empty: takes none
    std::string_view missing;    // "no host specified": the rest of the error when it is missing
    FlagError (*take)(ClientDraft& draft, const std::string& value);
    std::string_view help;
};

std::span<const ClientFlag> client_flags();
const ClientFlag* find_client_flag(std::string_view name, ClientKind kind);

// The flags that stand in `words`; `name` is the flag, the rest what follows it. Answers how many
// words after the name were taken, in `taken`.
FlagError take_flag(ClientDraft& draft, std::string_view name, std::span<const std::string> rest,
                    std::size_t& taken);

// What can only be judged when all flags are known; fills ClientOptions::client.
FlagError settle_client_options(ClientDraft& draft);

}  // namespace martlet::cli
