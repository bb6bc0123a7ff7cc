#pragma once

// Who has an account or a token here, and their file. Any thread; changes are made one after the
// other and are in the file when they return. Slow where passwords are hashed: on a worker.

#include "base/result.h"
#include "http/accounts/account_file.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::http {

// How a change ended.
enum class Change : std::uint8_t {
    Made,
    NotFound,
    Exists,
    LastAdmin,    // nobody could undo it
    BadName,      // 1 to 64 letters, digits, '.', '_', '-', '@'
    BadPassword,  // 10 to 1,024 bytes
    Full,
    NotWritten,  // the file; the log says why
    NoRandom,
};

inline constexpr std::size_t kAccountsMax = 1000;
inline constexpr std::size_t kTokensMax = 1000;

// What to change of an account.
struct AccountChange {
    std::optional<Role> role;
    std::optional<std::string> password;
};

class Accounts {
  public:
    // An empty path: in memory only.
    static Result<std::unique_ptr<Accounts>> open(const std::string& path);

    bool is_empty() const;
    std::vector<Account> accounts() const;
    std::vector<Token> tokens() const;
    std::optional<Account> find(std::string_view name) const;
    std::optional<Role> role_of(std::string_view name) const;
    // The account whose password this is, as it was when that was looked at. Slow, and as slow for
    // names that nobody has.
    std::optional<Account> verified(std::string_view name, std::string_view password) const;

    Change add(std::string_view name, Role role, std::string_view password);
    // The same for the first one, an admin; Exists: there are accounts already.
    Change add_first(std::string_view name, std::string_view password);
    Change change(std::string_view name, const AccountChange& change);
    // With its tokens.
    Change remove(std::string_view name);

    // Fills in id, fingerprint and, in `secret`, the token itself. NotFound: whoever makes it has
    // no account (any more).
    Change add_token(Token& token, std::string& secret);
    Change remove_token(std::string_view id);
    // The token that this is, unless it has expired.
    std::optional<Token> find_token(std::string_view secret, std::int64_t now_ms) const;

  private:
    Accounts(std::string path, AccountList list);
    AccountList copy() const;
    Change add_hashed(std::string_view name, Role role, std::string_view password,
                      bool must_be_first);
    Change keep(AccountList list);

    const std::string path_;
    // Held over a change and its writing; taken before mutex_.
    std::mutex changes_;
    mutable std::mutex mutex_;
    AccountList list_;
    std::string decoy_;  // a password's hash that no password has
};

}  // namespace martlet::http
