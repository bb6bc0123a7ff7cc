#include "telemetry/mapping/topic_pattern.h"

#include "base/text.h"
#include "mqtt/topic.h"
#include "telemetry/topic_levels.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kLevelsMax = 64;

bool is_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

}  // namespace

Result<TopicPattern::Level> TopicPattern::level_of(std::string_view text, bool is_last) {
    Level level;
    level.is_any = text == "+";
    level.is_rest = text == "#" && is_last;
    if (level.is_any || level.is_rest) return level;
    auto open = text.find('{');
    if (open == std::string_view::npos) {
        level.before = text;
        return level;
    }
    auto close = text.find('}', open);
    if (close == std::string_view::npos)
        return Error{fmt::format("the level '{}' has a '{{' without '}}'", text)};
    auto name = text.substr(open + 1, close - open - 1);
    level.is_rest = name.ends_with('#');
    if (level.is_rest) name.remove_suffix(1);
    level.before = text.substr(0, open);
    level.after = text.substr(close + 1);
    level.capture = name;
    if (!is_name(name))
        return Error{fmt::format("'{{{}}}' is no capture: expected letters, digits and '_'", name)};
    if (level.after.find('{') != std::string::npos)
        return Error{fmt::format("the level '{}' has two captures: expected one", text)};
    if (level.is_rest && (!level.before.empty() || !level.after.empty()))
        return Error{fmt::format("'{}' must be a level by itself", text)};
    return level;
}

Result<TopicPattern> TopicPattern::make(std::string_view text) {
    TopicPattern pattern;
    pattern.text_ = text;
    auto levels = topic_levels(text, kLevelsMax);
    std::size_t rests = 0;
    for (std::size_t i = 0; i < levels.size(); i++) {
        auto level = level_of(levels[i], i + 1 == levels.size());
        if (!level) return Error{fmt::format("invalid topic '{}': {}", text, level.error().text)};
        const Level& sound = level.value();
        // Behind a level that stands for many, the filter cannot tell more.
        if (i > 0 && rests == 0) pattern.filter_ += '/';
        if (sound.is_rest && rests++ == 0)
            pattern.filter_ += '#';
        else if (rests == 0)
            pattern.filter_ += sound.is_any || !sound.capture.empty() ? "+" : sound.before;
        if (!sound.capture.empty() && pattern.has_capture(sound.capture))
            return Error{fmt::format("invalid topic '{}': '{{{}}}' stands in it twice", text,
                                     sound.capture)};
        pattern.levels_.push_back(sound);
    }
    if (rests > 1) return Error{fmt::format("invalid topic '{}': it has two '#'", text)};
    if (!mqtt::is_valid_topic_filter(pattern.filter_))
        return Error{fmt::format("invalid topic '{}': it is no topic filter", text)};
    return pattern;
}

bool TopicPattern::has_capture(std::string_view name) const {
    return std::any_of(levels_.begin(), levels_.end(),
                       [&](const Level& level) { return level.capture == name; });
}

bool TopicPattern::matches(const Level& level, std::string_view text, TopicCaptures& captures) {
    if (level.is_any) return true;
    if (level.capture.empty()) return text == level.before;
    bool has_frame = text.size() > level.before.size() + level.after.size() &&
                     text.starts_with(level.before) && text.ends_with(level.after);
    if (!has_frame) return false;
    text.remove_prefix(level.before.size());
    text.remove_suffix(level.after.size());
    captures.emplace_back(level.capture, text);
    return true;
}

bool TopicPattern::matches(std::string_view topic, TopicCaptures& captures) const {
    captures.clear();
    auto levels = topic_levels(topic, kLevelsMax);
    bool is_open =
        levels_.front().is_any || levels_.front().is_rest || !levels_.front().capture.empty();
    // A filter that begins with a wildcard does not match $SYS and its like.
    if (is_open && topic.starts_with('$')) return false;
    std::size_t at = 0;  // in the topic
    for (std::size_t i = 0; i < levels_.size(); i++) {
        const Level& level = levels_[i];
        std::size_t behind = levels_.size() - i - 1;
        // "a/#" matches "a" as well.
        if (level.is_rest && level.capture.empty() && at == levels.size()) return true;
        if (at + behind >= levels.size()) return false;
        if (!level.is_rest) {
            if (!matches(level, levels[at++], captures)) return false;
            continue;
        }
        const char* begin = levels[at].data();
        at = levels.size() - behind;
        const char* end = levels[at - 1].data() + levels[at - 1].size();
        if (!level.capture.empty())
            captures.emplace_back(level.capture,
                                  std::string_view(begin, static_cast<std::size_t>(end - begin)));
    }
    return at == levels.size();
}

std::string TopicPattern::particularity() const {
    std::string letters;
    for (const Level& level : levels_) {
        bool has_text = !level.before.empty() || !level.after.empty();
        if (level.is_rest)
            letters += 'a';
        else if (level.is_any || !level.capture.empty())
            letters += has_text ? 'c' : 'b';
        else
            letters += 'd';
    }
    return letters;
}

std::string TopicPattern::example() const {
    std::string topic;
    for (const Level& level : levels_) {
        if (!topic.empty()) topic += '/';
        if (level.is_any || (level.is_rest && level.capture.empty())) topic += "any";
        topic += level.before + level.capture + level.after;
    }
    return topic;
}

}  // namespace martlet::telemetry
