#include "mqtt/topic.h"

#include "mqtt/text_scan.h"
#include "mqtt/types.h"

#include <algorithm>

namespace martlet::mqtt {

namespace {

constexpr std::string_view kShare = "$share/";

// They meet in the empty topic only, which is none ([MQTT-4.7.3-1]).
bool meet_in_nothing(std::string_view a, std::string_view b) {
    return a == "+" && b == "/#";
}

bool begins_wild(std::string_view filter) {
    return filter.starts_with('+') || filter == "#";
}

}  // namespace

bool has_wildcard(std::string_view filter) {
    return filter.find_first_of("+#") != std::string_view::npos;
}

bool is_too_deep(std::string_view topic_or_filter) {
    if (topic_or_filter.size() < kTopicLevelsMax) return false;
    return std::count(topic_or_filter.begin(), topic_or_filter.end(), '/') >=
           std::ptrdiff_t{kTopicLevelsMax};
}

bool is_valid_topic_name(std::string_view topic) {
    if (is_plain_topic(topic)) return true;
    if (topic.empty() || topic.size() > 65535) return false;
    return !has_wildcard(topic) && !is_too_deep(topic);
}

bool is_valid_topic_filter(std::string_view filter) {
    if (is_plain_topic(filter)) return true;
    if (filter.empty() || filter.size() > 65535 || is_too_deep(filter)) return false;
    return has_proper_wildcards(filter);
}

bool has_proper_wildcards(std::string_view filter) {
    for (std::size_t i = 0; i < filter.size(); i++) {
        if (filter[i] != '+' && filter[i] != '#') continue;
        // [MQTT-4.7.1-1] [MQTT-4.7.1-2]
        bool begins_level = i == 0 || filter[i - 1] == '/';
        bool is_last = i + 1 == filter.size();
        bool ends_level = is_last || (filter[i] == '+' && filter[i + 1] == '/');
        if (!begins_level || !ends_level) return false;
    }
    return true;
}

bool parse_filter(std::string_view text, ParsedFilter& parsed) {
    parsed = {};
    parsed.filter = text;
    if (text.starts_with(kShare)) {
        std::string_view rest = text.substr(kShare.size());
        auto slash = rest.find('/');
        parsed.is_shared = true;
        parsed.filter = {};
        if (slash == std::string_view::npos) return false;
        parsed.group = rest.substr(0, slash);
        parsed.filter = rest.substr(slash + 1);
        // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
        if (parsed.group.empty() || has_wildcard(parsed.group)) return false;
    }
    return is_valid_topic_filter(parsed.filter);
}

bool matches(std::string_view filter, std::string_view topic) {
    if (topic.starts_with('$') && begins_wild(filter)) return false;  // [MQTT-4.7.2-1]
    TopicLevels filter_levels(filter);
    TopicLevels topic_levels(topic);
    std::string_view wanted;
    std::string_view level;
    while (filter_levels.next(wanted)) {
        if (wanted == "#") return true;  // The level above it too, so the topic may be at its end.
        if (!topic_levels.next(level)) return false;
        if (wanted != "+" && wanted != level) return false;
    }
    return !topic_levels.next(level);
}

bool overlap(std::string_view filter_a, std::string_view filter_b) {
    if (filter_a.starts_with('$') && begins_wild(filter_b)) return false;
    if (filter_b.starts_with('$') && begins_wild(filter_a)) return false;
    if (meet_in_nothing(filter_a, filter_b) || meet_in_nothing(filter_b, filter_a)) return false;
    TopicLevels levels_a(filter_a);
    TopicLevels levels_b(filter_b);
    std::string_view a;
    std::string_view b;
    for (;;) {
        bool has_a = levels_a.next(a);
        bool has_b = levels_b.next(b);
        if ((has_a && a == "#") || (has_b && b == "#")) return true;
        if (!has_a || !has_b) return has_a == has_b;
        if (a != "+" && b != "+" && a != b) return false;
    }
}

}  // namespace martlet::mqtt
