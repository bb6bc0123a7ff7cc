#pragma once

// Reads a password or ACL file whole, and helps when it is not there: names the neighbour that was
// probably meant. Cold path; any thread.

#include <functional>
#include <string>
#include <string_view>

namespace martlet::auth {

inline constexpr std::size_t kTextFileBytesMax = std::size_t{64} << 20;

struct TextFile {
    // 0: read. Otherwise errno; EFBIG when it is larger than kTextFileBytesMax.
    int error = 0;
    bool is_readable_by_all = false;
    std::string text;
};

TextFile read_text_file(const std::string& path);

// For the end of an error text about `file`: what went wrong, and if it is missing, the file in the
// same directory with a similar name, or else the one whose beginning `is_like_it`.
std::string why_not_read(const std::string& path, int error,
                         const std::function<bool(std::string_view)>& is_like_it);

}  // namespace martlet::auth
