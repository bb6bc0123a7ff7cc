#pragma once

// The tables of those commands whose command line is read by flags/command_table.h. Any thread.

#include "cli/flags/command_table.h"

namespace martlet::cli {

const CommandTable& account_table();
const CommandTable& token_table();
const CommandTable& status_table();
const CommandTable& clients_table();
const CommandTable& kick_table();
const CommandTable& bridges_table();
const CommandTable& sources_table();
const CommandTable& get_table();
const CommandTable& watch_table();
const CommandTable& completion_table();
const CommandTable& map_table();
const CommandTable& acl_table();
const CommandTable& decode_table();

}  // namespace martlet::cli
