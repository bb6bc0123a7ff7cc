// Keys of a bridge's TLS.

#include "config/keys.h"
#include "config/keys/setters.h"

namespace martlet::config {
namespace {

using T = BridgeTls;

constexpr Key text_row(std::string_view name, Access set, std::string_view help) {
    return {.name = name,
            .scope = Scope::Bridge,
            .type = Type::Text,
            .status = KeyStatus::Built,
            .need = Need::Bridge,
            .is_once = true,
            .help = help,
            .value = set};
}

constexpr Key flag_row(std::string_view name, Access set, std::string_view help) {
    return {.name = name,
            .scope = Scope::Bridge,
            .type = Type::Bool,
            .status = KeyStatus::Built,
            .need = Need::Bridge,
            .default_value = "false",
            .help = help,
            .value = set};
}

constexpr Key last_wins(Key key) {
    key.is_once = false;
    return key;
}

constexpr Key not_built(Key key, std::string_view feature) {
    key.status = KeyStatus::Later;
    key.feature = feature;
    return key;
}

constexpr Key secret(Key key) {
    key.mask = hide_all;
    return key;
}

const Key kKeys[] = {
    text_row("bridge_alpn", kText<&T::alpn>, "The protocol to ask for, for brokers on port 443."),
    text_row("bridge_cafile", kText<&T::cafile>,
             "The authorities whose certificates are believed; the connection speaks TLS."),
    text_row("bridge_capath", kText<&T::capath>, "A directory of such authorities."),
    text_row("bridge_certfile", kText<&T::certfile>, "The bridge's own certificate."),
    last_wins(text_row("bridge_keyfile", kText<&T::keyfile>, "That certificate's key.")),
    text_row("bridge_ciphers", kText<&T::ciphers>, "Ciphers up to TLS 1.2."),
    not_built(text_row("bridge_ciphers_tls1.3", kText<&T::ciphers_tls13>,
                       "Ciphers of TLS 1.3. A bridge that asks for them is not run."),
              "a choice of ciphers for bridges over TLS 1.3"),
    text_row("bridge_identity", kText<&T::identity>,
             "The PSK identity; with bridge_psk the connection speaks TLS."),
    secret(text_row("bridge_psk", kText<&T::psk>, "The pre-shared key in hex.")),
    text_row("bridge_tls_version", kText<&T::version>,
             "The version of TLS that the bridge speaks."),
    flag_row("bridge_insecure", kFlag<&T::insecure>, "Does not check the far broker's name."),
    not_built(flag_row("bridge_require_ocsp", kFlag<&T::require_ocsp>,
                       "Requires a stapled OCSP answer of the far broker. A bridge that asks for "
                       "it is not run."),
              "OCSP stapling"),
    flag_row("bridge_tls_use_os_certs", kFlag<&T::use_os_certs>,
             "Believes the system's authorities; the connection speaks TLS."),
};

}  // namespace

std::span<const Key> bridge_tls_keys() {
    return kKeys;
}

}  // namespace martlet::config
