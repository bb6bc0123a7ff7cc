#include "cli/privileges.h"

#include "base/text.h"

#include <cstdlib>
#include <cstring>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace martlet::cli {

namespace {

// 0: not set, or not a number; as in mosquitto.
unsigned environment_id(const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? 0 : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

Error failed(const std::string& who) {
    return {fmt::format("Error: Unable to run as user {}: {}.", who, std::strerror(errno)), 1};
}

struct Account {
    std::string name;  // empty: the id has no account
    uid_t uid = 0;
    gid_t gid = 0;
};

Account account_of(const passwd& entry) {
    return {entry.pw_name, entry.pw_uid, entry.pw_gid};
}

// The groups of the account take the place of root's; without an account, its one group does.
Status become(const Account& account) {
    bool ok = account.name.empty() ? setgroups(1, &account.gid) == 0
                                   : initgroups(account.name.c_str(), account.gid) == 0;
    ok = ok && setgid(account.gid) == 0 && setuid(account.uid) == 0;
    if (!ok) return failed(account.name.empty() ? std::to_string(account.uid) : account.name);
    return Done{};
}

Result<Account> account_of_user(const std::string& user) {
    const passwd* entry = getpwnam(user.empty() ? "mosquitto" : user.c_str());
    if (entry == nullptr && !user.empty()) {
        return Error{
            fmt::format("Error: Invalid user '{}': there is no such user on this machine.", user),
            3};
    }
    if (entry == nullptr) entry = getpwnam("nobody");
    if (entry == nullptr)
        return Error{"Error: Neither user mosquitto nor nobody exists; name one with `user`.", 1};
    return account_of(*entry);
}

// PUID and PGID. The broker then has no other groups: those of an account would widen the rights
// that were asked for.
Result<Account> account_of_ids(uid_t uid, gid_t gid, const std::string& user) {
    Account account{{}, uid, gid};
    if (uid != 0 && gid != 0) return account;
    if (uid != 0) {
        // An id without an account has its own number as its group.
        const passwd* entry = getpwuid(uid);
        account.gid = entry != nullptr ? entry->pw_gid : uid;
        return account;
    }
    auto named = account_of_user(user);
    if (!named) return named.error();
    account.uid = named.value().uid;
    return account;
}

}  // namespace

Status drop_privileges(const std::string& user) {
    unsigned uid = environment_id("PUID");
    unsigned gid = environment_id("PGID");
    if (geteuid() != 0) return Done{};
    bool is_by_id = uid != 0 || gid != 0;
    if (user == "root" && !is_by_id) return Done{};
    auto account = is_by_id ? account_of_ids(uid, gid, user) : account_of_user(user);
    if (!account) return account.error();
    return become(account.value());
}

namespace {

// How `folder` becomes the user's. Nothing is said of "/" or of a folder without a name.
std::string how_to_give(const std::string& user, const std::string& folder) {
    if (folder.empty() || folder.find_first_not_of('/') == std::string::npos) return {};
    struct stat info {};
    if (stat(folder.c_str(), &info) == 0)
        return fmt::format(" Give it the folder: chown -R {} '{}'", user, folder);
    return fmt::format(" Make the folder: install -d -o {} '{}'", user, folder);
}

}  // namespace

Error with_user(Error error, const std::string& folder) {
    bool is_denied = error.text.find(std::strerror(EACCES)) != std::string::npos;
    // Where it stands already, the text gives a command of its own.
    if (!is_denied || error.text.find("that the broker runs as") != std::string::npos) return error;
    const passwd* entry = getpwuid(geteuid());
    auto name = entry != nullptr ? std::string(entry->pw_name) : std::to_string(geteuid());
    error.text += fmt::format(" The broker runs as user {}.", name);
    if (!folder.empty() && error.text.find(folder) != std::string::npos)
        error.text += how_to_give(name, folder);
    return error;
}

}  // namespace martlet::cli
