#include "auth/password_hash.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace martlet::auth {

namespace {

constexpr std::size_t kSha512Bytes = 64;
// mosquitto 2.0 reads only salts of this length.
constexpr std::size_t kSaltBytes = 12;
constexpr std::uint32_t kPbkdf2IterationsUsual = 1000;

constexpr std::size_t kArgon2SaltBytes = 64;
constexpr std::size_t kArgon2HashBytes = 64;
constexpr std::uint32_t kArgon2Passes = 1;
constexpr std::uint32_t kArgon2MemoryKib = 47104;
constexpr std::uint32_t kArgon2Lanes = 1;

bool hash_sha512(ByteView password, const PasswordHash& how, std::vector<std::uint8_t>& out) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    if (context == nullptr) return false;
    bool is_ok = EVP_DigestInit_ex(context, EVP_sha512(), nullptr) == 1 &&
                 EVP_DigestUpdate(context, password.data(), password.size()) == 1 &&
                 EVP_DigestUpdate(context, how.salt.data(), how.salt.size()) == 1 &&
                 EVP_DigestFinal_ex(context, out.data(), nullptr) == 1;
    EVP_MD_CTX_free(context);
    return is_ok;
}

bool hash_pbkdf2(ByteView password, const PasswordHash& how, std::vector<std::uint8_t>& out) {
    return PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(password.data()),
                             static_cast<int>(password.size()), how.salt.data(),
                             static_cast<int>(how.salt.size()), static_cast<int>(how.iterations),
                             EVP_sha512(), static_cast<int>(out.size()), out.data()) == 1;
}

bool hash_argon2id(ByteView password, const PasswordHash& how, std::vector<std::uint8_t>& out) {
    argon2_context context{};
    context.out = out.data();
    context.outlen = static_cast<std::uint32_t>(out.size());
    // The library writes to password and salt only when asked to wipe them, which we do not.
    context.pwd = const_cast<std::uint8_t*>(password.data());
    context.pwdlen = static_cast<std::uint32_t>(password.size());
    context.salt = const_cast<std::uint8_t*>(how.salt.data());
    context.saltlen = static_cast<std::uint32_t>(how.salt.size());
    context.t_cost = how.iterations;
    context.m_cost = how.memory_kib;
    context.lanes = how.lanes;
    context.threads = 1;
    context.version = ARGON2_VERSION_13;
    context.flags = ARGON2_DEFAULT_FLAGS;
    return argon2id_ctx(&context) == ARGON2_OK;
}

bool hash_password(ByteView password, const PasswordHash& how, std::vector<std::uint8_t>& out) {
    // An empty view may hold no pointer, which not every library call takes kindly.
    static const std::uint8_t nothing = 0;
    if (password.empty()) password = ByteView(&nothing, std::size_t{0});
    // MQTT's passwords are far shorter; the libraries count in int.
    if (password.size() > 0xFFFF) return false;
    switch (how.scheme) {
        case HashScheme::Sha512:
            return hash_sha512(password, how, out);
        case HashScheme::Pbkdf2Sha512:
            return hash_pbkdf2(password, how, out);
        case HashScheme::Argon2id:
            return hash_argon2id(password, how, out);
    }
    return false;
}

bool fill_random(std::vector<std::uint8_t>& bytes, std::size_t size) {
    bytes.resize(size);
    return RAND_bytes(bytes.data(), static_cast<int>(size)) == 1;
}

Error no_random() {
    return {"Error: Unable to get random numbers for a salt."};
}

}  // namespace

bool PasswordHash::verify(ByteView password) const {
    if (hash.empty()) return false;
    if (scheme == HashScheme::Sha512 && hash.size() != kSha512Bytes) return false;
    std::vector<std::uint8_t> computed(hash.size());
    if (!hash_password(password, *this, computed)) return false;
    return CRYPTO_memcmp(computed.data(), hash.data(), hash.size()) == 0;
}

Result<PasswordHash> PasswordHash::make(HashScheme scheme, std::uint32_t iterations,
                                        ByteView password) {
    PasswordHash made;
    made.scheme = scheme;
    bool is_argon2 = scheme == HashScheme::Argon2id;
    if (scheme == HashScheme::Pbkdf2Sha512) {
        made.iterations = iterations == 0 ? kPbkdf2IterationsUsual : iterations;
        if (made.iterations > kPbkdf2IterationsMax)
            return Error{"Error: Number of iterations must be at most 10000000."};
    }
    if (is_argon2) {
        made.iterations = kArgon2Passes;
        made.memory_kib = kArgon2MemoryKib;
        made.lanes = kArgon2Lanes;
    }
    if (!fill_random(made.salt, is_argon2 ? kArgon2SaltBytes : kSaltBytes)) return no_random();
    made.hash.resize(is_argon2 ? kArgon2HashBytes : kSha512Bytes);
    if (!hash_password(password, made, made.hash)) return Error{"Error: Unable to hash password."};
    return made;
}

Result<PasswordHash> PasswordHash::make_decoy(const PasswordHash& model) {
    PasswordHash decoy = model;
    if (!fill_random(decoy.salt, model.salt.size())) return no_random();
    // No password is known that hashes to random bytes, and none can be looked for.
    if (!fill_random(decoy.hash, model.hash.size())) return no_random();
    return decoy;
}

}  // namespace martlet::auth
