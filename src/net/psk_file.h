#pragma once

// The pre-shared keys of a listener: lines of `identity:hexkey`. Read with the TLS context and
// immutable from then on. Any thread.

#include "base/result.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::net {

class PskFile {
  public:
    // An error names the file and the line. Keys never stand in its text.
    static Result<PskFile> read(const std::string& path);
    static Result<PskFile> parse(std::string_view text, const std::string& path);

    // The bytes of hexadecimal digits; nothing: they are no key.
    static std::optional<std::string> key_of(std::string_view hex);
    // The key in binary; null: no such identity.
    const std::string* find(std::string_view identity) const;
    std::size_t size() const { return keys_.size(); }

  private:
    std::map<std::string, std::string, std::less<>> keys_;
};

}  // namespace martlet::net
