#pragma once

// The argument of -D: `COMMAND PROPERTY VALUE`, or `COMMAND user-property NAME VALUE`. Cold path.

#include "cli/flags/client_draft.h"

#include <span>
#include <string>

namespace martlet::cli {

// `taken` is how many of the words belong to it.
FlagError take_property(ClientDraft& draft, std::span<const std::string> words, std::size_t& taken);

// Whether each set may stand in its packet.
FlagError check_properties(ClientDraft& draft);

}  // namespace martlet::cli
