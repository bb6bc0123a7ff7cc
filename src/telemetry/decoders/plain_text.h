#pragma once

// Text from strangers made fit to be kept and read by people. Any thread.

#include <string>
#include <string_view>

namespace martlet::telemetry {

inline constexpr std::size_t kMetricNameBytesMax = 128;
inline constexpr std::size_t kTextBytesMax = 256;

// UTF-8 without control characters (a space for each), cut at a whole character. Empty: it is not
// UTF-8.
std::string plain_text(std::string_view bytes, std::size_t bytes_max = kTextBytesMax);

}  // namespace martlet::telemetry
