#include "auth/password_file.h"

#include "auth/lines.h"
#include "auth/text_file.h"
#include "base/log.h"

#include <algorithm>

namespace martlet::auth {

namespace {

// What mosquitto 2.0.11 ends with when a file of this kind cannot be used.
constexpr int kExitCode = 13;
constexpr std::size_t kUserNameBytesMax = 65535;

bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
    });
}

// "in password file 'F', line 3"
std::string where(const std::string& name, std::uint32_t line) {
    return fmt::format("in password file '{}', line {}", name, line);
}

bool is_password_file(std::string_view text) {
    for (Lines lines(text); lines.next();) {
        if (lines.text().empty() || lines.text().front() == '#') continue;
        auto colon = lines.text().find(':');
        if (colon == std::string_view::npos || colon == 0) return false;
        auto hash = lines.text().substr(colon + 1);
        return hash.starts_with("$6$") || hash.starts_with("$7$") || hash.starts_with("$argon2id$");
    }
    return false;
}

}  // namespace

// The texts carry no part of a hash and no line as it stands: a line that cannot be decoded may
// well be a password in clear.
Status PasswordFile::add(std::string_view user_name, std::string_view hash,
                         const std::string& where_text) {
    if (user_name.empty())
        return Error{fmt::format("Error: Invalid line {}: the user name is empty.", where_text),
                     kExitCode};
    if (user_name.size() > kUserNameBytesMax || has_control_character(user_name))
        return Error{fmt::format("Error: Invalid line {}: the user name is too long or holds a "
                                 "control character.",
                                 where_text),
                     kExitCode};
    auto decoded = PasswordHash::decode(hash);
    if (!decoded)
        return Error{fmt::format("Error: Unable to decode line {}, user '{}': {}.", where_text,
                                 user_name, decoded.error().text),
                     kExitCode};
    if (!users_.try_emplace(std::string(user_name), std::move(decoded).value()).second)
        return Error{fmt::format("Error: Duplicate user '{}' {}.", user_name, where_text),
                     kExitCode};
    return Done{};
}

Result<PasswordFile> PasswordFile::parse(std::string_view text, const std::string& name) {
    PasswordFile file;
    std::string first_user;
    for (Lines lines(text); lines.next();) {
        if (lines.text().empty() || lines.text().front() == '#') continue;
        auto colon = lines.text().find(':');
        if (colon == std::string_view::npos) {
            // mosquitto skips such a line; nobody can come in by it.
            if (file.warning_.empty())
                file.warning_ = fmt::format("Warning: Ignoring a line without ':' {}.",
                                            where(name, lines.number()));
            continue;
        }
        auto user_name = trim(lines.text().substr(0, colon));
        auto rest = lines.text().substr(colon + 1);
        auto hash = trim(rest.substr(0, rest.find(':')));
        auto added = file.add(user_name, hash, where(name, lines.number()));
        if (!added) return added.error();
        if (first_user.empty()) first_user = user_name;
    }
    if (file.users_.empty()) return file;
    auto decoy = PasswordHash::make_decoy(file.users_.find(first_user)->second);
    if (!decoy) return decoy.error();
    file.decoy_ = std::move(decoy).value();
    return file;
}

Result<PasswordFile> PasswordFile::load(const std::string& path) {
    auto file = read_text_file(path);
    if (file.error != 0)
        return Error{fmt::format("Error: Unable to open pwfile \"{}\". {}", path,
                                 why_not_read(path, file.error, is_password_file)),
                     kExitCode};
    if (file.is_readable_by_all)
        log::warning(
            "Warning: Password file \"{}\" can be read by every user of this machine. Let only the "
            "broker's user read it: chmod o-rwx {}",
            path, path);
    auto parsed = parse(file.text, path);
    if (parsed && !parsed.value().warning_.empty()) log::warning("{}", parsed.value().warning_);
    return parsed;
}

const PasswordHash* PasswordFile::find(std::string_view user_name) const {
    auto found = users_.find(user_name);
    return found == users_.end() ? nullptr : &found->second;
}

}  // namespace martlet::auth
