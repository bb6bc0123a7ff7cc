#include "cli/privileges.h"

#include "base/text.h"

#include <cstdlib>
#include <cstring>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace martlet::cli {

namespace {

unsigned environment_id(const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? 0 : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

Error failed(const std::string& who) {
    return {fmt::format("Error: Unable to run as user {}: {}.", who, std::strerror(errno)), 1};
}

Status become(const std::string& name, uid_t uid, gid_t gid) {
    bool ok = (name.empty() || initgroups(name.c_str(), gid) == 0) && setgid(gid) == 0 &&
              setuid(uid) == 0;
    if (!ok) return failed(name);
    return Done{};
}

}  // namespace

Status drop_privileges(const std::string& user) {
    if (geteuid() != 0 || user == "root") return Done{};
    unsigned uid = environment_id("PUID"), gid = environment_id("PGID");
    if (uid != 0 && gid != 0) return become({}, uid, gid);
    const passwd* entry = getpwnam(user.empty() ? "mosquitto" : user.c_str());
    if (entry == nullptr && !user.empty()) {
        return Error{
            fmt::format("Error: Invalid user '{}': there is no such user on this machine.", user),
            3};
    }
    if (entry == nullptr) entry = getpwnam("nobody");
    if (entry == nullptr)
        return Error{"Error: Neither user mosquitto nor nobody exists; name one with `user`.", 1};
    return become(entry->pw_name, entry->pw_uid, entry->pw_gid);
}

Error with_user(Error error) {
    if (error.text.find(std::strerror(EACCES)) == std::string::npos) return error;
    const passwd* entry = getpwuid(geteuid());
    auto name = entry != nullptr ? std::string(entry->pw_name) : std::to_string(geteuid());
    error.text += fmt::format(" The broker runs as user {}.", name);
    return error;
}

}  // namespace martlet::cli
