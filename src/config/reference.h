#pragma once

// The table of keys as text for people: `martlet check --keys`, and docs/configuration.md, which a
// test holds against it. Cold path, any thread.

#include <string>

namespace martlet::config {

std::string keys_as_text();
std::string keys_as_markdown();

}  // namespace martlet::config
