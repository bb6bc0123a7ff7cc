#pragma once

// How a listener speaks TLS, as the configuration says it, and how a client does. Filled by config
// and by commands, read by net::TlsContext. Any thread.

#include <string>

namespace martlet::net {

struct TlsOptions {
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
    std::string psk_file;
    bool require_certificate = false;
    bool use_identity_as_username = false;
    bool use_subject_as_username = false;
    bool disable_client_cert_date_checks = false;

    bool is_on() const { return !certfile.empty() || !psk_hint.empty(); }
    bool operator==(const TlsOptions&) const = default;
};

struct TlsClientOptions {
    std::string cafile;
    std::string capath;
    std::string certfile;
    std::string keyfile;
    std::string ciphers;
    std::string version;  // the only one to speak; empty: 1.2 and 1.3
    std::string alpn;
    std::string psk_identity;
    std::string psk;        // in hexadecimal digits
    bool insecure = false;  // the server's name need not be the certificate's
    bool use_os_certs = false;

    bool is_on() const {
        return !cafile.empty() || !capath.empty() || !psk.empty() || use_os_certs;
    }
};

}  // namespace martlet::net
