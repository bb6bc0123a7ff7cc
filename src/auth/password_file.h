#pragma once

// mosquitto's password file (facts: mosquitto.md §6.1), parsed once, immutable. Any thread;
// checking a found hash is slow (see password_hash.h).

#include "auth/password_hash.h"
#include "base/hash_map.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::auth {

class PasswordFile {
  public:
    // Warns of a file that everybody may read too.
    static Result<PasswordFile> load(const std::string& path, bool is_strict = false,
                                     const std::string& config_folder = {});
    // `name` stands in texts. A line that is wrong lets nobody in; the others hold. With is_strict
    // it is an error. The last line of a user counts, also when it is the wrong one: a slip in the
    // file does not leave an old password in force.
    static Result<PasswordFile> parse(std::string_view text, const std::string& name,
                                      bool is_strict = false);

    // Null: no such user.
    const PasswordHash* find(std::string_view user_name) const;
    // Whether the user's line is there, but wrong.
    bool is_wrong(std::string_view user_name) const { return wrong_users_.contains(user_name); }
    // What to check for a user who does not exist, so that the time taken tells nothing. Null for a
    // file without users.
    const PasswordHash* decoy() const { return users_.empty() ? nullptr : &decoy_; }
    std::size_t size() const { return users_.size(); }
    // One for each line that is wrong or looks like a slip, up to a bound.
    const std::vector<std::string>& warnings() const { return warnings_; }

  private:
    // Why the line is wrong; empty: it was added.
    std::string add(std::string_view user_name, std::string_view hash);
    void drop(std::string_view user_name);
    void warn(std::string text);

    TextMap<PasswordHash> users_;
    TextMap<bool> wrong_users_;
    PasswordHash decoy_;
    std::vector<std::string> warnings_;
    std::size_t warnings_left_out_ = 0;
};

}  // namespace martlet::auth
