#pragma once

// mosquitto's ACL file (facts: mosquitto.md §6.2), parsed once, immutable. decide() does not
// allocate and is called for each message where an ACL is configured. Any thread.
//
// The order in which lines are asked: the user's deny lines, the user's other lines, deny patterns,
// other patterns; the first that fits decides, and if none does the answer is no.

#include "auth/acl_rule.h"
#include "base/hash_map.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::auth {

// What was decided and by which line (0: by no line, the default).
struct Decision {
    bool is_allowed = false;
    std::uint32_t line = 0;
};

class AclFile {
  public:
    // A file with a wrong line is refused as a whole: a line that is left out may be a `deny`, or
    // the `user` line that those below it are for, and the rest would allow too much.
    static Result<AclFile> load(const std::string& path, const std::string& config_folder = {});
    // `name` stands in error texts.
    static Result<AclFile> parse(std::string_view text, const std::string& name);

    Decision decide(std::string_view user_name, std::string_view client_id, Access access,
                    std::string_view topic) const;
    // False only when no topic that `filter` matches can ever be read. May allocate.
    bool may_read_any(std::string_view user_name, std::string_view client_id,
                      std::string_view filter) const;
    // A few sentences for a person: what was decided, by which line of which file, and the line
    // itself; or which line came close.
    std::string explain(std::string_view user_name, std::string_view client_id, Access access,
                        std::string_view topic) const;

    // Explains a subscription: the lines that decide on the topics it brings.
    std::string explain_subscription(std::string_view user_name, std::string_view client_id,
                                     std::string_view filter) const;
    // All lines that concern a client, in the order of asking, one a line.
    std::string explain_all(std::string_view user_name, std::string_view client_id) const;

    // What in the file is probably not meant so.
    const std::vector<std::string>& warnings() const { return warnings_; }

  private:
    friend class AclParser;

    // Deny rules first, otherwise in file order.
    using Rules = std::vector<AclRule>;

    const Rules* rules_of(std::string_view user_name) const;
    // With "+" as its name a client would own everybody's level in a pattern.
    static bool is_safe_in_patterns(const Client& client);
    const AclRule* deciding_rule(const Client& client, Access access, std::string_view topic) const;
    std::string explain_denial(const Client& client, Access access, std::string_view topic) const;
    std::string quote(const AclRule& rule) const;
    // Those that concern a client, in the order of asking.
    std::vector<const AclRule*> rules_for(const Client& client) const;

    std::string name_;
    // Lines before the first `user`: clients without a user name.
    Rules anonymous_;
    TextMap<Rules> users_;
    Rules patterns_;
    std::vector<std::string> warnings_;
};

}  // namespace martlet::auth
