#pragma once

// Text from strangers made fit to be kept and read by people. Any thread.

#include <string>
#include <string_view>

namespace martlet::telemetry {

inline constexpr std::size_t kMetricNameBytesMax = 128;
inline constexpr std::size_t kTextBytesMax = 256;

// UTF-8 without orders to the screen (see below), cut at a whole character. Empty: it is not
// UTF-8.
std::string plain_text(std::string_view bytes, std::size_t bytes_max = kTextBytesMax);

// A space for each character that is no text but an order to the screen: control characters, and
// those that turn the direction in which what follows is shown. `text` is UTF-8. With `keeps_lines`
// line ends and tabs stay.
std::string without_orders(std::string_view text, bool keeps_lines = false);

}  // namespace martlet::telemetry
