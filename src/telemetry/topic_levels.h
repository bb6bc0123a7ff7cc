#pragma once

// A topic as its levels. Views into the topic. Any thread.

#include <cstddef>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

// At most `most` levels: the last one then holds the rest, slashes and all.
inline std::vector<std::string_view> topic_levels(std::string_view topic, std::size_t most = 16) {
    std::vector<std::string_view> levels;
    while (levels.size() + 1 < most) {
        auto slash = topic.find('/');
        if (slash == std::string_view::npos) break;
        levels.push_back(topic.substr(0, slash));
        topic.remove_prefix(slash + 1);
    }
    levels.push_back(topic);
    return levels;
}

}  // namespace martlet::telemetry
