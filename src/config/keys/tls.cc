// Keys of a listener's TLS. They are read and checked; a listener that asks for TLS is refused
// until TLS is built.

#include "config/keys.h"
#include "config/keys/setters.h"

namespace martlet::config {
namespace {

constexpr Key tls_text(std::string_view name, Need need, Setter set, std::string_view help) {
    return {.name = name,
            .scope = Scope::Listener,
            .type = Type::Text,
            .status = KeyStatus::Later,
            .need = need,
            .feature = "TLS",
            .help = help,
            .set = set};
}

constexpr Key tls_flag(std::string_view name, Need need, Setter set, std::string_view help) {
    return {.name = name,
            .scope = Scope::Listener,
            .type = Type::Bool,
            .status = KeyStatus::Later,
            .need = need,
            .feature = "TLS",
            .default_value = "false",
            .help = help,
            .set = set};
}

constexpr Key once_at_start(Key key) {
    key.is_once = true;
    key.is_reloadable = false;
    return key;
}

const Key kKeys[] = {
    tls_text("cafile", Need::Listener, text<&TlsSettings::cafile>,
             "The authorities whose client certificates are believed."),
    tls_text("capath", Need::DefaultListener, text<&TlsSettings::capath>,
             "A directory of such authorities."),
    tls_text("certfile", Need::DefaultListener, text<&TlsSettings::certfile>,
             "The listener's certificate; with keyfile it makes the listener speak TLS."),
    tls_text("keyfile", Need::DefaultListener, text<&TlsSettings::keyfile>,
             "The certificate's key."),
    tls_text("crlfile", Need::DefaultListener, text<&TlsSettings::crlfile>,
             "Client certificates that are revoked."),
    tls_text("ciphers", Need::DefaultListener, text<&TlsSettings::ciphers>,
             "Ciphers up to TLS 1.2, as OpenSSL names them."),
    tls_text("ciphers_tls1.3", Need::DefaultListener, text<&TlsSettings::ciphers_tls13>,
             "Ciphers of TLS 1.3."),
    once_at_start(tls_text("tls_version", Need::Listener, text<&TlsSettings::version>,
                           "The oldest version of TLS that is taken.")),
    once_at_start(tls_text("tls_engine", Need::DefaultListener, text<&TlsSettings::engine>,
                           "An OpenSSL engine for the key.")),
    once_at_start(tls_text("tls_engine_kpass_sha1", Need::DefaultListener,
                           text<&TlsSettings::engine_kpass_sha1>,
                           "The SHA1 of the engine's key password.")),
    once_at_start(tls_text("tls_keyform", Need::DefaultListener, text<&TlsSettings::keyform>,
                           "pem, or engine when the engine holds the key.")),
    once_at_start(tls_text("psk_hint", Need::DefaultListener, text<&TlsSettings::psk_hint>,
                           "Makes the listener speak TLS with pre-shared keys.")),
    tls_flag("require_certificate", Need::DefaultListener, flag<&TlsSettings::require_certificate>,
             "Takes only clients with a certificate."),
    tls_flag("use_identity_as_username", Need::DefaultListener,
             flag<&TlsSettings::use_identity_as_username>,
             "The certificate's CN, or the PSK identity, is the user name."),
    tls_flag("use_subject_as_username", Need::DefaultListener,
             flag<&TlsSettings::use_subject_as_username>,
             "The certificate's whole subject is the user name."),
    tls_flag("disable_client_cert_date_checks", Need::Listener,
             flag<&TlsSettings::disable_client_cert_date_checks>,
             "Takes client certificates outside their dates too."),
};

}  // namespace

std::span<const Key> tls_keys() {
    return kKeys;
}

}  // namespace martlet::config
