#pragma once

// Topics and filters from few levels, so that they meet often: empty levels, '$', and names that
// sort around '/' among them.

#include <random>
#include <string>

namespace martlet::topics {

inline std::string random_topic(std::mt19937_64& random) {
    static constexpr const char* kLevels[] = {"a", "b", "", "$S", "a!", "a0", "b b"};
    std::string topic = kLevels[random() % 7];
    for (std::uint64_t i = random() % 5; i > 0; i--)
        topic += std::string("/") + kLevels[random() % 7];
    return topic.empty() ? "a" : topic;
}

inline std::string random_filter(std::mt19937_64& random) {
    if (random() % 20 == 0) return "#";
    std::string topic = random_topic(random);
    std::string filter;
    for (std::size_t at = 0; at <= topic.size();) {
        std::size_t slash = std::min(topic.find('/', at), topic.size());
        if (!filter.empty() || at > 0) filter += '/';
        filter += random() % 4 == 0 ? "+" : topic.substr(at, slash - at);
        at = slash + 1;
    }
    if (random() % 4 == 0) filter += filter.empty() ? "#" : "/#";
    return filter;
}

}  // namespace martlet::topics
