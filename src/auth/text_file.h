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

// " in the folder F" for a relative path, which is looked for where the program was started; empty
// for an absolute one.
std::string in_folder(const std::string& path);

TextFile read_text_file(const std::string& path);

// For the end of an error text about `file`: what went wrong, and if it is missing, the file in the
// same directory with a similar name, or else the one whose beginning `is_like_it`. For a relative
// path that exists beside the configuration file (`config_folder`, with '/' at its end), that file.
std::string why_not_read(const std::string& path, int error,
                         const std::function<bool(std::string_view)>& is_like_it,
                         const std::string& config_folder = {});

}  // namespace martlet::auth
