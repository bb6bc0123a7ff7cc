#pragma once

// What a listener's keys say about TLS. Parsed for the issue that builds it; until then a listener
// that asks for TLS is refused and never opened in plain. Plain value.

#include <string>

namespace martlet::config {

struct TlsSettings {
    std::string cafile;
    std::string capath;
    std::string certfile;
    std::string keyfile;
    std::string crlfile;
    std::string ciphers;
    std::string ciphers_tls13;
    std::string version;
    std::string engine;
    std::string engine_kpass_sha1;
    std::string keyform;
    std::string psk_hint;
    bool require_certificate = false;
    bool use_identity_as_username = false;
    bool use_subject_as_username = false;
    bool disable_client_cert_date_checks = false;

    bool operator==(const TlsSettings&) const = default;
};

}  // namespace martlet::config
