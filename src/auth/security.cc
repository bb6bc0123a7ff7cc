#include "auth/security.h"

namespace martlet::auth {

namespace {

AdmissionResult refuse(std::string_view why) {
    return {Admission::NotAuthorized, nullptr, why};
}

}  // namespace

Result<std::shared_ptr<const Security>> Security::open(const Options& options) {
    auto security = std::make_shared<Security>();
    security->options_ = options;
    if (!options.password_file.empty()) {
        auto passwords =
            PasswordFile::load(options.password_file, options.is_strict, options.config_folder);
        if (!passwords) return passwords.error();
        security->passwords_ = std::move(passwords).value();
    }
    if (options.acl_file) {
        auto acl = AclFile::load(*options.acl_file, options.config_folder);
        if (!acl) return acl.error();
        security->acl_ = std::move(acl).value();
    }
    return std::shared_ptr<const Security>(std::move(security));
}

AdmissionResult Security::admit(const Credentials& credentials) const {
    if (!credentials.client_id.starts_with(options_.clientid_prefixes))
        return refuse("client id does not begin with clientid_prefixes");
    if (credentials.is_proved) return {Admission::Accepted, nullptr, {}};
    // mosquitto takes an empty user name for none, and an empty password too.
    bool is_anonymous = !credentials.has_user_name || credentials.user_name.empty();
    if (is_anonymous || !passwords_) {
        if (options_.allow_anonymous) return {Admission::Accepted, nullptr, {}};
        return refuse(is_anonymous ? "no user name, and allow_anonymous is false"
                                   : "no password_file to check the user against");
    }
    if (!credentials.has_password || credentials.password.empty())
        return refuse("a user name without password");
    if (const auto* hash = passwords_->find(credentials.user_name))
        return {Admission::CheckHash, hash, "wrong password"};
    std::string_view why = passwords_->is_wrong(credentials.user_name)
                               ? "the line of this user in the password file is wrong"
                               : "unknown user name";
    // As slow as for a known user, lest the time tell which names exist.
    if (const auto* decoy = passwords_->decoy()) return {Admission::CheckHash, decoy, why};
    return refuse(why);
}

std::vector<std::string> Security::warnings() const {
    std::vector<std::string> all;
    if (passwords_) all = passwords_->warnings();
    if (acl_) all.insert(all.end(), acl_->warnings().begin(), acl_->warnings().end());
    return all;
}

bool Security::still_admits(const Security& before, std::string_view user_name) const {
    if (user_name.empty() || !before.passwords_)
        return options_.allow_anonymous || !before.options_.allow_anonymous;
    if (!passwords_) return options_.allow_anonymous;
    const PasswordHash* then = before.passwords_->find(user_name);
    const PasswordHash* now = passwords_->find(user_name);
    return now != nullptr && then != nullptr && now->salt == then->salt && now->hash == then->hash;
}

Decision Security::decide(std::string_view user_name, std::string_view client_id, Access access,
                          std::string_view topic) const {
    if (!acl_) return {true, 0};
    return acl_->decide(user_name, client_id, access, topic);
}

bool Security::may_read_any(std::string_view user_name, std::string_view client_id,
                            std::string_view filter) const {
    return !acl_ || acl_->may_read_any(user_name, client_id, filter);
}

std::string Security::explain(std::string_view user_name, std::string_view client_id, Access access,
                              std::string_view topic) const {
    if (!acl_) return "Allowed: no acl_file is configured.";
    return acl_->explain(user_name, client_id, access, topic);
}

}  // namespace martlet::auth
