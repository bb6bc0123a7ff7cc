// Which topic of signals a misspelt topic was meant to be.

#include "telemetry/decoders/busroot/address.h"
#include "telemetry/decoders/busroot/signals.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/topic_levels.h"

#include <algorithm>
#include <span>

namespace martlet::telemetry::busroot {

namespace {

// Topics are shown to people.
constexpr std::size_t kTopicBytesMax = 200;

// In any letter case, and up to two wrong letters.
bool is_near(std::string_view level, std::string_view word) {
    std::string lower(level.substr(0, 32));
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 'a' - 'A');
    }
    return letters_apart(lower, word) <= 2;
}

// "v3", "V2", "2".
bool is_version(std::string_view level) {
    if (level.starts_with('v') || level.starts_with('V')) level.remove_prefix(1);
    return level.size() == 1 && level[0] >= '0' && level[0] <= '9';
}

bool is_second_version(std::string_view level) {
    return level == "v2" || level == "V2" || level == "2";
}

}  // namespace

std::string meant_topic(std::string_view topic) {
    if (topic.size() > kTopicBytesMax) return {};
    auto all = topic_levels(topic);
    auto begin = std::find_if(all.begin(), all.end(),
                              [](std::string_view level) { return is_near(level, "busroot"); });
    if (begin == all.end()) return {};
    std::span<const std::string_view> levels(begin + 1, all.end());
    std::string_view account;
    std::string_view station;
    if (levels.size() == 4 && is_version(levels[0]) && is_near(levels[2], "signals")) {
        account = levels[1];
        station = levels[3];
    } else if (levels.size() == 3 && is_near(levels[1], "signals")) {
        account = levels[0];
        station = levels[2];
    } else if (levels.size() == 3 && is_second_version(levels[0]) &&
               !is_near(levels[2], "signals")) {
        account = levels[1];
        station = levels[2];
    }
    if (account.empty() || station.empty() || account == "dau") return {};
    std::string meant;
    for (auto level = all.begin(); level != begin; ++level) {
        meant += *level;
        meant += '/';
    }
    meant += "busroot/v2/";
    meant += account;
    meant += "/signals/";
    meant += station;
    return meant == topic ? std::string() : plain_text(meant, kTopicBytesMax + 16);
}

std::string hint_of(std::string_view topic, const std::vector<JsonLeaf>& leaves) {
    bool has_signal = std::any_of(leaves.begin(), leaves.end(), [](const JsonLeaf& leaf) {
        return find_signal(leaf.path) != nullptr;
    });
    if (!has_signal) return {};
    auto meant = meant_topic(topic);
    return meant.empty() ? meant : "did you mean " + meant + '?';
}

}  // namespace martlet::telemetry::busroot
