#pragma once

// The file of accounts and tokens: JSON, readable by the broker only, replaced as a whole. Cold
// path; any thread.

#include "base/result.h"
#include "http/request.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::http {

struct Account {
    std::string name;
    Role role = Role::Viewer;
    std::string password_hash;  // as auth::PasswordHash encodes it
};

// A program's way in. The token itself is shown once and kept nowhere.
struct Token {
    std::string id;    // to name it by, no secret
    std::string name;  // for people
    Role role = Role::Viewer;
    std::string fingerprint;      // auth::fingerprint_of() the token
    std::string made_by;          // an account
    std::int64_t created_ms = 0;  // since 1970
    std::int64_t expires_ms = 0;  // 0: never
};

struct AccountList {
    std::vector<Account> accounts;
    std::vector<Token> tokens;
};

// "viewer", "operator", "admin"; "nobody".
std::string_view name_of(Role role);
// False: none of the first three.
bool read_role(std::string_view name, Role& role);

// A file that is not there has no accounts; one that is not ours is an error.
Result<AccountList> read_account_file(const std::string& path);
Status write_account_file(const std::string& path, const AccountList& list);

}  // namespace martlet::http
