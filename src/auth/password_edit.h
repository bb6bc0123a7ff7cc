#pragma once

// Changes to the text of a password file, as mosquitto_passwd makes them. Lines that are not
// concerned, comments among them, stay as they are. A line that is neither blank, comment nor
// `name:something` refuses the whole edit, so that a wrong file is not written over. Pure; any
// thread.

#include "auth/password_hash.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace martlet::auth {

// What `user_name` must be to stand in a password file: an Error says what is wrong.
Status check_user_name(std::string_view user_name);

// In place of the user's line, or at the end.
Result<std::string> set_password(std::string_view text, std::string_view user_name,
                                 const PasswordHash& hash);
Result<std::string> remove_user(std::string_view text, std::string_view user_name);
// Hashes each password that stands in clear; what is hashed already stays. Slow.
Result<std::string> hash_passwords(std::string_view text, HashScheme scheme,
                                   std::uint32_t iterations);

}  // namespace martlet::auth
