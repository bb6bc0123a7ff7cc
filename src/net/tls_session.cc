#include "net/tls_session.h"

#include "base/text.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>

namespace martlet::net {

namespace {

std::string reason_of(unsigned long code) {
    const char* reason = ERR_reason_error_string(code);
    return reason == nullptr ? "unknown reason" : reason;
}

// The last CN of a subject; empty: it has none, or one with a NUL inside.
std::string common_name(X509_NAME* subject) {
    int last = -1;
    for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;)
        last = at;
    if (last < 0) return {};
    unsigned char* text = nullptr;
    int size =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
    if (size < 0) return {};
    std::string name(reinterpret_cast<char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
    return name.find('\0') == std::string::npos ? name : std::string();
}

// As in RFC 2253, in UTF-8.
std::string whole_subject(X509_NAME* subject) {
    BIO* memory = BIO_new(BIO_s_mem());
    if (memory == nullptr) return {};
    std::string name;
    if (X509_NAME_print_ex(memory, subject, 0, XN_FLAG_RFC2253) >= 0) {
        char* text = nullptr;
        long size = BIO_get_mem_data(memory, &text);
        if (size > 0) name.assign(text, static_cast<std::size_t>(size));
    }
    BIO_free(memory);
    return name;
}

}  // namespace

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context) : context_(std::move(context)) {}

TlsSession::~TlsSession() {
    SSL_free(ssl_);
}

std::unique_ptr<TlsSession> TlsSession::make(std::shared_ptr<const TlsContext> context, int fd) {
    std::unique_ptr<TlsSession> session(new TlsSession(std::move(context)));
    ERR_clear_error();
    session->ssl_ = SSL_new(session->context_->handle());
    session->fd_ = fd;
    if (session->ssl_ == nullptr || SSL_set_fd(session->ssl_, fd) != 1) return nullptr;
    SSL_set_app_data(session->ssl_, session.get());
    return session;
}

std::unique_ptr<TlsSession> TlsSession::accept(std::shared_ptr<const TlsContext> context, int fd) {
    std::unique_ptr<TlsSession> session = make(std::move(context), fd);
    if (session) SSL_set_accept_state(session->ssl_);
    return session;
}

std::unique_ptr<TlsSession> TlsSession::connect(std::shared_ptr<const TlsContext> context, int fd,
                                                const std::string& host) {
    std::unique_ptr<TlsSession> session = make(std::move(context), fd);
    if (!session) return nullptr;
    SSL* ssl = session->ssl_;
    SSL_set_connect_state(ssl);
    const TlsClientOptions& options = session->context_->client_options();
    X509_VERIFY_PARAM* checks = SSL_get0_param(ssl);
    // An address is compared with the certificate's addresses; the server gets names only (SNI).
    bool is_address = X509_VERIFY_PARAM_set1_ip_asc(checks, host.c_str()) == 1;
    bool is_set = is_address || SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
    if (!is_address && !options.insecure) is_set = SSL_set1_host(ssl, host.c_str()) == 1 && is_set;
    if (is_address && options.insecure) X509_VERIFY_PARAM_set1_ip(checks, nullptr, 0);
    std::string protocols;
    if (!options.alpn.empty() && options.alpn.size() < 256) {
        protocols = static_cast<char>(options.alpn.size()) + options.alpn;
        SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(protocols.data()),
                            static_cast<unsigned int>(protocols.size()));
    }
    ERR_clear_error();
    return is_set ? std::move(session) : nullptr;
}

TlsSession::Outcome TlsSession::read(std::span<const iovec> pieces, std::size_t& size) {
    size = 0;
    if (end_ != Outcome::Open) return end_;
    reads_on_room_ = false;
    if (!is_established_) {
        Outcome outcome = shake_hands();
        if (outcome != Outcome::Open || !is_established_) return outcome;
    }
    for (std::size_t i = 0; i < pieces.size(); i++) {
        auto* bytes = static_cast<std::uint8_t*>(pieces[i].iov_base);
        std::size_t room = pieces[i].iov_len;
        std::size_t least = i + 1 == pieces.size() ? kRecord : 1;
        while (room >= least) {
            ERR_clear_error();
            int got = SSL_read(ssl_, bytes, static_cast<int>(std::min<std::size_t>(room, 1 << 20)));
            if (got <= 0) {
                Outcome outcome = judge(got);
                if (outcome == Outcome::Open || size == 0) return outcome;
                // The bytes come first. The next call tells the end; epoll must report the socket
                // again for it.
                shutdown(fd_, SHUT_RD);
                return Outcome::Open;
            }
            bytes += got;
            room -= static_cast<std::size_t>(got);
            size += static_cast<std::size_t>(got);
        }
    }
    return Outcome::Open;
}

TlsSession::Outcome TlsSession::shake_hands() {
    ERR_clear_error();
    int result = SSL_do_handshake(ssl_);
    if (result != 1) return judge(result);
    is_established_ = true;
    if (names_user()) take_user();
    return Outcome::Open;
}

// The outcome for the connection after an OpenSSL call that did not succeed.
TlsSession::Outcome TlsSession::judge(int result) {
    int system_error = errno;
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
            return Outcome::Open;
        case SSL_ERROR_WANT_WRITE:
            reads_on_room_ = true;
            return Outcome::Open;
        case SSL_ERROR_ZERO_RETURN:
            if (is_established_) return end_ = Outcome::Closed;
            break;
        case SSL_ERROR_SYSCALL:
            if (ERR_peek_error() != 0) return fail();
            if (system_error != 0 && system_error != EAGAIN) {
                failure_ = std::strerror(system_error);
                return end_ = Outcome::Failed;
            }
            if (is_established_) return end_ = Outcome::Closed;
            break;
        default:
            return fail();
    }
    failure_ = "connection closed before the TLS handshake was complete";
    return end_ = Outcome::Failed;
}

TlsSession::Outcome TlsSession::fail() {
    std::string reason = reason_of(ERR_peek_last_error());
    long verified = SSL_get_verify_result(ssl_);
    if (verified != X509_V_OK && !is_established_)
        reason += fmt::format(" ({})", X509_verify_cert_error_string(verified));
    if (!is_psk_known_ && !is_established_) reason += " (the PSK identity is not in psk_file)";
    failure_ =
        fmt::format("{}: {}", is_established_ ? "TLS error" : "TLS handshake failed", reason);
    return end_ = Outcome::Failed;
}

TlsSession::Outcome TlsSession::write(Outbox& outbox, std::size_t limit) {
    if (!is_established_) return Outcome::Open;
    if (end_ == Outcome::Failed) return end_;
    thread_local std::array<std::uint8_t, kRecord> gathered;
    std::size_t sent = 0;
    while (!outbox.empty() && limit > 0) {
        std::array<iovec, 64> pieces;
        std::size_t count = outbox.gather(pieces.data(), pieces.size());
        std::size_t largest = std::min(limit, kRecord);
        ByteView record{static_cast<const std::uint8_t*>(pieces[0].iov_base),
                        std::min(pieces[0].iov_len, largest)};
        if (count > 1 && record.size() < largest) {
            std::size_t size = 0;
            for (std::size_t i = 0; i < count && size < largest; i++) {
                std::size_t part = std::min(pieces[i].iov_len, largest - size);
                std::memcpy(gathered.data() + size, pieces[i].iov_base, part);
                size += part;
            }
            record = {gathered.data(), size};
        }
        Outcome outcome = put(record, sent);
        if (outcome != Outcome::Open) return outcome;
        if (sent == 0) {
            // The record is made: OpenSSL wants to see the same bytes at the front again.
            if (begun_ == 0) begun_ = record.size();
            return Outcome::Open;
        }
        begun_ = 0;
        outbox.consume(sent);
        limit -= sent;
    }
    return Outcome::Open;
}

// `sent` is 0 when the socket is full.
TlsSession::Outcome TlsSession::put(ByteView record, std::size_t& sent) {
    sent = 0;
    ERR_clear_error();
    int result = SSL_write(ssl_, record.data(), static_cast<int>(record.size()));
    if (result > 0) {
        sent = static_cast<std::size_t>(result);
        return Outcome::Open;
    }
    bool reads_before = reads_on_room_;
    Outcome outcome = judge(result);
    reads_on_room_ = reads_before;
    if (outcome == Outcome::Closed) {
        failure_ = "connection closed by client";
        return end_ = Outcome::Failed;
    }
    return outcome;
}

void TlsSession::end() {
    if (!is_established_ || end_ == Outcome::Failed || begun_ > 0) return;
    ERR_clear_error();
    SSL_shutdown(ssl_);
    end_ = Outcome::Failed;
}

bool TlsSession::names_user() const {
    return context_->options().use_identity_as_username ||
           context_->options().use_subject_as_username;
}

// CN wins when both are asked for.
void TlsSession::take_user() {
    if (!context_->options().psk_hint.empty()) {
        if (!context_->options().use_identity_as_username) user_.clear();
        return;
    }
    X509* certificate = SSL_get0_peer_certificate(ssl_);
    if (certificate == nullptr || SSL_get_verify_result(ssl_) != X509_V_OK) return;
    X509_NAME* subject = X509_get_subject_name(certificate);
    if (context_->options().use_identity_as_username)
        user_ = common_name(subject);
    else
        user_ = whole_subject(subject);
}

void TlsSession::note_psk(std::string_view identity, bool is_known) {
    is_psk_known_ = is_known;
    user_ = is_known ? std::string(identity) : std::string();
}

std::string TlsSession::negotiated() const {
    return fmt::format("{} cipher {}", SSL_get_version(ssl_), SSL_get_cipher_name(ssl_));
}

}  // namespace martlet::net
