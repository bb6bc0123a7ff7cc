#include "telemetry/decoders/meshtastic/cipher.h"

#include <openssl/evp.h>

#include <array>
#include <limits>
#include <memory>

namespace martlet::telemetry::meshtastic {

namespace {

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

// Packet id in 8 bytes and sender in 4, little endian; 4 bytes count blocks.
std::array<unsigned char, 16> first_counter(NodeId from, std::uint32_t id) {
    std::array<unsigned char, 16> counter{};
    for (unsigned i = 0; i < 4; i++) {
        counter[i] = static_cast<unsigned char>(id >> (8 * i));
        counter[8 + i] = static_cast<unsigned char>(from >> (8 * i));
    }
    return counter;
}

}  // namespace

bool apply_cipher(std::string_view key, NodeId from, std::uint32_t id, std::string_view in,
                  std::string& out) {
    if (key.size() != 16 && key.size() != 32) return false;
    if (in.size() > static_cast<std::size_t>(std::numeric_limits<int>::max() / 2)) return false;
    // Making one takes longer than a packet's encryption.
    thread_local const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
    if (!context) return false;
    const EVP_CIPHER* cipher = key.size() == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr();
    auto counter = first_counter(from, id);
    if (EVP_EncryptInit_ex(context.get(), cipher, nullptr, bytes_of(key), counter.data()) != 1) {
        return false;
    }
    out.resize(in.size());
    int size = 0;
    return EVP_EncryptUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                             bytes_of(in), static_cast<int>(in.size())) == 1 &&
           static_cast<std::size_t>(size) == in.size();
}

}  // namespace martlet::telemetry::meshtastic
