// Keys that say who may come in and what they may do. With per_listener_settings they belong to the
// listener above them.

#include "config/keys.h"
#include "config/keys/setters.h"

namespace martlet::config {
namespace {

constexpr std::size_t kIdPrefixBytesMax = 50;

Status set_id_prefix(Entry& entry, SecurityDraft& security, std::string_view too_long) {
    Result<std::string> prefix = read_text(entry);
    if (!prefix.ok()) return prefix.error();
    if (prefix.value().size() > kIdPrefixBytesMax) return invalid(std::string(too_long));
    security.auto_id_prefix = std::move(prefix).value();
    return Done{};
}

Status set_auto_id_prefix(Entry& entry) {
    return set_id_prefix(entry, security_of(entry), "Error: auto_id_prefix length must be <= 50.");
}

Status set_listener_auto_id_prefix(Entry& entry) {
    return set_id_prefix(entry, entry.context.listener->security,
                         "Error: 'listener_auto_id_prefix' length must be <= 50.");
}

Status set_listener_allow_anonymous(Entry& entry) {
    Result<bool> value = read_bool(entry);
    if (!value.ok()) return value.error();
    entry.context.listener->security.allow_anonymous = value.value();
    return Done{};
}

Status set_per_listener_settings(Entry& entry) {
    Draft& draft = entry.draft;
    if (draft.per_listener_settings) return Done{};  // once true, it stays
    Result<bool> value = read_bool(entry);
    if (!value.ok()) return value.error();
    if (value.value() && draft.is_security_begun)
        return invalid(
            "Error: per_listener_settings must be set before any other security settings.");
    draft.per_listener_settings = value.value();
    return Done{};
}

Status set_acl_subscribe(Entry& entry) {
    Result<std::string_view> word = read_word(entry);
    if (!word.ok()) return word.error();
    if (word.value() != "grant" && word.value() != "refuse")
        return invalid(fmt::format("Error: Invalid 'acl_subscribe' value ({}).", word.value()));
    security_of(entry).refuse_unreadable_subscriptions = word.value() == "refuse";
    return Done{};
}

void read_acl_subscribe(const Settings& settings, RunningValues& out) {
    each_of<auth::Options>(settings, [&](std::string owner, const auth::Options& options) {
        std::string_view word = options.refuse_unreadable_subscriptions ? "refuse" : "grant";
        add_value(out, std::move(owner), std::string(word));
    });
}

// What was said for all listeners, or for one, is each listener's own in the end.
template <auto Member>
constexpr Access for_listeners(Setter set) {
    return Access(set, read_member<Member>);
}

using Auth = auth::Options;
using ListenerOptions = broker::ListenerOptions;

const Key kKeys[] = {
    {.name = "per_listener_settings",
     .scope = Scope::Security,
     .type = Type::Bool,
     .default_value = "false",
     .help = "The keys of this section, and plugin, belong to the listener above them. Must come "
             "before them.",
     .value = set_per_listener_settings},
    {.name = "allow_anonymous",
     .scope = Scope::Security,
     .type = Type::Bool,
     .need = Need::DefaultListenerIfPerOne,
     .default_value = "false; true when no listener is configured",
     .help = "Takes clients without a user name.",
     .value = for_listeners<&Auth::allow_anonymous>(set_flag<&SecurityDraft::allow_anonymous>)},
    {.name = "listener_allow_anonymous",
     .scope = Scope::Listener,
     .type = Type::Bool,
     .need = Need::Listener,
     .default_value = "allow_anonymous",
     .help = "allow_anonymous for this listener, without per_listener_settings.",
     .value = set_listener_allow_anonymous},
    {.name = "password_file",
     .scope = Scope::Security,
     .type = Type::Text,
     .need = Need::ListenerIfPerOne,
     .help = "Names and passwords, as `martlet passwd` and mosquitto_passwd write them.",
     .value = for_listeners<&Auth::password_file>(set_text<&SecurityDraft::password_file>)},
    {.name = "strict_files",
     .scope = Scope::Martlet,
     .type = Type::Bool,
     .is_own = true,
     .default_value = "false",
     .help = "Refuses a password file with a wrong line, at the start and at a reload. Without it "
             "nobody comes in by that line, the log names it, and all others hold. An ACL file "
             "with a wrong line is always refused. Martlet's own key.",
     .value = for_listeners<&Auth::is_strict>(set_flag<&Draft::strict_files>)},
    {.name = "acl_file",
     .scope = Scope::Security,
     .type = Type::Text,
     .need = Need::ListenerIfPerOne,
     .help = "Who may publish and read what. Without one everything is allowed; an empty one "
             "denies everything.",
     .value = for_listeners<&Auth::acl_file>(set_text<&SecurityDraft::acl_file>)},
    {.name = "acl_subscribe",
     .scope = Scope::Security,
     .type = Type::Choice,
     .need = Need::ListenerIfPerOne,
     .is_own = true,
     .values = "grant, refuse",
     .default_value = "grant",
     .help = "What a client of MQTT 3 gets for a filter that it may never read anything of: a "
             "subscription that stays silent, as in mosquitto, or 0x80. Martlet's own key.",
     .value = {set_acl_subscribe, read_acl_subscribe}},
    {.name = "psk_file",
     .scope = Scope::Security,
     .type = Type::Text,
     .need = Need::ListenerIfPerOne,
     .help =
         "Identities and pre-shared keys, as lines IDENTITY:HEXKEY, for listeners with psk_hint.",
     .value = for_listeners<&net::TlsOptions::psk_file>(set_text<&SecurityDraft::psk_file>)},
    {.name = "allow_zero_length_clientid",
     .scope = Scope::Security,
     .type = Type::Bool,
     .need = Need::DefaultListenerIfPerOne,
     .default_value = "true",
     .help = "Gives an id to clients that come without.",
     .value = for_listeners<&ListenerOptions::allow_zero_length_clientid>(
         set_flag<&SecurityDraft::allow_zero_length_clientid>)},
    {.name = "auto_id_prefix",
     .scope = Scope::Security,
     .type = Type::Text,
     .need = Need::DefaultListenerIfPerOne,
     .is_once = true,
     .values = "at most 50 bytes",
     .default_value = "auto-",
     .help = "What ids that the broker gives begin with.",
     .value = for_listeners<&ListenerOptions::auto_id_prefix>(set_auto_id_prefix)},
    {.name = "listener_auto_id_prefix",
     .scope = Scope::Listener,
     .type = Type::Text,
     .need = Need::Listener,
     .is_once = true,
     .values = "at most 50 bytes",
     .default_value = "auto_id_prefix",
     .help = "auto_id_prefix for this listener, without per_listener_settings.",
     .value = set_listener_auto_id_prefix},
    {.name = "clientid_prefixes",
     .type = Type::Text,
     .help = "Takes only clients whose id begins so.",
     .value = for_listeners<&Auth::clientid_prefixes>(set_text<&Draft::clientid_prefixes>)},
};

}  // namespace

std::span<const Key> security_keys() {
    return kKeys;
}

}  // namespace martlet::config
