#pragma once

// A pattern over the path of a value in a payload ("a.b.0.c"): names joined by '.', where '*'
// stands for one name or a part of one, and a last '**' for one name or more. Immutable; any
// thread.

#include "base/result.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

// The texts that the stars of a pattern stood for, in order. Views into the path.
struct PathCaptures {
    static constexpr std::size_t kMost = 4;
    std::array<std::string_view, kMost> texts;
    std::size_t count = 0;

    void add(std::string_view text) {
        if (count < kMost) texts[count++] = text;
    }
};

class PathPattern {
  public:
    PathPattern() = default;
    // "." is the payload itself. A name in double quotes is taken as it stands, dots and stars too.
    // The error says which part is not sound.
    static Result<PathPattern> make(std::string_view text);

    bool matches(std::string_view path, PathCaptures& captures) const;
    bool matches(std::string_view path) const;

    // Bytes of the front of `path` that the whole pattern matches, ending before a '.' or at the
    // end; kNone: it does not match. For records: "metrics.*" matches 9 bytes of "metrics.0.name".
    static constexpr std::size_t kNone = std::string_view::npos;
    std::size_t match_front(std::string_view path) const;

    const std::string& text() const { return text_; }
    std::size_t stars() const;  // at most PathCaptures::kMost
    bool is_whole_payload() const { return steps_.empty(); }
    // It has no star.
    bool is_plain() const { return is_plain_; }

  private:
    struct Step {
        std::string text;  // without its quotes
        enum class Kind : unsigned char { Name, Glob, Rest } kind = Kind::Name;
    };
    std::size_t walk(std::string_view path, PathCaptures* captures) const;

    std::string text_;
    std::vector<Step> steps_;
    bool is_plain_ = true;
};

// '*' stands for any bytes, also none. `star` gets the text of the first star.
bool matches_glob(std::string_view glob, std::string_view text, std::string_view& star);

}  // namespace martlet::telemetry
