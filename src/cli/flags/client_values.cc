#include "cli/flags/client_values.h"

#include "base/text.h"
#include "cli/flags/broker_url.h"
#include "mqtt/topic.h"

#include <algorithm>
#include <cstdlib>

namespace martlet::cli::flag {

namespace {

int number(Value text) {
    return std::atoi(text.c_str());
}

FlagError unsupported(Draft draft, std::string_view thing) {
    if (draft.unsupported_thing.empty()) draft.unsupported_thing = thing;
    return "";
}

}  // namespace

FlagError needs_engine(Draft draft, Value) {
    return unsupported(draft, "An OpenSSL engine");
}

FlagError needs_key_log(Draft draft, Value) {
    return unsupported(draft, "A log of TLS keys");
}

FlagError needs_websocket(Draft draft, Value) {
    return unsupported(draft, "WebSocket");
}

FlagError needs_srv(Draft draft, Value) {
    return unsupported(draft, "SRV look-up");
}

FlagError take_key_form(Draft draft, Value value) {
    return value == "pem" ? FlagError() : needs_engine(draft, value);
}

FlagError take_id(Draft draft, Value value) {
    if (draft.id_prefix) return "Error: -i and -I argument cannot be used together.\n\n";
    draft.id = value;
    return "";
}

FlagError take_id_prefix(Draft draft, Value value) {
    if (draft.id) return "Error: -i and -I argument cannot be used together.\n\n";
    draft.id_prefix = value;
    return "";
}

FlagError take_keep_alive(Draft draft, Value value) {
    int seconds = number(value);
    if (seconds < 5 || seconds > 65535) {
        return "Error: Invalid keepalive given, it must be between 5 and 65535 inclusive.\n\n";
    }
    draft.options.client.keep_alive = static_cast<std::uint16_t>(seconds);
    return "";
}

FlagError take_in_flight(Draft draft, Value value) {
    draft.in_flight_max = number(value);
    if (*draft.in_flight_max >= 1) return "";
    return "Error: Maximum inflight messages must be greater than 0.\n\n";
}

FlagError take_port(Draft draft, Value value) {
    draft.port = number(value);
    if (*draft.port >= 0 && *draft.port <= 65535) return "";
    return fmt::format("Error: Invalid port given: {}\n", *draft.port);
}

FlagError take_qos(Draft draft, Value value) {
    int qos = number(value);
    if (qos < 0 || qos > 2) return fmt::format("Error: Invalid QoS given: {}\n", qos);
    draft.options.qos = static_cast<mqtt::Qos>(qos);
    return "";
}

FlagError take_will_qos(Draft draft, Value value) {
    int qos = number(value);
    if (qos < 0 || qos > 2) return fmt::format("Error: Invalid will QoS {}.\n\n", qos);
    draft.will_qos = static_cast<mqtt::Qos>(qos);
    return "";
}

FlagError take_will_topic(Draft draft, Value value) {
    if (!mqtt::is_valid_topic_name(value)) {
        return fmt::format("Error: Invalid will topic '{}', does it contain '+' or '#'?\n", value);
    }
    draft.will_topic = value;
    return "";
}

FlagError take_version(Draft draft, Value value) {
    auto& version = draft.options.client.version;
    if (value == "mqttv31" || value == "31") {
        version = mqtt::Version::V31;
    } else if (value == "mqttv311" || value == "311") {
        version = mqtt::Version::V311;
    } else if (value == "mqttv5" || value == "5") {
        version = mqtt::Version::V5;
    } else {
        return "Error: Invalid protocol version argument given.\n\n";
    }
    return "";
}

FlagError take_session_expiry(Draft draft, Value value) {
    if (value == "∞") {
        draft.session_expiry = UINT32_MAX;
    } else {
        char* end = nullptr;
        long long seconds = std::strtoll(value.c_str(), &end, 10);
        if (end == value.c_str()) return "Error: session-expiry-interval not a number.\n\n";
        if (seconds < -1 || seconds > UINT32_MAX) {
            return "Error: session-expiry-interval out of range.\n\n";
        }
        draft.session_expiry = seconds == -1 ? UINT32_MAX : static_cast<std::uint32_t>(seconds);
    }
    draft.options.client.version = mqtt::Version::V5;
    return "";
}

FlagError add_topic(Draft draft, Value value) {
    ClientOptions& options = draft.options;
    if (options.kind == ClientKind::Sub) {
        mqtt::ParsedFilter parsed;
        if (!mqtt::parse_filter(value, parsed)) {
            return fmt::format(
                "Error: Invalid subscription topic '{}', are all '+' and '#' "
                "wildcards correct?\n",
                value);
        }
        options.topics.push_back(value);
        return "";
    }
    if (!value.empty() && !mqtt::is_valid_topic_name(value)) {
        return fmt::format("Error: Invalid publish topic '{}', does it contain '+' or '#'?\n",
                           value);
    }
    options.topics.assign(1, value);
    return "";
}

FlagError take_url(Draft draft, Value value) {
    auto read = read_broker_url(value);
    if (!read) return read.error().text;
    BrokerUrl& url = read.value();
    draft.options.address.host = url.host;
    if (url.port) draft.port = url.port;
    if (url.user_name) draft.options.client.user_name = url.user_name;
    if (url.password) draft.options.client.password = url.password;
    if (url.is_websocket) unsupported(draft, "WebSocket");
    if (url.is_tls) draft.options.tls.use_os_certs = true;
    return add_topic(draft, url.topic);
}

FlagError take_response_topic(Draft draft, Value value) {
    if (!mqtt::is_valid_topic_name(value)) {
        return fmt::format("Error: Invalid response topic '{}', does it contain '+' or '#'?\n",
                           value);
    }
    draft.options.response_topic = value;
    return "";
}

FlagError add_filter_out(Draft draft, Value value) {
    if (!mqtt::is_valid_topic_filter(value)) {
        return fmt::format(
            "Error: Invalid filter topic '{}', are all '+' and '#' wildcards correct?\n", value);
    }
    draft.options.filters_out.push_back(value);
    return "";
}

FlagError add_unsubscribe(Draft draft, Value value) {
    mqtt::ParsedFilter parsed;
    if (!mqtt::parse_filter(value, parsed)) {
        return fmt::format(
            "Error: Invalid unsubscribe topic '{}', are all '+' and '#' wildcards correct?\n",
            value);
    }
    draft.options.unsubscribe_topics.push_back(value);
    return "";
}

FlagError take_count(Draft draft, Value value) {
    draft.options.message_count = number(value);
    if (draft.options.message_count > 0) return "";
    return fmt::format("Error: Invalid message count \"{}\".\n\n", draft.options.message_count);
}

FlagError take_timeout(Draft draft, Value value) {
    int seconds = number(value);
    if (seconds < 1) return fmt::format("Error: Invalid timeout \"{}\".\n\n", seconds);
    draft.options.timeout = std::chrono::seconds(seconds);
    return "";
}

FlagError take_random(Draft draft, Value value) {
    double percent = std::atof(value.c_str());
    if (percent < 0.1) {
        return "Error: --random-filter chance must be between 0.1-100.0\n\n";
    }
    draft.options.random_filter = static_cast<int>(std::min(percent, 100.0) * 10);
    return "";
}

FlagError take_repeat(Draft draft, Value value) {
    draft.options.repeat_count = number(value);
    return draft.options.repeat_count > 0 ? "" : "Error: --repeat argument must be >0.\n\n";
}

FlagError take_repeat_delay(Draft draft, Value value) {
    double seconds = std::atof(value.c_str());
    if (seconds < 0) return "Error: --repeat-delay argument must be >=0.0.\n\n";
    draft.options.repeat_delay = Milliseconds(static_cast<std::int64_t>(seconds * 1000));
    return "";
}

FlagError take_retain_handling(Draft draft, Value value) {
    constexpr std::string_view kWords[] = {"always", "new", "never"};
    for (std::uint8_t i = 0; i < 3; i++) {
        if (value != kWords[i]) continue;
        draft.options.retain_handling = i;
        return "";
    }
    return fmt::format("Error: Unknown value '{}' for --retain-handling.\n\n", value);
}

FlagError take_format(Draft draft, Value value) {
    auto format = MessageFormat::compile(value);
    if (!format) return format.error().text;
    draft.options.format = std::move(format).value();
    return "";
}

FlagError take_proxy(Draft draft, Value value) {
    if (value.starts_with("socks5h://")) return unsupported(draft, "SOCKS5");
    return fmt::format("Error: Unsupported proxy protocol: {}\n", value);
}

}  // namespace martlet::cli::flag
