#pragma once

// Puts a folder in order after Replay has looked at it: damaged stretches and unreadable files are
// kept aside, a torn tail is cut. May be broken off at any point: the next start finds the same
// again.

#include "journal/replay.h"

namespace martlet::journal {

// The one damage that is none: what was being written when the program ended.
constexpr std::string_view kTornTail = "torn tail";

// What the operator is to be told.
std::vector<Damage> damages_of(const Findings& findings);
// What strict mode says instead of repairing.
Error refusal(const Folder& folder, const Damage& damage);
// `damages` are those of damages_of(); for what could not be kept, it says so in them.
Status repair(Folder& folder, Catalog& catalog, const Findings& findings,
              std::vector<Damage>& damages);

}  // namespace martlet::journal
