#pragma once

// Topic names and topic filters (MQTT 5, 4.7 and 4.8). Text is taken to be valid UTF-8 already. Any
// thread.

#include <cstdint>
#include <string_view>

namespace martlet::mqtt {

// Well-formed UTF-8 without U+0000 and surrogates (1.5.4). Control and non-characters, which a
// receiver may refuse, are refused as in mosquitto: they poison logs and other clients.
bool is_valid_utf8(std::string_view text);

// 1 to 65535 bytes, no wildcards, at most kTopicLevelsMax levels.
bool is_valid_topic_name(std::string_view topic);
// 1 to 65535 bytes, wildcards alone in their level, '#' last, at most kTopicLevelsMax levels.
// "$share/..." is not special here.
bool is_valid_topic_filter(std::string_view filter);
// Wildcards alone in their level, '#' last.
bool has_proper_wildcards(std::string_view filter);
// More than kTopicLevelsMax levels: too many for us, though the specification allows them.
bool is_too_deep(std::string_view topic_or_filter);

// "$share/GROUP/FILTER". `is_shared` false: `filter` is the whole text and `group` empty.
struct ParsedFilter {
    bool is_shared = false;  // set for a bad one, too
    std::string_view group;
    std::string_view filter;
};
// False for what 4.8.2 forbids (no second '/', an empty or wildcard ShareName, an empty or bad
// filter) and bad plain filters.
bool parse_filter(std::string_view text, ParsedFilter& parsed);

bool has_wildcard(std::string_view filter);

// Whether the filter (not shared) matches the topic; a wildcard in the first level does not match
// '$' ([MQTT-4.7.2-1]). Slow and plain: for rules and tests, not for routing.
bool matches(std::string_view filter, std::string_view topic);

// Whether some topic exists that both filters match. Used to refuse a SUBSCRIBE that could never
// deliver.
bool overlap(std::string_view filter_a, std::string_view filter_b);

// Walks levels: for (TopicLevels l(topic); l.next(level);)
class TopicLevels {
  public:
    explicit TopicLevels(std::string_view topic) : rest_(topic) {}
    bool next(std::string_view& level) {
        if (is_done_) return false;
        auto slash = rest_.find('/');
        level = rest_.substr(0, slash);
        is_done_ = slash == std::string_view::npos;
        if (!is_done_) rest_.remove_prefix(slash + 1);
        return true;
    }

  private:
    std::string_view rest_;
    bool is_done_ = false;
};

}  // namespace martlet::mqtt
