#pragma once

// The door to fmt: text from values, with fmt::format("{}", value). A format that does not fit its
// values is a compile error. Not for the message path, since it makes strings. Any thread.

#include <fmt/core.h>

#include <string>
#include <string_view>
