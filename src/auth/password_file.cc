#include "auth/password_file.h"

#include "auth/lines.h"
#include "auth/text_file.h"
#include "base/text.h"

#include <algorithm>

namespace martlet::auth {

namespace {

// What mosquitto 2.0.11 ends with when a file of this kind cannot be used.
constexpr int kExitCode = 13;
constexpr std::size_t kUserNameBytesMax = 65535;
constexpr std::size_t kWarningsMax = 20;

bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
    });
}

std::string where(const std::string& name, std::uint32_t line) {
    return fmt::format("Password file '{}', line {}", name, line);
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
std::string PasswordFile::add(std::string_view user_name, std::string_view hash) {
    if (user_name.empty()) return "the user name is empty";
    if (user_name.size() > kUserNameBytesMax || has_control_character(user_name))
        return "the user name is too long or holds a control character";
    auto decoded = PasswordHash::decode(hash);
    drop(user_name);
    if (!decoded) {
        wrong_users_.insert_or_assign(std::string(user_name), true);
        return fmt::format("user '{}': {}", user_name, decoded.error().text);
    }
    users_.insert_or_assign(std::string(user_name), std::move(decoded).value());
    return {};
}

void PasswordFile::drop(std::string_view user_name) {
    auto user = users_.find(user_name);
    if (user != users_.end()) users_.erase(user);
    auto wrong = wrong_users_.find(user_name);
    if (wrong != wrong_users_.end()) wrong_users_.erase(wrong);
}

void PasswordFile::warn(std::string text) {
    if (warnings_.size() < kWarningsMax) return warnings_.push_back(std::move(text));
    ++warnings_left_out_;
}

Result<PasswordFile> PasswordFile::parse(std::string_view text, const std::string& name,
                                         bool is_strict) {
    PasswordFile file;
    std::string first_user;
    for (Lines lines(text); lines.next();) {
        if (lines.text().empty() || lines.text().front() == '#') continue;
        std::string place = where(name, lines.number());
        auto colon = lines.text().find(':');
        std::string why = "there is no ':' in it";
        if (colon != std::string_view::npos) {
            auto user_name = trim(lines.text().substr(0, colon));
            auto rest = lines.text().substr(colon + 1);
            bool is_again = file.find(user_name) != nullptr || file.is_wrong(user_name);
            why = file.add(user_name, trim(rest.substr(0, rest.find(':'))));
            if (is_again && why.empty()) {
                why = fmt::format("user '{}' stands above already", user_name);
                if (!is_strict) {
                    file.warn(fmt::format("Warning: {}: {}; the last line counts.", place, why));
                    continue;
                }
            }
        }
        if (why.empty() && first_user.empty())
            first_user = trim(lines.text().substr(0, lines.text().find(':')));
        if (why.empty()) continue;
        if (is_strict) return Error{fmt::format("Error: {}: {}.", place, why), kExitCode};
        file.warn(fmt::format("Warning: {}: {}. Nobody comes in by this line; the others hold.",
                              place, why));
    }
    if (file.warnings_left_out_ > 0)
        file.warnings_.push_back(
            fmt::format("Warning: Password file '{}': {} more lines are wrong.", name,
                        file.warnings_left_out_));
    if (file.users_.empty()) return file;
    auto model = file.users_.find(first_user);
    if (model == file.users_.end()) model = file.users_.begin();
    auto decoy = PasswordHash::make_decoy(model->second);
    if (!decoy) return decoy.error();
    file.decoy_ = std::move(decoy).value();
    return file;
}

Result<PasswordFile> PasswordFile::load(const std::string& path, bool is_strict,
                                        const std::string& config_folder) {
    auto file = read_text_file(path);
    if (file.error != 0)
        return Error{fmt::format("Error: Unable to open pwfile \"{}\"{}. {}", path, in_folder(path),
                                 why_not_read(path, file.error, is_password_file, config_folder)),
                     kExitCode};
    auto parsed = parse(file.text, path, is_strict);
    if (parsed && file.is_readable_by_all)
        parsed.value().warnings_.push_back(
            fmt::format("Warning: Password file \"{}\" can be read by every user of this machine. "
                        "Let only the broker's user read it: chmod o-rwx {}",
                        path, path));
    return parsed;
}

const PasswordHash* PasswordFile::find(std::string_view user_name) const {
    auto found = users_.find(user_name);
    return found == users_.end() ? nullptr : &found->second;
}

}  // namespace martlet::auth
