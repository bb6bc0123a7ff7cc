#include "auth/password_edit.h"

#include "auth/lines.h"
#include "base/log.h"

namespace martlet::auth {

namespace {

enum class LineKind : std::uint8_t { Blank, Entry, Corrupt };

struct Line {
    LineKind kind = LineKind::Blank;
    std::string_view user_name;
    std::string_view password;
};

Line split(std::string_view text) {
    Line line;
    if (text.empty() || text.front() == '#') return line;
    auto colon = text.find(':');
    if (colon != std::string_view::npos) {
        line.user_name = trim(text.substr(0, colon));
        line.password = trim(text.substr(colon + 1));
    }
    bool is_whole = !line.user_name.empty() && !line.password.empty();
    line.kind = is_whole ? LineKind::Entry : LineKind::Corrupt;
    return line;
}

Error corrupt(std::uint32_t number) {
    return {fmt::format("Error: Corrupt password file at line {}.", number)};
}

std::string entry(std::string_view user_name, const PasswordHash& hash) {
    return fmt::format("{}:{}\n", user_name, hash.encode());
}

bool is_control_character(char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
}

// Puts the user's first line through `replacement` and drops any other of that name.
Result<std::string> replace_user(std::string_view text, std::string_view user_name,
                                 std::string_view replacement, bool& is_found) {
    std::string edited;
    is_found = false;
    for (Lines lines(text); lines.next();) {
        auto line = split(lines.text());
        if (line.kind == LineKind::Corrupt) return corrupt(lines.number());
        if (line.kind == LineKind::Entry && line.user_name == user_name) {
            if (!is_found) edited += replacement;
            is_found = true;
            continue;
        }
        edited += lines.text();
        edited += '\n';
    }
    return edited;
}

}  // namespace

Status check_user_name(std::string_view user_name) {
    if (user_name.empty()) return Error{"Error: Username must not be empty."};
    if (user_name.size() > 65535)
        return Error{"Error: Username must be less than 65536 characters long."};
    for (char c : user_name)
        if (is_control_character(c))
            return Error{"Error: Username must not contain control characters."};
    if (user_name.find(':') != std::string_view::npos)
        return Error{"Error: Username must not contain the ':' character."};
    // Neither would be found again when the file is read.
    if (user_name.front() == '#')
        return Error{"Error: Username must not begin with the '#' character."};
    if (trim(user_name) != user_name)
        return Error{"Error: Username must not begin or end with a blank."};
    return Done{};
}

Result<std::string> set_password(std::string_view text, std::string_view user_name,
                                 const PasswordHash& hash) {
    bool is_found = false;
    auto line = entry(user_name, hash);
    auto edited = replace_user(text, user_name, line, is_found);
    if (edited && !is_found) edited.value() += line;
    return edited;
}

Result<std::string> remove_user(std::string_view text, std::string_view user_name) {
    bool is_found = false;
    auto edited = replace_user(text, user_name, "", is_found);
    if (edited && !is_found)
        return Error{fmt::format("Warning: User {} not found in password file.", user_name)};
    return edited;
}

Result<std::string> hash_passwords(std::string_view text, HashScheme scheme,
                                   std::uint32_t iterations) {
    std::string edited;
    for (Lines lines(text); lines.next();) {
        auto line = split(lines.text());
        if (line.kind == LineKind::Corrupt) return corrupt(lines.number());
        if (line.kind == LineKind::Blank || PasswordHash::decode(line.password).ok()) {
            edited += lines.text();
            edited += '\n';
            continue;
        }
        auto hash = PasswordHash::make(scheme, iterations, as_bytes(line.password));
        if (!hash) return hash.error();
        edited += entry(line.user_name, hash.value());
    }
    return edited;
}

}  // namespace martlet::auth
