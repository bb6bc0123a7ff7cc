// Keys of a listener's TLS.

#include "config/keys.h"
#include "config/keys/setters.h"

namespace martlet::config {
namespace {

constexpr Key tls_text(std::string_view name, Need need, Access set, std::string_view help) {
    return {.name = name,
            .scope = Scope::Listener,
            .type = Type::Text,
            .need = need,
            .help = help,
            .value = set};
}

constexpr Key tls_flag(std::string_view name, Need need, Access set, std::string_view help) {
    return {.name = name,
            .scope = Scope::Listener,
            .type = Type::Bool,
            .need = need,
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
                           "The oldest version of TLS that is taken: tlsv1.2 or tlsv1.3.")),
    once_at_start(tls_text("tls_engine", Need::DefaultListener,
                           Access(set_text<&TlsSettings::engine>),
                           "An OpenSSL engine for the key: not supported, and refused.")),
    once_at_start(tls_text("tls_engine_kpass_sha1", Need::DefaultListener,
                           Access(set_text<&TlsSettings::engine_kpass_sha1>),
                           "The SHA1 of the engine's key password; without effect.")),
    once_at_start(tls_text("tls_keyform", Need::DefaultListener,
                           Access(set_text<&TlsSettings::keyform>),
                           "pem. `engine` is refused: engines are not supported.")),
    once_at_start(tls_text("psk_hint", Need::DefaultListener, kText<&TlsSettings::psk_hint>,
                           "Makes the listener speak TLS with the pre-shared keys of psk_file.")),
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
