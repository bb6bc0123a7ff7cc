// The text form of a PasswordHash. Reading is strict: whatever is not exactly one of the three
// forms is an error, so a damaged line can never become a user without a password.

#include "auth/base64.h"
#include "auth/password_hash.h"

#include <charconv>

namespace martlet::auth {

namespace {

constexpr std::size_t kSha512Bytes = 64;
constexpr std::size_t kArgon2HashBytesMin = 16;
constexpr std::size_t kArgon2SaltBytesMin = 8;
constexpr std::size_t kArgon2BytesMax = 64;

// Takes what stands before the next '$', and the '$' with it.
bool take_field(std::string_view& rest, std::string_view& field) {
    auto dollar = rest.find('$');
    if (dollar == std::string_view::npos) return false;
    field = rest.substr(0, dollar);
    rest.remove_prefix(dollar + 1);
    return true;
}

bool take_prefix(std::string_view& rest, std::string_view prefix) {
    if (!rest.starts_with(prefix)) return false;
    rest.remove_prefix(prefix.size());
    return true;
}

// A decimal number without sign, blanks or leading zero.
bool take_number(std::string_view& rest, std::uint32_t& number) {
    if (rest.empty() || rest.front() < '1' || rest.front() > '9') return false;
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc()) return false;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return true;
}

Error bad(std::string_view why) {
    return {std::string(why)};
}

Result<PasswordHash> decode_sha512(std::string_view rest, PasswordHash decoded) {
    std::string_view salt;
    if (!take_field(rest, salt)) return bad("the hash is missing");
    if (!decode_base64(salt, Padding::Required, decoded.salt)) return bad("the salt is damaged");
    // 12 was written before mosquitto 2.1, 64 since.
    if (decoded.salt.size() != 12 && decoded.salt.size() != 64)
        return bad("the salt is not of 12 or 64 bytes");
    if (!decode_base64(rest, Padding::Required, decoded.hash)) return bad("the hash is damaged");
    if (decoded.hash.size() != kSha512Bytes) return bad("the hash is not of 64 bytes");
    return decoded;
}

Result<PasswordHash> decode_pbkdf2(std::string_view rest) {
    PasswordHash decoded;
    std::string_view number;
    if (!take_field(rest, number) || !take_number(number, decoded.iterations) || !number.empty())
        return bad("the number of iterations is missing or no number");
    if (decoded.iterations > kPbkdf2IterationsMax) return bad("too many iterations");
    return decode_sha512(rest, std::move(decoded));
}

Result<PasswordHash> decode_argon2id(std::string_view rest) {
    PasswordHash decoded;
    decoded.scheme = HashScheme::Argon2id;
    if (!take_prefix(rest, "v=19$")) return bad("only version 19 of argon2id is known");
    if (!take_prefix(rest, "m=") || !take_number(rest, decoded.memory_kib) ||
        !take_prefix(rest, ",t=") || !take_number(rest, decoded.iterations) ||
        !take_prefix(rest, ",p=") || !take_number(rest, decoded.lanes) || !take_prefix(rest, "$"))
        return bad("the parameters of argon2id are damaged");
    if (decoded.memory_kib > kArgon2MemoryKibMax || decoded.lanes > kArgon2LanesMax ||
        std::uint64_t{decoded.memory_kib} * decoded.iterations > kArgon2WorkKibMax)
        return bad("the parameters of argon2id ask for too much memory or time");
    if (decoded.memory_kib < 8 * decoded.lanes) return bad("argon2id needs more memory");
    std::string_view salt;
    if (!take_field(rest, salt)) return bad("the hash is missing");
    if (!decode_base64(salt, Padding::Forbidden, decoded.salt)) return bad("the salt is damaged");
    if (decoded.salt.size() < kArgon2SaltBytesMin || decoded.salt.size() > kArgon2BytesMax)
        return bad("the salt is too short or too long");
    if (!decode_base64(rest, Padding::Forbidden, decoded.hash)) return bad("the hash is damaged");
    if (decoded.hash.size() < kArgon2HashBytesMin || decoded.hash.size() > kArgon2BytesMax)
        return bad("the hash is too short or too long");
    return decoded;
}

}  // namespace

Result<PasswordHash> PasswordHash::decode(std::string_view text) {
    if (take_prefix(text, "$7$")) return decode_pbkdf2(text);
    if (take_prefix(text, "$argon2id$")) return decode_argon2id(text);
    if (take_prefix(text, "$6$")) {
        PasswordHash decoded;
        decoded.scheme = HashScheme::Sha512;
        return decode_sha512(text, std::move(decoded));
    }
    return bad("it is not a hash that mosquitto_passwd writes");
}

std::string PasswordHash::encode() const {
    auto padding = scheme == HashScheme::Argon2id ? Padding::Forbidden : Padding::Required;
    std::string tail = encode_base64(salt, padding) + '$' + encode_base64(hash, padding);
    switch (scheme) {
        case HashScheme::Sha512:
            return "$6$" + tail;
        case HashScheme::Pbkdf2Sha512:
            return "$7$" + std::to_string(iterations) + '$' + tail;
        case HashScheme::Argon2id:
            return "$argon2id$v=19$m=" + std::to_string(memory_kib) +
                   ",t=" + std::to_string(iterations) + ",p=" + std::to_string(lanes) + '$' + tail;
    }
    return {};
}

}  // namespace martlet::auth
