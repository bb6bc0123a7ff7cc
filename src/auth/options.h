#pragma once

// What the configuration says about who may come in and do what, for one listener (or for all,
// without per_listener_settings). Filled by config, read by auth::Security. Any thread.

#include <optional>
#include <string>

namespace martlet::auth {

struct Options {
    bool allow_anonymous = false;
    // Empty: none. With a password file, a user name that is not in it is refused.
    std::string password_file;
    // Not set: everything is allowed. Set and empty file: everything is denied.
    std::optional<std::string> acl_file;
    // A line of the password file that is wrong is an error.
    bool is_strict = false;
    // The configuration file's folder, with '/' at its end, for the texts of errors; empty: no
    // file.
    std::string config_folder;
    // Not empty: only client ids that begin so.
    std::string clientid_prefixes;
    // SUBSCRIBE of MQTT 3.x to what may never be read: false grants and filters as mosquitto does,
    // true answers 0x80
    // (`acl_subscribe refuse`).
    bool refuse_unreadable_subscriptions = false;

    bool operator==(const Options&) const = default;
};

}  // namespace martlet::auth
