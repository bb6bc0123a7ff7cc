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

}  // namespace martlet::config
