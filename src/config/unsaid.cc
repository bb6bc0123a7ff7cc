#include "config/unsaid.h"

#include "base/text.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace martlet::config {
namespace {

struct OtherDefault {
    std::string_view key;
    std::string_view text;
    std::string_view line_of_mosquitto;
};

// Against mosquitto 2.0.11, whose users come with their files; most are mosquitto 2.1's defaults.
constexpr OtherDefault kOtherDefaults[] = {
    {"max_packet_size",
     "packets of more than 2,000,000 bytes end their connection; mosquitto 2.0 takes 268 MB",
     "max_packet_size 268435455"},
    {"allow_duplicate_messages",
     "a client with overlapping subscriptions gets a message once for each of them; from mosquitto "
     "2.0 it comes once",
     "allow_duplicate_messages false"},
    {"max_topic_alias_broker",
     "MQTT 5 clients that allow topic aliases get up to 10; mosquitto 2.0 sends none",
     "max_topic_alias_broker 0"},
    {"connect_timeout",
     "a connection that sends no CONNECT within 30 s is closed; mosquitto 2.0 waits for 90 s",
     "connect_timeout 90"},
    {"outbox_bytes_max",
     "QoS 0 is dropped for a client whose socket has 16 MB waiting; mosquitto 2.0 counts messages "
     "(max_queued_messages)",
     ""},
};

bool is_said(const Reading& reading, std::string_view key) {
    return std::any_of(reading.notices.begin(), reading.notices.end(),
                       [key](const Notice& notice) { return notice.key == key; });
}

bool has_pages(const Settings& settings) {
    return std::any_of(settings.listeners.begin(), settings.listeners.end(),
                       [](const Listener& listener) { return listener.is_http; });
}

constexpr std::string_view kTelemetryLine = "`telemetry true`";
constexpr std::string_view kPagesLines = "`listener 8080 127.0.0.1` and below it `protocol http`";

}  // namespace

std::vector<std::string> unsaid_defaults(const Reading& reading) {
    std::vector<std::string> lines;
    for (const OtherDefault& other : kOtherDefaults) {
        if (is_said(reading, other.key)) continue;
        std::string how = other.line_of_mosquitto.empty()
                              ? ""
                              : fmt::format(" (as there: {})", other.line_of_mosquitto);
        lines.push_back(fmt::format("{}: {}{}", other.key, other.text, how));
    }
    return lines;
}

std::vector<std::string> parts_that_are_off(const Settings& settings) {
    std::vector<std::string> lines;
    if (!settings.persistence)
        lines.emplace_back(
            "persistence: off; sessions and messages are gone after a restart. On: "
            "`persistence true` and `persistence_location FOLDER`");
    if (!settings.telemetry.is_on)
        lines.push_back(
            fmt::format("telemetry: off; values of devices are not kept. On: {}", kTelemetryLine));
    if (!has_pages(settings))
        lines.push_back(fmt::format("pages: off; no page and no HTTP API. On: {}", kPagesLines));
    return lines;
}

std::string how_to_turn_on(const Settings& settings) {
    bool is_telemetry_off = !settings.telemetry.is_on;
    bool are_pages_off = !has_pages(settings);
    if (is_telemetry_off && are_pages_off)
        return fmt::format("Telemetry and pages are off. These lines turn them on: {}; {}.",
                           kTelemetryLine, kPagesLines);
    if (is_telemetry_off)
        return fmt::format("Telemetry is off. This line turns it on: {}.", kTelemetryLine);
    if (are_pages_off)
        return fmt::format("Pages are off. These lines turn them on: {}.", kPagesLines);
    return {};
}

std::vector<std::string> relative_paths(const Settings& settings) {
    std::vector<std::string> paths;
    auto add = [&paths](std::string_view key, const std::string& path) {
        if (path.empty() || path.front() == '/') return;
        std::string text = fmt::format("{} {}", key, path);
        if (std::find(paths.begin(), paths.end(), text) == paths.end()) paths.push_back(text);
    };
    for (const Listener& listener : settings.listeners) {
        add("password_file", listener.broker.auth.password_file);
        if (listener.broker.auth.acl_file) add("acl_file", *listener.broker.auth.acl_file);
        add("certfile", listener.tls.certfile);
        add("keyfile", listener.tls.keyfile);
        add("cafile", listener.tls.cafile);
        add("capath", listener.tls.capath);
        add("crlfile", listener.tls.crlfile);
        add("psk_file", listener.tls.psk_file);
    }
    add("log_dest file", settings.log.file);
    add("pid_file", settings.pid_file);
    if (settings.persistence && settings.persistence_location.empty())
        add("persistence_file", settings.persistence_file);
    if (settings.persistence) add("persistence_location", settings.persistence_location);
    return paths;
}

}  // namespace martlet::config
