#pragma once

// Base64 (RFC 4648, section 4) as password hashes hold it: the standard alphabet, one text for each
// byte string and no other, so nothing unusual slips in. Any thread.

#include "base/bytes.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::auth {

enum class Padding : std::uint8_t { Required, Forbidden };

std::string encode_base64(ByteView bytes, Padding padding);
// False for a wrong length or character, white space, wrong padding and spare bits that are not 0.
[[nodiscard]] bool decode_base64(std::string_view text, Padding padding,
                                 std::vector<std::uint8_t>& bytes);

}  // namespace martlet::auth
