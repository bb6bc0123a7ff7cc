#include "auth/acl_file.h"

#include "mqtt/topic.h"

#include <algorithm>

namespace martlet::auth {

namespace {

const AclRule* first_fit(const std::vector<AclRule>& rules, const Client& client, Access access,
                         std::string_view topic) {
    for (const auto& rule : rules)
        if ((rule.is_deny || rule.allows(access)) && rule.matches(client, topic)) return &rule;
    return nullptr;
}

// Whether every topic that `narrow` matches is matched by `wide` too. False where it is unsure.
bool covers(std::string_view wide, std::string_view narrow) {
    if (narrow.front() == '$' && wide.front() != '$') return false;
    mqtt::TopicLevels wide_levels(wide);
    mqtt::TopicLevels narrow_levels(narrow);
    std::string_view wide_level;
    std::string_view narrow_level;
    while (wide_levels.next(wide_level)) {
        if (wide_level == "#") return true;
        if (!narrow_levels.next(narrow_level) || narrow_level == "#") return false;
        if (wide_level != "+" && wide_level != narrow_level) return false;
    }
    return !narrow_levels.next(narrow_level);
}

// The filter that matches exactly what both match, for filters that overlap.
std::string meet(std::string_view a, std::string_view b) {
    std::string met;
    mqtt::TopicLevels a_levels(a);
    mqtt::TopicLevels b_levels(b);
    std::string_view a_level;
    std::string_view b_level;
    // One that ends before the other's "#" is that one's parent level.
    for (bool is_first = true; a_levels.next(a_level) && b_levels.next(b_level); is_first = false) {
        if (!is_first) met += '/';
        if (a_level == "#")
            return met += b.substr(static_cast<std::size_t>(b_level.data() - b.data()));
        if (b_level == "#")
            return met += a.substr(static_cast<std::size_t>(a_level.data() - a.data()));
        met += a_level == "+" ? b_level : a_level;
    }
    return met;
}

struct FilterRule {
    std::string filter;
    bool is_deny = false;
};

void gather(const std::vector<AclRule>& rules, const Client& client,
            std::vector<FilterRule>& gathered) {
    for (const auto& rule : rules) {
        FilterRule one;
        one.is_deny = rule.is_deny;
        if (!rule.is_deny && !rule.allows(Access::Read)) continue;
        if (rule.filter_for(client, one.filter)) gathered.push_back(std::move(one));
    }
}

}  // namespace

bool AclFile::is_safe_in_patterns(const Client& client) {
    constexpr std::string_view kWildcards = "+#";
    return client.user_name.find_first_of(kWildcards) == std::string_view::npos &&
           client.client_id.find_first_of(kWildcards) == std::string_view::npos;
}

const AclFile::Rules* AclFile::rules_of(std::string_view user_name) const {
    if (user_name.empty()) return &anonymous_;
    auto found = users_.find(user_name);
    return found == users_.end() ? nullptr : &found->second;
}

const AclRule* AclFile::deciding_rule(const Client& client, Access access,
                                      std::string_view topic) const {
    if (const auto* rules = rules_of(client.user_name))
        if (const auto* rule = first_fit(*rules, client, access, topic)) return rule;
    if (patterns_.empty() || !is_safe_in_patterns(client)) return nullptr;
    return first_fit(patterns_, client, access, topic);
}

Decision AclFile::decide(std::string_view user_name, std::string_view client_id, Access access,
                         std::string_view topic) const {
    const auto* rule = deciding_rule({user_name, client_id}, access, topic);
    if (rule == nullptr) return {};
    return {!rule->is_deny, rule->line};
}

bool AclFile::may_read_any(std::string_view user_name, std::string_view client_id,
                           std::string_view filter) const {
    if (filter.empty()) return false;
    Client client{user_name, client_id};
    std::vector<FilterRule> asked;
    if (const auto* rules = rules_of(user_name)) gather(*rules, client, asked);
    if (is_safe_in_patterns(client)) gather(patterns_, client, asked);
    // In the order of asking: what is denied by then stays denied for the lines below.
    for (std::size_t i = 0; i < asked.size(); ++i) {
        if (asked[i].is_deny || !mqtt::overlap(asked[i].filter, filter)) continue;
        auto granted = meet(asked[i].filter, filter);
        auto denies_it = [&](const auto& rule) {
            return rule.is_deny && covers(rule.filter, granted);
        };
        auto end = asked.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::none_of(asked.begin(), end, denies_it)) return true;
    }
    return false;
}

}  // namespace martlet::auth
