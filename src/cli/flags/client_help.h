#pragma once

// The help of pub, sub and rr, made from the table of flags. Cold path.

#include "cli/flags/client_options.h"

namespace martlet::cli {

// On stdout.
void print_client_help(const ClientOptions& options, bool only_version);

}  // namespace martlet::cli
