// Reads the ACL file's grammar. What mosquitto refuses is refused here, in its words and with the
// line's number; whatever is refused leaves no rules behind.

#include "auth/acl_file.h"
#include "auth/lines.h"
#include "auth/text_file.h"
#include "base/edit_distance.h"
#include "base/text.h"
#include "mqtt/topic.h"

#include <algorithm>
#include <initializer_list>

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

// The word that was probably meant; empty: none is near.
std::string_view nearest(std::string_view word, std::initializer_list<std::string_view> known) {
    constexpr std::size_t kDistanceMax = 2;
    if (word.size() > 20) return {};
    std::string_view best;
    std::size_t least = kDistanceMax + 1;
    for (std::string_view one : known) {
        std::size_t distance = edit_distance(word, one);
        if (distance >= least) continue;
        least = distance;
        best = one;
    }
    return best;
}

// The first wrong line in full and the numbers of the others: one event, one line in the log.
class WrongLines {
  public:
    void add(const Error& error, std::uint32_t line) {
        if (++count_ == 1) first_ = error;
        if (count_ > 1 && count_ <= kNamedMax + 1)
            others_ += fmt::format("{}{}", count_ > 2 ? ", " : "", line);
    }
    bool is_empty() const { return count_ == 0; }
    Error error() const {
        if (count_ == 1) return first_;
        std::size_t more = count_ - 1;
        return {
            fmt::format("{} Wrong too: line{} {}{}.", first_.text, more == 1 ? "" : "s", others_,
                        more > kNamedMax ? fmt::format(" and {} more", more - kNamedMax) : ""),
            first_.code};
    }

  private:
    static constexpr std::size_t kNamedMax = 10;

    Error first_;
    std::string others_;
    std::size_t count_ = 0;
};

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
    Error refuse(std::string_view what, std::string_view after = "",
                 std::string_view meant = "") const;

    AclFile file_;
    // Empty: no `user` line yet.
    std::string user_name_;
    std::string_view line_text_;
    std::uint32_t line_ = 0;
};

// "Error: Empty topic in acl_file "F", line 3."
Error AclParser::refuse(std::string_view what, std::string_view after,
                        std::string_view meant) const {
    std::string hint = meant.empty() ? "" : fmt::format(" Did you mean '{}'?", meant);
    return {fmt::format("Error: {} in acl_file \"{}\", line {}{}.{}", what, file_.name_, line_,
                        after, hint),
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
    return refuse("Invalid line", fmt::format(": {}", word),
                  nearest(word, {"user", "topic", "pattern"}));
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
        return refuse(fmt::format("Invalid topic access type \"{}\"", access), "",
                      nearest(access, {"read", "write", "readwrite", "deny"}));
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
        file_.warnings_.push_back(fmt::format(
            "Warning: ACL pattern '{}' in \"{}\", line {}: '{}' is taken literally, "
            "since %u and %c stand for something only as a whole level. mosquitto 2.0 replaces "
            "them anywhere.",
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
    WrongLines wrong;
    for (Lines lines(text); lines.next();) {
        auto taken = parser.take_line(lines.text(), lines.number());
        if (!taken) wrong.add(taken.error(), lines.number());
    }
    if (!wrong.is_empty()) return wrong.error();
    return parser.finish();
}

Result<AclFile> AclFile::load(const std::string& path, const std::string& config_folder) {
    auto file = read_text_file(path);
    if (file.error != 0)
        return Error{
            fmt::format("Error: Unable to open acl_file \"{}\"{}. {}", path, in_folder(path),
                        why_not_read(path, file.error, is_acl_file, config_folder)),
            kExitCodeNoFile};
    return parse(file.text, path);
}

}  // namespace martlet::auth
