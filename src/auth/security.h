#pragma once

// Who may come in and what they may do, for one listener: an immutable snapshot of password file,
// ACL file and rules. Made by open() on the thread that reads the configuration; shared by all
// shards through shared_ptr<const Security>; replaced as a whole at reload. All methods but open()
// and hash checks are fast enough for a shard.

#include "auth/acl_file.h"
#include "auth/options.h"
#include "auth/password_file.h"
#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::auth {

struct Credentials {
    std::string_view client_id;
    bool has_user_name = false;
    std::string_view user_name;
    bool has_password = false;
    ByteView password;
    bool is_proved =
        false;  // the user name, by TLS: password_file and allow_anonymous do not apply
};

enum class Admission : std::uint8_t {
    Accepted,
    NotAuthorized,          // CONNACK 5 / 0x87: what mosquitto answers to all that it refuses
    BadUserNameOrPassword,  // CONNACK 4 / 0x86
    ClientIdNotValid,       // CONNACK 2 / 0x85
    CheckHash,  // verify the password against `hash` on a worker, then accept or NotAuthorized
};

struct AdmissionResult {
    Admission admission = Admission::NotAuthorized;
    // With CheckHash: lives as long as the Security.
    const PasswordHash* hash = nullptr;
    // For the log, never for the client: why it was refused; with CheckHash, why if it does not
    // verify. A literal.
    std::string_view why;
};

class Security {
  public:
    // Reads the files that the options name. An error says which file and line, and widens nothing.
    static Result<std::shared_ptr<const Security>> open(const Options& options);

    AdmissionResult admit(const Credentials& credentials) const;

    bool has_acl() const { return acl_.has_value(); }
    // Everything is allowed without an ACL file. `user_name` empty: anonymous.
    Decision decide(std::string_view user_name, std::string_view client_id, Access access,
                    std::string_view topic) const;
    // Whether any topic that `filter` (without "$share/...") matches may be read.
    bool may_read_any(std::string_view user_name, std::string_view client_id,
                      std::string_view filter) const;
    // Why decide() answers as it does, for a person.
    std::string explain(std::string_view user_name, std::string_view client_id, Access access,
                        std::string_view topic) const;
    // After a reload: whether somebody who came in by `before` under this user name may stay. Not
    // when anonymous access was closed, or the user's password was changed or removed.
    bool still_admits(const Security& before, std::string_view user_name) const;
    // Lines of the files that are wrong or probably not meant so, for the log and for `martlet
    // check`.
    std::vector<std::string> warnings() const;
    const Options& options() const { return options_; }

  private:
    Options options_;
    std::optional<PasswordFile> passwords_;
    std::optional<AclFile> acl_;
};

}  // namespace martlet::auth
