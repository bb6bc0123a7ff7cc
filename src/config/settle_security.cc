#include "config/settle.h"

#include <algorithm>

namespace martlet::config {
namespace {

using FileMember = std::optional<PlacedText> SecurityDraft::*;

// A listener's own file beside one for all listeners: mosquitto asks both, Martlet knows one. To
// guess could widen access.
std::optional<PlacedText> one_file(Draft& draft, const ListenerDraft& listener, FileMember member,
                                   const char* key) {
    const std::optional<PlacedText>& own = listener.security.*member;
    const std::optional<PlacedText>& general = draft.security.*member;
    if (own.has_value() && general.has_value() && own->text != general->text)
        add_problem(draft,
                    fmt::format("Error: The listener at {} has a '{}' of its own beside the one "
                                "for all listeners ({}). Martlet uses one; remove the other.",
                                listener.place.text(), key, general->place.text()),
                    own->place);
    return own.has_value() ? own : general;
}

template <typename Value>
Value first_of(const std::optional<Value>& own, const std::optional<Value>& general,
               Value otherwise) {
    return own.has_value() ? *own : general.value_or(std::move(otherwise));
}

auth::Options auth_of(Draft& draft, const ListenerDraft& listener) {
    const SecurityDraft& own = listener.security;
    const SecurityDraft& general = draft.security;
    auth::Options options;
    options.allow_anonymous =
        first_of(own.allow_anonymous, general.allow_anonymous, draft.settings.local_only);
    options.refuse_unreadable_subscriptions = first_of(
        own.refuse_unreadable_subscriptions, general.refuse_unreadable_subscriptions, false);
    if (auto file = one_file(draft, listener, &SecurityDraft::password_file, "password_file"))
        options.password_file = file->text;
    if (auto file = one_file(draft, listener, &SecurityDraft::acl_file, "acl_file"))
        options.acl_file = file->text;
    options.clientid_prefixes = draft.clientid_prefixes;
    options.is_strict = draft.strict_files;
    const std::string& config = draft.settings.config_file;
    options.config_folder = config.substr(0, config.rfind('/') + 1);
    return options;
}

bool is_for_this_machine(const net::ListenOptions& net) {
    if (!net.unix_path.empty()) return true;
    bool is_loopback =
        net.address == "localhost" || net.address == "::1" || net.address.starts_with("127.");
    return is_loopback && net.interface.empty();
}

}  // namespace

void settle_web_rights(Draft& draft) {
    std::vector<Listener>& listeners = draft.settings.listeners;
    bool is_mqtt_open = std::any_of(listeners.begin(), listeners.end(), [](const Listener& l) {
        return !l.is_http && l.broker.auth.allow_anonymous && !is_for_this_machine(l.net);
    });
    for (Listener& listener : listeners) {
        bool& allows = listener.broker.auth.allow_anonymous;
        if (!listener.is_http || !allows || is_mqtt_open || is_for_this_machine(listener.net))
            continue;
        allows = false;
        draft.notices.push_back(
            {{},
             "listener",
             NoticeKind::Mapped,
             fmt::format("MQTT over WebSocket at /mqtt of port {} needs a user name and password: "
                         "MQTT without them is for this machine only",
                         listener.net.port),
             {}});
    }
}

void settle_security(Draft& draft) {
    for (ListenerDraft& listener : draft.listeners) {
        const SecurityDraft& own = listener.security;
        const SecurityDraft& general = draft.security;
        listener.broker.auth = auth_of(draft, listener);
        if (auto file = one_file(draft, listener, &SecurityDraft::psk_file, "psk_file"))
            listener.tls.psk_file = file->text;
        listener.broker.allow_zero_length_clientid =
            first_of(own.allow_zero_length_clientid, general.allow_zero_length_clientid, true);
        listener.broker.auto_id_prefix =
            first_of(own.auto_id_prefix, general.auto_id_prefix, std::string("auto-"));
    }
}

}  // namespace martlet::config
