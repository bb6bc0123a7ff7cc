#include "config/keys/setters.h"

namespace martlet::config {

SecurityDraft& security_of(Entry& entry) {
    entry.draft.is_security_begun = true;
    if (entry.draft.per_listener_settings && entry.context.listener != nullptr)
        return entry.context.listener->security;
    return entry.draft.security;
}

const void* scope_of(const Entry& entry) {
    switch (entry.key.scope) {
        case Scope::Listener:
            return entry.context.listener;
        case Scope::Bridge:
            return entry.context.bridge;
        case Scope::Security:
            return entry.draft.per_listener_settings ? entry.context.listener : nullptr;
        default:
            return nullptr;
    }
}

std::string hide_all(std::string_view) {
    return "...";
}

std::string listener_name(const net::ListenOptions& net) {
    if (!net.unix_path.empty()) return "0 " + net.unix_path;
    return net.address.empty() ? std::to_string(net.port)
                               : fmt::format("{} {}", net.port, net.address);
}

}  // namespace martlet::config
