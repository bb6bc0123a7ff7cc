#include "telemetry/decoders/meshtastic/keyring.h"

#include "base/text.h"

#include <optional>

namespace martlet::telemetry::meshtastic {

namespace {

constexpr std::string_view kDefaultKey =
    "\xd4\xf1\xbb\x3a\x20\x29\x07\x59"
    "\xf0\xbc\xff\xab\xcf\x4e\x69\x01";
constexpr std::size_t kShortKeyBytes = 16;
constexpr std::size_t kLongKeyBytes = 32;

int value_of(char digit) {
    if (digit >= 'A' && digit <= 'Z') return digit - 'A';
    if (digit >= 'a' && digit <= 'z') return digit - 'a' + 26;
    if (digit >= '0' && digit <= '9') return digit - '0' + 52;
    // Links to channels spell the last two in the other way.
    if (digit == '+' || digit == '-') return 62;
    if (digit == '/' || digit == '_') return 63;
    return -1;
}

std::optional<std::string> from_base64(std::string_view text) {
    while (!text.empty() && text.back() == '=') text.remove_suffix(1);
    if (text.size() % 4 == 1) return std::nullopt;
    std::string bytes;
    unsigned bits = 0;
    unsigned held = 0;
    for (char digit : text) {
        int value = value_of(digit);
        if (value < 0) return std::nullopt;
        bits = (bits << 6 | static_cast<unsigned>(value)) & 0xffff;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes += static_cast<char>(bits >> held & 0xff);
    }
    return bytes;
}

// The key that nodes make of what was typed: one byte counts on from the default key, other short
// ones are filled up.
std::string effective_key(std::string typed) {
    if (typed.size() == 1) {
        std::string key(kDefaultKey);
        key.back() = static_cast<char>(key.back() + typed[0] - 1);
        return key;
    }
    typed.resize(typed.size() <= kShortKeyBytes ? kShortKeyBytes : kLongKeyBytes);
    return typed;
}

}  // namespace

Keyring::Keyring() : keys_{{"", std::string(kDefaultKey)}} {}

std::string Keyring::add(std::string_view name_and_key) {
    while (name_and_key.ends_with(' ')) name_and_key.remove_suffix(1);
    // Names may hold spaces, keys do not.
    auto space = name_and_key.rfind(' ');
    bool has_name = space != std::string_view::npos;
    std::string_view name = has_name ? name_and_key.substr(0, space) : std::string_view();
    while (name.ends_with(' ')) name.remove_suffix(1);
    auto typed = from_base64(has_name ? name_and_key.substr(space + 1) : name_and_key);
    auto wrong = [&](std::string_view what) {
        return fmt::format("The key {} {}", name.empty() ? "without a channel's name" : name, what);
    };
    if (!typed) return wrong("is not base64");
    if (typed->empty() || *typed == std::string_view("\0", 1)) {
        return wrong("says that the channel is not encrypted; leave it out");
    }
    if (typed->size() > kLongKeyBytes) return wrong("is longer than 32 bytes");
    keys_.push_back({std::string(name), effective_key(*std::move(typed))});
    return {};
}

void Keyring::candidates(std::string_view channel, std::uint32_t hash,
                         std::vector<const ChannelKey*>& out) const {
    out.clear();
    for (const ChannelKey& key : keys_) {
        if (key.channel == channel && channel_hash(channel, key.key) == hash) out.push_back(&key);
    }
    // Then any that fit: the topic's name may be another than that of the settings.
    for (const ChannelKey& key : keys_) {
        if (key.channel == channel) continue;
        bool fits = channel_hash(channel, key.key) == hash ||
                    (!key.channel.empty() && channel_hash(key.channel, key.key) == hash);
        if (fits) out.push_back(&key);
    }
}

std::uint8_t channel_hash(std::string_view channel, std::string_view key) {
    std::uint8_t hash = 0;
    for (char c : channel) hash ^= static_cast<std::uint8_t>(c);
    for (char c : key) hash ^= static_cast<std::uint8_t>(c);
    return hash;
}

}  // namespace martlet::telemetry::meshtastic
