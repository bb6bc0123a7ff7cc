#pragma once

// The topics that a map reads: a topic filter whose levels may be named. "{device}/status/em:{n}"
// matches "shelly-1/status/em:0" and captures device and n; one "{rest#}" captures one level or
// more. Immutable; any thread.

#include "base/result.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::telemetry {

// Names and texts of captured levels. Views into the pattern and the topic.
using TopicCaptures = std::vector<std::pair<std::string_view, std::string_view>>;

class TopicPattern {
  public:
    // The error says which level is not sound.
    static Result<TopicPattern> make(std::string_view text);

    bool matches(std::string_view topic, TopicCaptures& captures) const;
    bool has_capture(std::string_view name) const;
    // As an MQTT topic filter, for the rules: at least as wide.
    const std::string& filter() const { return filter_; }
    const std::string& text() const { return text_; }
    // One letter a level; the more particular of two patterns is the greater text.
    std::string particularity() const;
    // Captures replaced by their names, for a map that is tried without a topic.
    std::string example() const;

  private:
    struct Level {
        std::string before;   // literal text before the capture; the whole level without one
        std::string capture;  // empty: none
        std::string after;
        bool is_any = false;   // "+"
        bool is_rest = false;  // "#" or "{name#}"
    };
    static Result<Level> level_of(std::string_view text, bool is_last);
    static bool matches(const Level& level, std::string_view text, TopicCaptures& captures);

    std::string text_;
    std::string filter_;
    std::vector<Level> levels_;
};

}  // namespace martlet::telemetry
