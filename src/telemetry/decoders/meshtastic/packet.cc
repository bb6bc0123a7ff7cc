#include "telemetry/decoders/meshtastic/packet.h"

#include <charconv>

namespace martlet::telemetry::meshtastic {

std::string node_text(NodeId node) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string text = "!";
    for (int shift = 28; shift >= 0; shift -= 4) text += kHex[node >> shift & 0xf];
    return text;
}

NodeId node_from_text(std::string_view text) {
    if (text.size() != 9 || text[0] != '!') return 0;
    NodeId node = 0;
    auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), node, 16);
    bool is_whole = error == std::errc() && end == text.data() + text.size();
    return is_whole ? node : 0;
}

SourceId source_of(NodeId node) {
    return {"meshtastic", node_text(node)};
}

std::optional<Time> sound_time(std::uint64_t seconds, Time received) {
    constexpr std::uint64_t kYear2020S = 1'577'836'800;
    constexpr std::uint64_t kTooManyS = 1ULL << 40;
    constexpr Time kDayMs = 86'400'000;
    if (seconds < kYear2020S || seconds > kTooManyS) return std::nullopt;
    auto time = static_cast<Time>(seconds) * 1000;
    if (time - kDayMs > received) return std::nullopt;
    return time;
}

}  // namespace martlet::telemetry::meshtastic
