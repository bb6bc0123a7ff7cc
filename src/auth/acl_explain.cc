// Why an ACL file decides as it does, told to a person. Says besides the decision what a person who
// expected another one most likely overlooked.

#include "auth/acl_file.h"
#include "base/log.h"
#include "mqtt/topic.h"

#include <algorithm>

namespace martlet::auth {

namespace {

std::string_view verb(Access access) {
    return access == Access::Read ? "read" : "write";
}

std::string who(const Client& client) {
    if (client.user_name.empty()) return fmt::format("anonymous client '{}'", client.client_id);
    return fmt::format("user '{}' with client id '{}'", client.user_name, client.client_id);
}

bool has_wildcard_character(std::string_view text) {
    return text.find_first_of("+#") != std::string_view::npos;
}

std::string_view verb(const AclRule& rule) {
    if (rule.is_deny) return "nothing of";
    if (rule.allows(Access::Read) && rule.allows(Access::Write)) return "read and write";
    return verb(rule.allows(Access::Read) ? Access::Read : Access::Write);
}

const AclRule* first_match(const std::vector<AclRule>& rules, const Client& client,
                           std::string_view topic) {
    for (const auto& rule : rules)
        if (rule.matches(client, topic)) return &rule;
    return nullptr;
}

}  // namespace

std::string AclFile::quote(const AclRule& rule) const {
    return fmt::format("{}:{}: `{}`", name_, rule.line, rule.line_text);
}

std::string AclFile::explain(std::string_view user_name, std::string_view client_id, Access access,
                             std::string_view topic) const {
    Client client{user_name, client_id};
    const auto* rule = deciding_rule(client, access, topic);
    if (rule == nullptr)
        return fmt::format("Denied: {} may not {} '{}', since no line of {} allows it.",
                           who(client), verb(access), topic, name_) +
               explain_denial(client, access, topic);
    return fmt::format("{}: {} {} {} '{}' by {}.", rule->is_deny ? "Denied" : "Allowed",
                       who(client), rule->is_deny ? "may not" : "may", verb(access), topic,
                       quote(*rule));
}

std::string AclFile::explain_denial(const Client& client, Access access,
                                    std::string_view topic) const {
    const auto* rules = rules_of(client.user_name);
    if (rules != nullptr)
        if (const auto* near = first_match(*rules, client, topic))
            return fmt::format(" {} matches, but does not allow to {}.", quote(*near),
                               verb(access));
    if (!patterns_.empty() &&
        (has_wildcard_character(client.user_name) || has_wildcard_character(client.client_id)))
        return " Its pattern lines are closed to user names and client ids with '+' or '#'.";
    if (const auto* near = first_match(patterns_, client, topic))
        return fmt::format(" {} matches, but does not allow to {}.", quote(*near), verb(access));
    if (topic.starts_with('$'))
        return " A topic that begins with '$' needs a line whose filter begins with '$'.";
    if (!client.user_name.empty() && rules == nullptr)
        return fmt::format(
            " It has no line `user {}`; lines before the first `user` line are for "
            "clients without a user name only.",
            client.user_name);
    if (client.user_name.empty() && anonymous_.empty())
        return " It has no `topic` line before its first `user` line, so nothing for clients "
               "without a user name.";
    return "";
}

std::vector<const AclRule*> AclFile::rules_for(const Client& client) const {
    std::vector<const AclRule*> found;
    if (const auto* rules = rules_of(client.user_name))
        for (const auto& rule : *rules) found.push_back(&rule);
    if (!is_safe_in_patterns(client)) return found;
    for (const auto& rule : patterns_) found.push_back(&rule);
    return found;
}

std::string AclFile::explain_subscription(std::string_view user_name, std::string_view client_id,
                                          std::string_view filter) const {
    Client client{user_name, client_id};
    std::string lines;
    std::string own;
    for (const AclRule* rule : rules_for(client)) {
        if (!rule->is_deny && !rule->allows(Access::Read)) continue;
        if (!rule->filter_for(client, own) || !mqtt::overlap(own, filter)) continue;
        lines += fmt::format("\n  {:<11} {:<24} by {}", verb(*rule), own, quote(*rule));
    }
    if (!may_read_any(user_name, client_id, filter)) {
        auto text =
            fmt::format("Denied: {} may read no topic that '{}' matches", who(client), filter);
        if (lines.empty()) return fmt::format("{}, since no line of {} allows it.", text, name_);
        return fmt::format("{}. These lines concern it, the first that fits decides:{}", text,
                           lines);
    }
    return fmt::format(
        "Allowed: a subscription of {} to '{}' brings what these lines allow, and nothing else; "
        "the first that fits a topic decides:{}",
        who(client), filter, lines);
}

std::string AclFile::explain_all(std::string_view user_name, std::string_view client_id) const {
    Client client{user_name, client_id};
    std::string lines;
    std::string own;
    for (const AclRule* rule : rules_for(client)) {
        if (!rule->filter_for(client, own)) continue;
        lines += fmt::format("\n  {:<14} {:<24} by {}", verb(*rule), own, quote(*rule));
    }
    if (lines.empty()) {
        return fmt::format("The {} may neither read nor write anything: no line of {} concerns it.",
                           who(client), name_) +
               explain_denial(client, Access::Read, "a");
    }
    return fmt::format(
        "The {} may, the first line that fits a topic decides:{}\n"
        "  nothing else",
        who(client), lines);
}

}  // namespace martlet::auth
