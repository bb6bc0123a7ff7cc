// Reads the ACL file's grammar. What mosquitto refuses is refused here, in its words and with the
// line's number; whatever is refused leaves no rules behind.

#include "auth/acl_file.h"
#include "auth/lines.h"
#include "auth/text_file.h"
#include "base/log.h"
#include "mqtt/topic.h"

#include <algorithm>

namespace martlet::auth {

namespace {

// mosquitto's MOSQ_ERR_INVAL, and what it ends with when the file cannot be opened.
constexpr int kExitCodeBadLine = 3;
constexpr int kExitCodeNoFile = 13;

constexpr std::uint8_t kReadBit = static_cast<std::uint8_t>(Access::Read);
constexpr std::uint8_t kWriteBit = static_cast<std::uint8_t>(Access::Write);

// The first word, without the blanks around it. Only spaces part words, as in mosquitto.
std::string_view take_word(std::string_view& rest) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
    return word;
}

bool parse_access(std::string_view word, AclRule& rule) {
    if (word == "read") rule.access_bits = kReadBit;
    if (word == "write") rule.access_bits = kWriteBit;
    if (word == "readwrite") rule.access_bits = kReadBit | kWriteBit;
    rule.is_deny = word == "deny";
    return rule.is_deny || rule.access_bits != 0;
}

void put_denials_first(std::vector<AclRule>& rules) {
    std::stable_partition(rules.begin(), rules.end(), [](const auto& r) { return r.is_deny; });
}

bool is_acl_file(std::string_view text) {
    for (Lines lines(text); lines.next();) {
        if (lines.text().empty() || lines.text().front() == '#') continue;
        return lines.text().starts_with("user ") || lines.text().starts_with("topic ") ||
               lines.text().starts_with("pattern ");
    }
    return false;
}

}  // namespace

class AclParser {
  public:
    explicit AclParser(const std::string& name) { file_.name_ = name; }

    Status take_line(std::string_view text, std::uint32_t number);
    AclFile finish();

  private:
    Status take_user(std::string_view rest);
    Status take_rule(std::string_view rest, Placeholders placeholders);
    void warn_of_placeholders(const AclRule& rule);
    Error refuse(std::string_view what, std::string_view after = "") const;

    AclFile file_;
    // Empty: no `user` line yet.
    std::string user_name_;
    std::string_view line_text_;
    std::uint32_t line_ = 0;
};

// "Error: Empty topic in acl_file "F", line 3."
Error AclParser::refuse(std::string_view what, std::string_view after) const {
    return {
        fmt::format("Error: {} in acl_file \"{}\", line {}{}.", what, file_.name_, line_, after),
        kExitCodeBadLine};
}

Status AclParser::take_line(std::string_view text, std::uint32_t number) {
    if (text.starts_with('#')) return Done{};
    line_text_ = text;
    line_ = number;
    auto rest = text;
    auto word = take_word(rest);
    if (word.empty()) return Done{};
    if (word == "user") return take_user(trim(rest));
    if (word == "topic") return take_rule(rest, Placeholders::Literal);
    if (word == "pattern") return take_rule(rest, Placeholders::Substituted);
    return refuse("Invalid line", fmt::format(": {}", word));
}

Status AclParser::take_user(std::string_view rest) {
    if (rest.empty()) return refuse("Missing username");
    user_name_ = rest;
    file_.users_.try_emplace(user_name_);
    return Done{};
}

Status AclParser::take_rule(std::string_view rest, Placeholders placeholders) {
    auto access = take_word(rest);
    if (access.empty()) return refuse("Empty topic");
    auto filter = trim(rest);
    // One word alone is the filter, even if it reads like an access.
    if (filter.empty()) {
        filter = access;
        access = "readwrite";
    }
    bool is_valid = mqtt::is_valid_topic_filter(filter) && filter.find('\0') == filter.npos;
    if (!is_valid) return refuse(fmt::format("Invalid ACL topic \"{}\"", filter));
    AclRule rule(std::string(filter), placeholders);
    if (!parse_access(access, rule))
        return refuse(fmt::format("Invalid topic access type \"{}\"", access));
    rule.line = line_;
    rule.line_text = trim(line_text_);
    if (placeholders == Placeholders::Substituted) {
        warn_of_placeholders(rule);
        file_.patterns_.push_back(std::move(rule));
        return Done{};
    }
    // Not a reference kept from the `user` line: the map moves its values when it grows.
    auto& rules = user_name_.empty() ? file_.anonymous_ : file_.users_[user_name_];
    rules.push_back(std::move(rule));
    return Done{};
}

void AclParser::warn_of_placeholders(const AclRule& rule) {
    std::string_view filter = rule.filter();
    mqtt::TopicLevels levels(filter);
    for (std::string_view level; levels.next(level);) {
        if (level.size() == 2) continue;
        if (level.find("%u") == level.npos && level.find("%c") == level.npos) continue;
        file_.warnings_.push_back(
            fmt::format("Warning: ACL pattern '{}' in \"{}\", line {}: '{}' is taken literally, "
                        "since %u and %c stand for something only as a whole level.",
                        filter, file_.name_, line_, level));
        return;
    }
    if (!rule.has_placeholder())
        file_.warnings_.push_back(
            fmt::format("Warning: ACL pattern '{}' does not contain '%c' or '%u'.", filter));
}

AclFile AclParser::finish() {
    put_denials_first(file_.anonymous_);
    put_denials_first(file_.patterns_);
    for (auto& [user_name, rules] : file_.users_) put_denials_first(rules);
    return std::move(file_);
}

Result<AclFile> AclFile::parse(std::string_view text, const std::string& name) {
    // Editors of Windows put it there.
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    AclParser parser(name);
    for (Lines lines(text); lines.next();) {
        auto taken = parser.take_line(lines.text(), lines.number());
        if (!taken) return taken.error();
    }
    return parser.finish();
}

Result<AclFile> AclFile::load(const std::string& path) {
    auto file = read_text_file(path);
    if (file.error != 0)
        return Error{fmt::format("Error: Unable to open acl_file \"{}\". {}", path,
                                 why_not_read(path, file.error, is_acl_file)),
                     kExitCodeNoFile};
    auto parsed = parse(file.text, path);
    if (parsed)
        for (const auto& warning : parsed.value().warnings_) log::warning("{}", warning);
    return parsed;
}

}  // namespace martlet::auth
