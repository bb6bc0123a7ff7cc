#include "bridge/topic_map.h"

#include "mqtt/topic.h"

#include <algorithm>

namespace martlet::bridge {

namespace {

void add_filter(std::vector<Filter>& filters, const std::string& text, mqtt::Qos qos) {
    auto same = std::find_if(filters.begin(), filters.end(),
                             [&](const Filter& filter) { return filter.text == text; });
    if (same == filters.end())
        filters.push_back({text, qos});
    else
        same->qos = std::max(same->qos, qos);
}

// What topics of a subscription to `text` match.
std::string plain_filter(const std::string& text) {
    mqtt::ParsedFilter parsed;
    return mqtt::parse_filter(text, parsed) ? std::string(parsed.filter) : text;
}

}  // namespace

TopicMap::TopicMap(const std::vector<Topic>& topics) {
    auto has_prefix = [](const Topic& topic) {
        return !topic.local_prefix.empty() || !topic.remote_prefix.empty();
    };
    for (const Topic& topic : topics)
        if (has_prefix(topic)) add(topic);
    for (const Topic& topic : topics)
        if (!has_prefix(topic)) add(topic);
}

void TopicMap::add(const Topic& topic) {
    std::string local = topic.local_prefix + topic.pattern;
    std::string remote = topic.remote_prefix + topic.pattern;
    if (topic.direction != Direction::In) {
        add_filter(local_filters_, local, topic.qos);
        outgoing_.push_back({plain_filter(local), topic.local_prefix.size(), topic.remote_prefix});
    }
    if (topic.direction != Direction::Out) {
        add_filter(remote_filters_, remote, topic.qos);
        incoming_.push_back({plain_filter(remote), topic.remote_prefix.size(), topic.local_prefix});
    }
}

bool TopicMap::map(const std::vector<Rule>& rules, std::string_view topic, std::string& storage,
                   std::string_view& mapped) {
    for (const Rule& rule : rules) {
        if (!mqtt::matches(rule.filter, topic)) continue;
        mapped = topic;
        if (rule.stripped == 0 && rule.added.empty()) return true;
        // "PREFIX/#" matches "PREFIX" too, which is shorter than what is to be taken off.
        if (topic.size() < rule.stripped) continue;
        storage = rule.added;
        storage += topic.substr(rule.stripped);
        mapped = storage;
        return true;
    }
    return false;
}

}  // namespace martlet::bridge
