#pragma once

// The door to zlib: takes apart what devices have compressed, up to a bound, so that a small
// message cannot fill the memory. Pure functions; any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace martlet::telemetry {

enum class Unpacking : std::uint8_t {
    Fine,
    Broken,    // no compressed data, an early end, a wrong checksum, or bytes after the end
    TooLarge,  // more than `bytes_max`
    NoMemory,
};

// gzip, zlib and raw deflate, told apart by how they begin. `out` is replaced; it is sound only
// when the answer is Fine.
Unpacking unpack(std::string_view packed, std::size_t bytes_max, std::string& out);

}  // namespace martlet::telemetry
