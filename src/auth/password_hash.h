#pragma once

// One hashed password as it stands in a password file, in each of the three schemes that
// mosquitto_passwd writes. Immutable once made; any thread. verify() and make() are slow by design:
// on a worker, never on a shard.

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::auth {

enum class HashScheme : std::uint8_t { Sha512, Pbkdf2Sha512, Argon2id };

// What a hash may cost at most. A password file is written by an operator, but a slip of the hand
// or a hostile file must not take all memory or a worker for minutes.
inline constexpr std::uint32_t kPbkdf2IterationsMax = 10'000'000;
inline constexpr std::uint32_t kArgon2MemoryKibMax = 256 * 1024;
inline constexpr std::uint32_t kArgon2LanesMax = 64;
// Memory times passes.
inline constexpr std::uint64_t kArgon2WorkKibMax = 4 * 1024 * 1024;

struct PasswordHash {
    HashScheme scheme = HashScheme::Pbkdf2Sha512;
    // PBKDF2: rounds; Argon2id: passes; SHA-512: not used.
    std::uint32_t iterations = 0;
    // Argon2id only.
    std::uint32_t memory_kib = 0;
    std::uint32_t lanes = 0;
    std::vector<std::uint8_t> salt;
    std::vector<std::uint8_t> hash;

    // In constant time over the hash. Slow.
    bool verify(ByteView password) const;

    // "$6$...", "$7$..." or "$argon2id$...".
    static Result<PasswordHash> decode(std::string_view text);
    std::string encode() const;
    // A new hash with a random salt. `iterations` counts for PBKDF2; 0 takes the usual number.
    static Result<PasswordHash> make(HashScheme scheme, std::uint32_t iterations,
                                     ByteView password);
    // What costs as much to verify as `model` and accepts no password: answers for unknown users
    // take as long as for known ones.
    static Result<PasswordHash> make_decoy(const PasswordHash& model);
};

}  // namespace martlet::auth
