#include "net/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <ctime>

namespace martlet::net {

namespace {

bool set_up(TlsTickets::Key& key, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
            bool issues) {
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.digest.data(), key.digest.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    if (EVP_MAC_CTX_set_params(mac, params) != 1) return false;
    auto* init = issues ? EVP_EncryptInit_ex : EVP_DecryptInit_ex;
    return init(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) == 1;
}

// As SSL_CTX_set_tlsext_ticket_key_evp_cb(3) has it: 1 is done, 2 asks for a new ticket as well, 0
// means a full handshake, -1 an error.
int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
              EVP_MAC_CTX* mac, int issues) {
    auto* tickets = static_cast<TlsTickets*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    std::int64_t now_s = std::time(nullptr);
    TlsTickets::Key key;
    bool is_old = false;
    if (issues != 0) {
        if (!tickets->key_to_issue(now_s, key)) return -1;
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
        std::copy(key.name.begin(), key.name.end(), name);
    } else if (!tickets->find(name, now_s, key, is_old)) {
        return 0;
    }
    bool is_set = set_up(key, iv, cipher, mac, issues != 0);
    OPENSSL_cleanse(&key, sizeof key);
    if (!is_set) return -1;
    return is_old ? 2 : 1;
}

}  // namespace

TlsTickets::~TlsTickets() {
    OPENSSL_cleanse(&current_, sizeof current_);
    OPENSSL_cleanse(&previous_, sizeof previous_);
}

void TlsTickets::install(ssl_ctx_st* context) {
    SSL_CTX_set_app_data(context, this);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
    SSL_CTX_set_timeout(context, kRenewedAfter);
}

bool TlsTickets::renew(std::int64_t now_s) {
    // A clock that was set back renews the key too.
    if (current_.made_s != 0 && now_s >= current_.made_s && now_s - current_.made_s < kRenewedAfter)
        return true;
    Key fresh;
    bool is_made = RAND_bytes(fresh.name.data(), static_cast<int>(fresh.name.size())) == 1 &&
                   RAND_bytes(fresh.cipher.data(), static_cast<int>(fresh.cipher.size())) == 1 &&
                   RAND_bytes(fresh.digest.data(), static_cast<int>(fresh.digest.size())) == 1;
    if (!is_made) return false;
    fresh.made_s = now_s;
    previous_ = current_;
    current_ = fresh;
    OPENSSL_cleanse(&fresh, sizeof fresh);
    return true;
}

bool TlsTickets::key_to_issue(std::int64_t now_s, Key& key) {
    std::lock_guard lock(mutex_);
    if (!renew(now_s)) return false;
    key = current_;
    return true;
}

bool TlsTickets::find(const unsigned char* name, std::int64_t now_s, Key& key, bool& is_old) {
    std::lock_guard lock(mutex_);
    if (!renew(now_s)) return false;
    auto is_named = [name](const Key& k) {
        return k.made_s != 0 && std::equal(k.name.begin(), k.name.end(), name);
    };
    is_old = !is_named(current_);
    if (is_old && (!is_named(previous_) || now_s - previous_.made_s >= 2 * kRenewedAfter))
        return false;
    key = is_old ? previous_ : current_;
    return true;
}

}  // namespace martlet::net
