#include "http/accounts/accounts.h"

#include "auth/password_hash.h"
#include "auth/secret.h"
#include "base/log.h"
#include "http/accounts/local_key.h"

#include <algorithm>
#include <utility>

namespace martlet::http {

namespace {

using auth::PasswordHash;

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kPasswordBytesMin = 10;
constexpr std::size_t kPasswordBytesMax = 1024;
constexpr std::size_t kTokenIdBytes = 12;

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= kNameBytesMax &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '_' || c == '-' || c == '@';
           });
}

bool is_password_long_enough(std::string_view password) {
    return password.size() >= kPasswordBytesMin && password.size() <= kPasswordBytesMax;
}

std::optional<std::string> hash_of(std::string_view password) {
    auto hash = PasswordHash::make(auth::HashScheme::Argon2id, 0, as_bytes(password));
    if (!hash) return std::nullopt;
    return hash.value().encode();
}

std::vector<Account>::iterator find_in(AccountList& list, std::string_view name) {
    return std::find_if(list.accounts.begin(), list.accounts.end(),
                        [&](const Account& account) { return account.name == name; });
}

bool has_admin(const AccountList& list) {
    return std::any_of(list.accounts.begin(), list.accounts.end(),
                       [](const Account& account) { return account.role == Role::Admin; });
}

}  // namespace

Result<std::unique_ptr<Accounts>> Accounts::open(const std::string& path) {
    AccountList list;
    if (!path.empty()) {
        auto read = read_account_file(path);
        if (!read) return read.error();
        list = std::move(read).value();
    }
    return std::unique_ptr<Accounts>(new Accounts(path, std::move(list)));
}

Accounts::Accounts(std::string path, AccountList list)
    : path_(std::move(path)), list_(std::move(list)) {
    decoy_ = hash_of(auth::make_secret()).value_or("");
}

AccountList Accounts::copy() const {
    std::lock_guard lock(mutex_);
    return list_;
}

bool Accounts::is_empty() const {
    std::lock_guard lock(mutex_);
    return list_.accounts.empty();
}

std::vector<Account> Accounts::accounts() const {
    return copy().accounts;
}

std::vector<Token> Accounts::tokens() const {
    return copy().tokens;
}

std::optional<Account> Accounts::find(std::string_view name) const {
    std::lock_guard lock(mutex_);
    for (const Account& account : list_.accounts) {
        if (account.name == name) return account;
    }
    return std::nullopt;
}

std::optional<Role> Accounts::role_of(std::string_view name) const {
    // A person who may read the data folder may do everything.
    if (name == kLocalAccount) return Role::Admin;
    auto account = find(name);
    if (!account) return std::nullopt;
    return account->role;
}

std::optional<Account> Accounts::verified(std::string_view name, std::string_view password) const {
    auto account = find(name);
    auto hash = PasswordHash::decode(account ? account->password_hash : decoy_);
    if (!hash || password.size() > kPasswordBytesMax) return std::nullopt;
    if (!hash.value().verify(as_bytes(password))) return std::nullopt;
    return account;
}

Change Accounts::add(std::string_view name, Role role, std::string_view password) {
    return add_hashed(name, role, password, false);
}

Change Accounts::add_first(std::string_view name, std::string_view password) {
    return add_hashed(name, Role::Admin, password, true);
}

Change Accounts::add_hashed(std::string_view name, Role role, std::string_view password,
                            bool must_be_first) {
    if (!is_name(name)) return Change::BadName;
    if (!is_password_long_enough(password)) return Change::BadPassword;
    auto hash = hash_of(password);
    if (!hash) return Change::NoRandom;
    std::lock_guard lock(changes_);
    AccountList list = copy();
    if (find_in(list, name) != list.accounts.end()) return Change::Exists;
    if (must_be_first && !list.accounts.empty()) return Change::Exists;
    if (list.accounts.size() >= kAccountsMax) return Change::Full;
    list.accounts.push_back({std::string(name), role, std::move(*hash)});
    if (!has_admin(list)) return Change::LastAdmin;
    return keep(std::move(list));
}

Change Accounts::change(std::string_view name, const AccountChange& change) {
    if (change.password && !is_password_long_enough(*change.password)) return Change::BadPassword;
    std::optional<std::string> hash;
    if (change.password) hash = hash_of(*change.password);
    if (change.password && !hash) return Change::NoRandom;
    std::lock_guard lock(changes_);
    AccountList list = copy();
    auto account = find_in(list, name);
    if (account == list.accounts.end()) return Change::NotFound;
    if (change.role) account->role = *change.role;
    if (hash) account->password_hash = std::move(*hash);
    if (!has_admin(list)) return Change::LastAdmin;
    return keep(std::move(list));
}

Change Accounts::remove(std::string_view name) {
    std::lock_guard lock(changes_);
    AccountList list = copy();
    auto account = find_in(list, name);
    if (account == list.accounts.end()) return Change::NotFound;
    list.accounts.erase(account);
    if (!has_admin(list)) return Change::LastAdmin;
    std::erase_if(list.tokens, [&](const Token& token) { return token.made_by == name; });
    return keep(std::move(list));
}

Change Accounts::add_token(Token& token, std::string& secret) {
    secret = auth::make_secret();
    std::string id = auth::make_secret();
    if (secret.empty() || id.empty()) return Change::NoRandom;
    token.id = id.substr(0, kTokenIdBytes);
    token.fingerprint = auth::fingerprint_of(secret);
    std::lock_guard lock(changes_);
    AccountList list = copy();
    // It would be that of whoever gets the name next.
    if (token.made_by != kLocalAccount && find_in(list, token.made_by) == list.accounts.end())
        return Change::NotFound;
    if (list.tokens.size() >= kTokensMax) return Change::Full;
    list.tokens.push_back(token);
    return keep(std::move(list));
}

Change Accounts::remove_token(std::string_view id) {
    std::lock_guard lock(changes_);
    AccountList list = copy();
    if (std::erase_if(list.tokens, [&](const Token& token) { return token.id == id; }) == 0)
        return Change::NotFound;
    return keep(std::move(list));
}

std::optional<Token> Accounts::find_token(std::string_view secret, std::int64_t now_ms) const {
    std::string fingerprint = auth::fingerprint_of(secret);
    std::lock_guard lock(mutex_);
    for (const Token& token : list_.tokens) {
        if (!auth::is_same_secret(token.fingerprint, fingerprint)) continue;
        if (token.expires_ms != 0 && token.expires_ms <= now_ms) return std::nullopt;
        return token;
    }
    return std::nullopt;
}

// The file first: what is not in it would be gone after a restart.
Change Accounts::keep(AccountList list) {
    if (!path_.empty()) {
        Status written = write_account_file(path_, list);
        if (!written) {
            log::error("{}", written.error().text);
            return Change::NotWritten;
        }
    }
    std::lock_guard lock(mutex_);
    list_ = std::move(list);
    return Change::Made;
}

}  // namespace martlet::http
