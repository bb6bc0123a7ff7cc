#pragma once

// Lists of the API, page after page. Blocks. One thread.

#include "cli/api/api.h"

#include <functional>
#include <string>
#include <string_view>

namespace martlet::cli {

// Hands each item of the list `name` at `path` ("/api/v1/clients?limit=500") to `take`, following
// "next"; `take` answers false to stop.
Status for_each_item(const Api& api, const std::string& path, std::string_view name,
                     const std::function<bool(const http::JsonValue&)>& take);

// A member as text for people: numbers in their shortest form; "" when it is missing or null.
std::string member_text(const http::JsonValue& object, std::string_view name);
std::string value_text(const http::JsonValue* value);

// The answer as it came, on stdout: for --json. The exit code.
int print_answer(const Api& api, const std::string& path);

}  // namespace martlet::cli
