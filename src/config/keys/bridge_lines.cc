#include "config/keys/bridge_lines.h"

#include "config/values.h"
#include "mqtt/topic.h"

#include <algorithm>

namespace martlet::config {

Status set_connection(Entry& entry) {
    Result<std::string_view> name = read_word(entry);
    if (!name.ok()) return name.error();
    if (!mqtt::is_valid_utf8(name.value()))
        return invalid("Error: Malformed UTF-8 in configuration.");
    for (const BridgeDraft& bridge : entry.draft.bridges)
        if (bridge.settings.name == name.value())
            return invalid(fmt::format("Error: Duplicate bridge name '{}'.", name.value()));
    BridgeDraft& bridge = entry.draft.bridges.emplace_back();
    bridge.place = entry.place;
    bridge.settings.name = name.value();
    bridge.settings.where = entry.place.text();
    entry.context.bridge = &bridge;
    return Done{};
}

namespace {

// An IPv6 address needs its port said, since what follows the last ':' is the port.
Result<BridgeAddress> parse_address(std::string_view word) {
    BridgeAddress address;
    std::size_t colon = word.rfind(':');
    address.host = word.substr(0, colon);
    if (colon != std::string_view::npos) {
        std::int64_t port = 0;
        if (!parse_number(word.substr(colon + 1), port)) port = 0;
        if (port < 1 || port > 65535)
            return invalid(fmt::format("Error: Invalid bridge port value ({}).", port));
        address.port = static_cast<std::uint16_t>(port);
    }
    if (address.host.starts_with('[') && address.host.ends_with(']'))
        address.host = address.host.substr(1, address.host.size() - 2);
    if (address.host.empty() || !mqtt::is_valid_utf8(address.host))
        return invalid(fmt::format("Error: Invalid bridge address '{}'.", word));
    return address;
}

}  // namespace

Status set_addresses(Entry& entry) {
    std::vector<BridgeAddress>& addresses = entry.context.bridge->settings.addresses;
    if (!addresses.empty())
        return invalid("Error: Invalid bridge configuration, 'address' only allowed once.");
    std::vector<BridgeAddress> parsed;
    while (true) {
        std::string_view word = entry.words.next();
        if (word.empty() || word.front() == '#') break;
        Result<BridgeAddress> address = parse_address(word);
        if (!address.ok()) return address.error();
        parsed.push_back(std::move(address).value());
    }
    if (parsed.empty()) return invalid("Error: Empty address value in configuration.");
    addresses = std::move(parsed);
    return Done{};
}

namespace {

bool is_word(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

Status read_pattern(Entry& entry, std::string& pattern) {
    Words& words = entry.words;
    std::string_view rest = words.rest();
    if (rest.empty()) return read_word(entry).error();
    std::string_view text;
    if (rest.front() == '"' && !rest.starts_with("\"\"")) {
        if (!words.take_quoted(text)) {
            words.next();
            return invalid(
                fmt::format("Error: Missing closing quote in topic value ({}).", words.rest()));
        }
    } else {
        text = words.next();
    }
    pattern = text == "\"\"" ? "" : std::string(text);
    return Done{};
}

Status read_direction(std::string_view word, BridgeDirection& direction) {
    if (is_word(word, "out"))
        direction = BridgeDirection::Out;
    else if (is_word(word, "in"))
        direction = BridgeDirection::In;
    else if (is_word(word, "both"))
        direction = BridgeDirection::Both;
    else
        return invalid(fmt::format("Error: Invalid bridge topic direction '{}'.", word));
    return Done{};
}

Status read_qos(std::string_view word, mqtt::Qos& qos) {
    if (word != "0" && word != "1" && word != "2")
        return invalid(fmt::format("Error: Invalid bridge QoS level '{}'.", word));
    qos = static_cast<mqtt::Qos>(word.front() - '0');
    return Done{};
}

Status read_prefix(std::string_view word, const char* side, std::string& prefix) {
    if (word == "\"\"") return Done{};
    if (!mqtt::is_valid_topic_name(word))
        return invalid(fmt::format("Error: Invalid bridge topic {} prefix '{}'.", side, word));
    prefix = word;
    return Done{};
}

// A word that begins with '#' ends the line, except as the pattern.
std::string_view next_part(Words& words) {
    std::string_view word = words.next();
    if (!word.starts_with('#')) return word;
    words = Words({});
    return {};
}

Status read_topic(Entry& entry, BridgeTopic& topic) {
    Status status = read_pattern(entry, topic.pattern);
    std::string_view word = next_part(entry.words);
    if (status.ok() && !word.empty()) status = read_direction(word, topic.direction);
    word = next_part(entry.words);
    if (status.ok() && !word.empty()) status = read_qos(word, topic.qos);
    word = next_part(entry.words);
    if (status.ok() && !word.empty()) status = read_prefix(word, "local", topic.local_prefix);
    word = next_part(entry.words);
    if (status.ok() && !word.empty()) status = read_prefix(word, "remote", topic.remote_prefix);
    return status;
}

Status check_topic(const BridgeTopic& topic) {
    if (topic.pattern.empty() && (topic.local_prefix.empty() || topic.remote_prefix.empty()))
        return invalid("Error: Invalid bridge remapping.");
    for (const std::string& prefix : {topic.local_prefix, topic.remote_prefix})
        if (std::string filter = prefix + topic.pattern;
            !mqtt::is_valid_topic_filter(filter) || !mqtt::is_valid_utf8(filter))
            return invalid(fmt::format("Error: Invalid bridge topic '{}'.", filter));
    return Done{};
}

}  // namespace

Status set_bridge_topic(Entry& entry) {
    BridgeTopic topic;
    Status status = read_topic(entry, topic);
    if (status.ok()) status = check_topic(topic);
    if (!status.ok()) return status;
    std::vector<BridgeTopic>& topics = entry.context.bridge->settings.topics;
    if (std::find(topics.begin(), topics.end(), topic) != topics.end())
        entry.note = "the same topic line stands above; this one is skipped";
    else
        topics.push_back(std::move(topic));
    return Done{};
}

namespace {

// The next word as a number; `number` keeps its value when there is none.
Status read_optional_number(Entry& entry, std::int64_t& number) {
    std::string_view word = entry.words.next();
    if (!word.empty() && !parse_number(word, number))
        return invalid(fmt::format("Error: '{}' value not a number.", entry.name));
    return Done{};
}

}  // namespace

Status set_restart_timeout(Entry& entry) {
    constexpr std::int64_t kBaseMax = 3600;
    constexpr std::int64_t kCapMax = 7200;
    if (entry.words.rest().empty()) return read_word(entry).error();
    std::int64_t base = 0;
    std::int64_t cap = -1;
    std::int64_t stable = 0;
    for (std::int64_t* part : {&base, &cap, &stable})
        if (Status status = read_optional_number(entry, *part); !status.ok()) return status;
    if (base < 1 || base > kBaseMax || cap > kCapMax)
        entry.note = "'restart_timeout' is kept within 1 to 3600 seconds, its cap within 7200";
    base = std::clamp<std::int64_t>(base, 1, kBaseMax);
    cap = std::min(cap, kCapMax);
    if (cap != -1 && cap < base)
        return invalid("Error: backoff cap is lower than the base in restart_timeout.");
    if (stable < 0 || stable > UINT32_MAX)
        return invalid("Error: stable connection period cannot be negative.");
    entry.context.bridge->settings.restart = {static_cast<std::uint32_t>(base),
                                              cap == -1 ? 0 : static_cast<std::uint32_t>(cap),
                                              static_cast<std::uint32_t>(stable)};
    return Done{};
}

Status set_tcp_keepalive(Entry& entry) {
    BridgeTcpKeepalive keepalive;
    struct Part {
        const char* name;
        std::uint32_t& value;
    };
    for (Part part : {Part{"idle", keepalive.idle_s}, Part{"interval", keepalive.interval_s},
                      Part{"counter", keepalive.counter}}) {
        std::string_view word = entry.words.next();
        if (word.empty())
            return invalid(fmt::format(
                "Error: Empty 'bridge_tcp_keepalive_{}' value in configuration.", part.name));
        std::int64_t value = 0;
        if (!parse_number(word, value))
            return invalid(
                fmt::format("Error: 'bridge_tcp_keepalive_{}' value not a number.", part.name));
        if (value <= 0 || value > INT32_MAX)
            return invalid(fmt::format("Error: invalid TCP keepalive {} value.", part.name));
        part.value = static_cast<std::uint32_t>(value);
    }
    entry.context.bridge->settings.tcp_keepalive = keepalive;
    return Done{};
}

void read_addresses(const Settings& settings, RunningValues& out) {
    for (const BridgeSettings& bridge : settings.bridges) {
        std::string line;
        for (const BridgeAddress& address : bridge.addresses) {
            bool is_ipv6 = address.host.find(':') != std::string::npos;
            line += fmt::format("{}{}{}{}:{}", line.empty() ? "" : " ", is_ipv6 ? "[" : "",
                                address.host, is_ipv6 ? "]" : "", address.port);
        }
        out.push_back({bridge.name, std::move(line)});
    }
}

void read_bridge_topics(const Settings& settings, RunningValues& out) {
    auto word = [](const std::string& part) { return part.empty() ? "\"\"" : part; };
    constexpr std::string_view kDirections[] = {"out", "in", "both"};
    for (const BridgeSettings& bridge : settings.bridges) {
        for (const BridgeTopic& topic : bridge.topics) {
            out.push_back(
                {bridge.name, fmt::format("{} {} {} {} {}", word(topic.pattern),
                                          kDirections[static_cast<int>(topic.direction)],
                                          static_cast<int>(topic.qos), word(topic.local_prefix),
                                          word(topic.remote_prefix))});
        }
    }
}

void read_restart_timeout(const Settings& settings, RunningValues& out) {
    for (const BridgeSettings& bridge : settings.bridges) {
        const BridgeRestart& wait = bridge.restart;
        out.push_back(
            {bridge.name, fmt::format("{} {} {}", wait.base_s, wait.cap_s, wait.stable_s)});
    }
}

void read_tcp_keepalive(const Settings& settings, RunningValues& out) {
    for (const BridgeSettings& bridge : settings.bridges) {
        const BridgeTcpKeepalive& tcp = bridge.tcp_keepalive;
        if (tcp == BridgeTcpKeepalive{}) continue;
        out.push_back(
            {bridge.name, fmt::format("{} {} {}", tcp.idle_s, tcp.interval_s, tcp.counter)});
    }
}

}  // namespace martlet::config
