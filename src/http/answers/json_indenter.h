#pragma once

// Sets JSON text on lines of its own, two spaces a level, for people who read it: `?pretty`. It
// takes the text piece by piece, cut anywhere, and keeps nothing of it but the level. The text is
// sound JSON. One answer, one thread.

#include "http/response.h"

#include <memory>
#include <string>
#include <string_view>

namespace martlet::http {

class JsonIndenter {
  public:
    // Appends the piece to `out`.
    void feed(std::string_view piece, std::string& out);

  private:
    void take(char c, std::string& out);
    void take_in_text(char c);
    void open(char c, std::string& out);
    void close(char c, std::string& out);
    void break_line(std::string& out) const;

    std::size_t level_ = 0;
    bool is_empty_ = false;  // the array or object that was opened last
    bool is_in_text_ = false;
    bool is_escaped_ = false;
};

// Indents a body that comes in pieces.
std::unique_ptr<BodySource> indented(std::unique_ptr<BodySource> source);

}  // namespace martlet::http
