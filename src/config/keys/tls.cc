// Keys of a listener's TLS. They are read and checked; a listener that asks for TLS is refused
// until TLS is built.

#include "config/keys.h"
#include "config/keys/setters.h"

namespace martlet::config {
namespace {

constexpr Key tls_text(std::string_view name, Need need, Access set, std::string_view help) {
    return {.name = name,
            .scope = Scope::Listener,
            .type = Type::Text,
            .status = KeyStatus::Later,
            .need = need,
            .feature = "TLS",
            .help = help,
            .value = set};
}

constexpr Key tls_flag(std::string_view name, Need need, Access set, std::string_view help) {
    return {.name = name,
            .scope = Scope::Listener,
            .type = Type::Bool,
            .status = KeyStatus::Later,
            .need = need,
            .feature = "TLS",
            .default_value = "false",
            .help = help,
            .value = set};
}

constexpr Key once_at_start(Key key) {
    key.is_once = true;
    key.is_reloadable = false;
    return key;
}

const Key kKeys[] = {
    tls_text("cafile", Need::Listener, kText<&TlsSettings::cafile>,
             "The authorities whose client certificates are believed."),
    tls_text("capath", Need::DefaultListener, kText<&TlsSettings::capath>,
             "A directory of such authorities."),
    tls_text("certfile", Need::DefaultListener, kText<&TlsSettings::certfile>,
             "The listener's certificate; with keyfile it makes the listener speak TLS."),
    tls_text("keyfile", Need::DefaultListener, kText<&TlsSettings::keyfile>,
             "The certificate's key."),
    tls_text("crlfile", Need::DefaultListener, kText<&TlsSettings::crlfile>,
             "Client certificates that are revoked."),
    tls_text("ciphers", Need::DefaultListener, kText<&TlsSettings::ciphers>,
             "Ciphers up to TLS 1.2, as OpenSSL names them."),
    tls_text("ciphers_tls1.3", Need::DefaultListener, kText<&TlsSettings::ciphers_tls13>,
             "Ciphers of TLS 1.3."),
    once_at_start(tls_text("tls_version", Need::DefaultListener, kText<&TlsSettings::version>,
                           "The oldest version of TLS that is taken.")),
    once_at_start(tls_text("tls_engine", Need::DefaultListener, kText<&TlsSettings::engine>,
                           "An OpenSSL engine for the key.")),
    once_at_start(tls_text("tls_engine_kpass_sha1", Need::DefaultListener,
                           kText<&TlsSettings::engine_kpass_sha1>,
                           "The SHA1 of the engine's key password.")),
    once_at_start(tls_text("tls_keyform", Need::DefaultListener, kText<&TlsSettings::keyform>,
                           "pem, or engine when the engine holds the key.")),
    once_at_start(tls_text("psk_hint", Need::DefaultListener, kText<&TlsSettings::psk_hint>,
                           "Makes the listener speak TLS with pre-shared keys.")),
    tls_flag("require_certificate", Need::DefaultListener, kFlag<&TlsSettings::require_certificate>,
             "Takes only clients with a certificate."),
    tls_flag("use_identity_as_username", Need::DefaultListener,
             kFlag<&TlsSettings::use_identity_as_username>,
             "The certificate's CN, or the PSK identity, is the user name."),
    tls_flag("use_subject_as_username", Need::DefaultListener,
             kFlag<&TlsSettings::use_subject_as_username>,
             "The certificate's whole subject is the user name."),
    tls_flag("disable_client_cert_date_checks", Need::Listener,
             kFlag<&TlsSettings::disable_client_cert_date_checks>,
             "Takes client certificates outside their dates too."),
};

}  // namespace

std::span<const Key> tls_keys() {
    return kKeys;
}

}  // namespace martlet::config
