#pragma once

// How commands find a running broker and come in: by --url and --token, or by the key that the
// broker keeps for them in its data folder (http/accounts/local_key.h). Cold path; one thread.

#include "cli/api/api.h"
#include "cli/flags/command_table.h"

#include <span>
#include <string_view>

namespace martlet::cli {

// The exit codes of the commands that ask a broker.
inline constexpr int kExitRefused = 1;      // there is no such thing, or the role is too low
inline constexpr int kExitUnreachable = 2;  // no broker, no key, wrong token

extern const std::span<const Flag> kDoorFlags;
// For the end of their help.
extern const std::string_view kDoorHelp;

// Error::code is the exit code.
Result<Api> open_door(const Arguments& arguments);
// An Api's error, said on stderr; the exit code.
int fail_api(const Error& error);

}  // namespace martlet::cli
