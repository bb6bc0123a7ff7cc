#include "telemetry/unpack.h"

#include <algorithm>
#include <zlib.h>

namespace martlet::telemetry {

namespace {

// zlib's numbers for the wrapper: the two with a header are told apart by zlib itself.
constexpr int kHeaderBits = 15 + 32;
constexpr int kRawBits = -15;
constexpr std::size_t kFirstBytes = std::size_t{16} << 10;

bool has_header(std::string_view packed) {
    if (packed.size() < 2) return false;
    auto first = static_cast<unsigned char>(packed[0]);
    auto second = static_cast<unsigned char>(packed[1]);
    bool is_gzip = first == 0x1f && second == 0x8b;
    // Method 8, a window of at most 32 KiB, and a check of both bytes.
    bool is_zlib = (first & 0x0f) == 8 && first >> 4 <= 7 && (first * 256 + second) % 31 == 0;
    return is_gzip || is_zlib;
}

// One more byte than the bound is made room for: it tells that there is more.
int inflate_all(z_stream& stream, std::size_t bytes_max, std::string& out) {
    out.resize(std::min(kFirstBytes, bytes_max + 1));
    std::size_t size = 0;
    int code = Z_OK;
    while (code == Z_OK && size <= bytes_max) {
        if (size == out.size()) out.resize(std::min(2 * out.size(), bytes_max + 1));
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + size);
        stream.avail_out = static_cast<uInt>(out.size() - size);
        code = inflate(&stream, Z_NO_FLUSH);
        size = out.size() - stream.avail_out;
    }
    out.resize(size);
    return code;
}

Unpacking unpack_as(int bits, std::string_view packed, std::size_t bytes_max, std::string& out) {
    z_stream stream{};
    // zlib's interface takes no constant input; it writes nothing there.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    if (inflateInit2(&stream, bits) != Z_OK) return Unpacking::NoMemory;
    int code = inflate_all(stream, bytes_max, out);
    std::size_t rest = stream.avail_in;
    inflateEnd(&stream);
    if (out.size() > bytes_max) return Unpacking::TooLarge;
    if (code == Z_MEM_ERROR) return Unpacking::NoMemory;
    return code == Z_STREAM_END && rest == 0 ? Unpacking::Fine : Unpacking::Broken;
}

}  // namespace

Unpacking unpack(std::string_view packed, std::size_t bytes_max, std::string& out) {
    out.clear();
    if (packed.empty() || packed.size() > UINT32_MAX) return Unpacking::Broken;
    if (has_header(packed)) {
        Unpacking unpacking = unpack_as(kHeaderBits, packed, bytes_max, out);
        if (unpacking != Unpacking::Broken) return unpacking;
    }
    // Raw data may begin like a header by chance.
    return unpack_as(kRawBits, packed, bytes_max, out);
}

}  // namespace martlet::telemetry
