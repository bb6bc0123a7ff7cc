#pragma once

// A line of mosquitto.conf, cut into its key and the words of its value. Views into the line; no
// copies. Any thread.

#include <string_view>

namespace martlet::config {

// Without blanks (space, tab) and line ends at both ends.
std::string_view trim(std::string_view text);

class Words {
  public:
    explicit Words(std::string_view text) : rest_(trim(text)) {}

    // The next word; empty when there is none.
    std::string_view next();
    // All that is left, trimmed.
    std::string_view rest() const { return rest_; }
    // "text in quotes", which may hold blanks. False: no closing quote; nothing is taken.
    bool take_quoted(std::string_view& text);

  private:
    std::string_view rest_;
};

}  // namespace martlet::config
