#pragma once

// mosquitto's password file (facts: mosquitto.md §6.1), parsed once, immutable. Any thread;
// checking a found hash is slow (see password_hash.h).

#include "auth/password_hash.h"
#include "base/hash_map.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace martlet::auth {

class PasswordFile {
  public:
    // Logs warning() too, and warns of a file that everybody may read.
    static Result<PasswordFile> load(const std::string& path);
    // `name` stands in error texts. A text with any damaged line is refused as a whole.
    static Result<PasswordFile> parse(std::string_view text, const std::string& name);

    // Null: no such user.
    const PasswordHash* find(std::string_view user_name) const;
    // What to check for a user who does not exist, so that the time taken tells nothing. Null for a
    // file without users.
    const PasswordHash* decoy() const { return users_.empty() ? nullptr : &decoy_; }
    std::size_t size() const { return users_.size(); }
    // Empty: nothing in the file looks like a slip.
    const std::string& warning() const { return warning_; }

  private:
    Status add(std::string_view user_name, std::string_view hash, const std::string& where);

    TextMap<PasswordHash> users_;
    PasswordHash decoy_;
    std::string warning_;
};

}  // namespace martlet::auth
