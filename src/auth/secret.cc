#include "auth/secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace martlet::auth {

namespace {

using Digest = std::array<std::uint8_t, 32>;

std::string hex_of(const Digest& bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (std::uint8_t byte : bytes) {
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

}  // namespace

std::string make_secret() {
    Digest bytes;
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return {};
    return hex_of(bytes);
}

std::string fingerprint_of(std::string_view secret) {
    Digest digest;
    unsigned size = 0;
    if (EVP_Digest(secret.data(), secret.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        return {};
    return hex_of(digest);
}

bool is_same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool sha1_of(std::string_view text, Sha1& digest) {
    unsigned size = 0;
    return EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1;
}

}  // namespace martlet::auth
