#include "net/tls_context.h"

#include "base/text.h"
#include "net/tls_session.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <unistd.h>

namespace martlet::net {

namespace {

constexpr int kExitTls = 1;
constexpr std::int64_t kWarnedBefore = 30LL * 24 * 3600;  // s

// OpenSSL's reason in words: the first error, since those after it say which call it failed in.
std::string reason() {
    unsigned long code = ERR_peek_error();
    const char* text = ERR_reason_error_string(code);
    ERR_clear_error();
    return text == nullptr ? "unknown reason" : text;
}

Error wrong(const char* key, const std::string& value, const std::string& text) {
    return {fmt::format("Error: {} {}: {}.", key, value, text), kExitTls};
}

// OpenSSL does not say which file is missing.
Status must_open(const char* key, const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "re");
    if (file == nullptr) return wrong(key, path, std::strerror(errno));
    std::fclose(file);
    return Done{};
}

std::int64_t seconds_of(const ASN1_TIME* time) {
    std::tm parts{};
    return ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

std::string date_of(std::int64_t time_s) {
    std::time_t time = time_s;
    std::tm parts{};
    gmtime_r(&time, &parts);
    char text[32];
    std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
    return {text, size};
}

struct Question {
    std::string* pass_phrase;
    const std::string* file;
    bool is_asked = false;     // the key is encrypted
    bool is_answered = false;  // there was a pass phrase to try
};

int on_pass_phrase(char* buffer, int size, int, void* data) {
    auto& question = *static_cast<Question*>(data);
    question.is_asked = true;
    std::string& known = *question.pass_phrase;
    if (!known.empty()) {
        question.is_answered = true;
        std::size_t count = std::min(known.size(), static_cast<std::size_t>(size));
        std::copy_n(known.data(), count, buffer);
        return static_cast<int>(count);
    }
    if (isatty(STDIN_FILENO) != 1) return -1;
    std::fprintf(stderr, "The key in %s is encrypted.\n", question.file->c_str());
    int count = PEM_def_callback(buffer, size, 0, nullptr);  // asks at the terminal
    if (count <= 0) return -1;
    question.is_answered = true;
    known.assign(buffer, static_cast<std::size_t>(count));
    return count;
}

// Takes certificates outside their dates; whatever else is wrong with them stays wrong.
int on_verify_without_dates(int is_good, X509_STORE_CTX* store) {
    int error = X509_STORE_CTX_get_error(store);
    if (error != X509_V_ERR_CERT_HAS_EXPIRED && error != X509_V_ERR_CERT_NOT_YET_VALID)
        return is_good;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

unsigned int on_psk(SSL* ssl, const char* identity, unsigned char* key, unsigned int room) {
    auto* session = static_cast<TlsSession*>(SSL_get_app_data(ssl));
    const std::string* found = session->context().psk().find(identity);
    bool is_known = found != nullptr && found->size() <= room;
    session->note_psk(identity, is_known);
    if (!is_known) return 0;
    std::copy(found->begin(), found->end(), key);
    return static_cast<unsigned int>(found->size());
}

unsigned int on_client_psk(SSL* ssl, const char*, char* identity, unsigned int identity_room,
                           unsigned char* key, unsigned int key_room) {
    const TlsContext& context = static_cast<TlsSession*>(SSL_get_app_data(ssl))->context();
    const std::string& name = context.client_options().psk_identity;
    const std::string& secret = context.client_key();
    if (name.size() + 1 > identity_room || secret.size() > key_room) return 0;
    identity[name.copy(identity, name.size())] = 0;
    std::copy(secret.begin(), secret.end(), key);
    return static_cast<unsigned int>(secret.size());
}

}  // namespace

TlsContext::~TlsContext() {
    SSL_CTX_free(context_);
    explicit_bzero(pass_phrase_.data(), pass_phrase_.size());
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsOptions& options,
                                                           const TlsContext* before) {
    ERR_clear_error();
    std::shared_ptr<TlsContext> made(new TlsContext(options));
    made->context_ = SSL_CTX_new(TLS_server_method());
    if (made->context_ == nullptr)
        return Error{fmt::format("Error: Unable to use TLS: {}.", reason()), kExitTls};
    made->set_common();
    SSL_CTX_set_options(made->context_, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(made->context_, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_dh_auto(made->context_, 1);
    if (Status done = made->set_versions_and_ciphers(); !done) return done.error();
    Status done = options.psk_hint.empty() ? made->load_certificate(before) : made->load_psk();
    if (!done) return done.error();
    ERR_clear_error();
    return std::shared_ptr<const TlsContext>(std::move(made));
}

void TlsContext::set_common() {
    SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // A peer that sends nothing but key updates must not keep one read busy.
    SSL_CTX_clear_mode(context_, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_options(context_, SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_read_ahead(context_, 0);
}

Status TlsContext::set_ciphers(const std::string& list) {
    if (list.empty() || SSL_CTX_set_cipher_list(context_, list.c_str()) == 1) return Done{};
    return wrong("ciphers", list, reason());
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make_client(const TlsClientOptions& options) {
    ERR_clear_error();
    TlsOptions files;
    files.cafile = options.cafile;
    files.capath = options.capath;
    files.certfile = options.certfile;
    files.keyfile = options.keyfile;
    std::shared_ptr<TlsContext> made(new TlsContext(files));
    made->client_options_ = options;
    made->context_ = SSL_CTX_new(TLS_client_method());
    if (made->context_ == nullptr)
        return Error{fmt::format("Error: Unable to use TLS: {}.", reason()), kExitTls};
    made->set_common();
    if (Status done = made->set_up_client(); !done) return done.error();
    ERR_clear_error();
    return std::shared_ptr<const TlsContext>(std::move(made));
}

Status TlsContext::set_up_client() {
    const TlsClientOptions& options = client_options_;
    int version = options.version == "tlsv1.3"   ? TLS1_3_VERSION
                  : options.version == "tlsv1.2" ? TLS1_2_VERSION
                  : options.version == "tlsv1.1" ? TLS1_1_VERSION
                                                 : 0;
    if (version == 0 && !options.version.empty())
        return wrong("--tls-version", options.version, "expected tlsv1.2 or tlsv1.3");
    SSL_CTX_set_min_proto_version(context_, version == 0 ? TLS1_2_VERSION : version);
    SSL_CTX_set_max_proto_version(context_, version);
    // With a pre-shared key a server with a certificate instead is not believed.
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    bool is_psk = !options.psk.empty();
    if (Status done = set_ciphers(is_psk && options.ciphers.empty() ? "PSK" : options.ciphers);
        !done)
        return done;
    if (is_psk) return set_client_psk();
    if (options.use_os_certs) SSL_CTX_set_default_verify_paths(context_);
    if (Status loaded = load_authorities(); !loaded) return loaded;
    return options_.certfile.empty() ? Status(Done{}) : load_own(nullptr);
}

Status TlsContext::set_client_psk() {
    auto key = PskFile::key_of(client_options_.psk);
    if (!key) return wrong("--psk", "KEY", "expected hexadecimal digits, two for each byte");
    client_key_ = std::move(*key);
    SSL_CTX_set_psk_client_callback(context_, on_client_psk);
    return Done{};
}

Status TlsContext::set_versions_and_ciphers() {
    const std::string& version = options_.version;
    int oldest = TLS1_2_VERSION;
    if (version == "tlsv1.3")
        oldest = TLS1_3_VERSION;
    else if (version == "tlsv1.1")
        oldest = TLS1_1_VERSION;
    else if (!version.empty() && version != "tlsv1.2")
        return wrong("tls_version", version, "expected tlsv1.2 or tlsv1.3");
    SSL_CTX_set_min_proto_version(context_, oldest);
    if (Status done = set_ciphers(options_.ciphers); !done) return done;
    if (!options_.ciphers_tls13.empty() &&
        SSL_CTX_set_ciphersuites(context_, options_.ciphers_tls13.c_str()) != 1)
        return wrong("ciphers_tls1.3", options_.ciphers_tls13, reason());
    return Done{};
}

// certfile and keyfile.
Status TlsContext::load_own(const TlsContext* before) {
    const std::string& file = options_.certfile;
    if (Status opened = must_open("certfile", file); !opened) return opened;
    if (SSL_CTX_use_certificate_chain_file(context_, file.c_str()) != 1)
        return wrong("certfile", file, reason());
    const X509* certificate = SSL_CTX_get0_certificate(context_);
    certificate_begin_s_ = seconds_of(X509_get0_notBefore(certificate));
    certificate_end_s_ = seconds_of(X509_get0_notAfter(certificate));
    return load_key(before);
}

Status TlsContext::load_certificate(const TlsContext* before) {
    if (Status loaded = load_own(before); !loaded) return loaded;
    if (Status loaded = load_authorities(); !loaded) return loaded;
    if (Status loaded = load_crl(); !loaded) return loaded;
    if (options_.require_certificate)
        SSL_CTX_set_verify(
            context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
            options_.disable_client_cert_date_checks ? on_verify_without_dates : nullptr);
    static constexpr unsigned char kSessions[] = "martlet";
    SSL_CTX_set_session_id_context(context_, kSessions, sizeof kSessions - 1);
    SSL_CTX_set_num_tickets(context_, 1);
    tickets_.install(context_);
    return Done{};
}

Status TlsContext::load_key(const TlsContext* before) {
    const std::string& file = options_.keyfile;
    if (Status opened = must_open("keyfile", file); !opened) return opened;
    if (before != nullptr && before->options_.keyfile == file) pass_phrase_ = before->pass_phrase_;
    Question question{&pass_phrase_, &file};
    SSL_CTX_set_default_passwd_cb(context_, on_pass_phrase);
    SSL_CTX_set_default_passwd_cb_userdata(context_, &question);
    int result = SSL_CTX_use_PrivateKey_file(context_, file.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_set_default_passwd_cb_userdata(context_, nullptr);
    SSL_CTX_set_default_passwd_cb(context_, nullptr);
    if (result == 1 && SSL_CTX_check_private_key(context_) == 1) return Done{};
    unsigned long code = ERR_peek_last_error();
    if (ERR_GET_LIB(code) == ERR_LIB_X509 && ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH)
        return wrong("keyfile", file,
                     fmt::format("it is not the key of the certificate in {}", options_.certfile));
    if (question.is_asked && !question.is_answered)
        return wrong("keyfile", file,
                     fmt::format("the key is encrypted, and there is no terminal to ask for its "
                                 "pass phrase. Start the broker in a terminal, or store the key "
                                 "without one: openssl pkey -in {} -out NEW",
                                 file));
    if (question.is_asked)
        return wrong("keyfile", file, "the pass phrase does not open the key: " + reason());
    return wrong("keyfile", file, reason());
}

Status TlsContext::load_authorities() {
    const std::string& file = options_.cafile;
    if (!file.empty()) {
        if (Status opened = must_open("cafile", file); !opened) return opened;
        if (SSL_CTX_load_verify_file(context_, file.c_str()) != 1)
            return wrong("cafile", file, reason());
    }
    const std::string& folder = options_.capath;
    if (folder.empty()) return Done{};
    if (access(folder.c_str(), R_OK | X_OK) != 0)
        return wrong("capath", folder, std::strerror(errno));
    if (SSL_CTX_load_verify_dir(context_, folder.c_str()) != 1)
        return wrong("capath", folder, reason());
    return Done{};
}

Status TlsContext::load_crl() {
    const std::string& file = options_.crlfile;
    if (file.empty()) return Done{};
    if (Status opened = must_open("crlfile", file); !opened) return opened;
    X509_STORE* store = SSL_CTX_get_cert_store(context_);
    X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (lookup == nullptr || X509_load_crl_file(lookup, file.c_str(), X509_FILETYPE_PEM) < 1)
        return wrong("crlfile", file, reason());
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    return Done{};
}

// Without tickets: a session that is resumed would not say by which identity it was begun.
Status TlsContext::load_psk() {
    auto file = PskFile::read(options_.psk_file);
    if (!file) return file.error();
    psk_ = std::move(file).value();
    SSL_CTX_set_options(context_, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context_, 0);
    SSL_CTX_set_psk_server_callback(context_, on_psk);
    if (SSL_CTX_use_psk_identity_hint(context_, options_.psk_hint.c_str()) != 1)
        return Error{"Error: psk_hint has more than 128 bytes.", kExitTls};
    return Done{};
}

std::string TlsContext::certificate_text() const {
    if (certificate_end_s_ == 0) return {};
    return fmt::format("certfile {} ends on {}", options_.certfile, date_of(certificate_end_s_));
}

std::vector<std::string> TlsContext::warnings(std::int64_t now_s) const {
    if (certificate_end_s_ == 0) return {};
    const std::string& file = options_.certfile;
    if (certificate_begin_s_ > now_s)
        return {
            fmt::format("Warning: The certificate in {} is valid from {} on: clients refuse it "
                        "until then.",
                        file, date_of(certificate_begin_s_))};
    if (certificate_end_s_ <= now_s)
        return {
            fmt::format("Warning: The certificate in {} has expired on {}: clients refuse it. "
                        "Renew it and send SIGHUP.",
                        file, date_of(certificate_end_s_))};
    if (certificate_end_s_ - now_s < kWarnedBefore)
        return {fmt::format("Warning: The certificate in {} ends on {}. Renew it and send SIGHUP.",
                            file, date_of(certificate_end_s_))};
    return {};
}

}  // namespace martlet::net
