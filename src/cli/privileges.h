#pragma once

// A broker started by root goes on as somebody else. Called once, by the main thread, before files
// are opened.

#include "base/result.h"

#include <string>

namespace martlet::cli {

// Does nothing unless root. `user` empty: "mosquitto", else "nobody". "root" stays root. PUID and
// PGID in the environment win (0 is ignored), as in mosquitto; one without the other takes the rest
// from that user, or from the id's own account. Root's other groups never stay.
Status drop_privileges(const std::string& user);

// Says as whom the broker runs when that is why it failed: root may have been who started it. And
// how `folder`, when the error speaks of it, becomes that user's.
Error with_user(Error error, const std::string& folder = {});

}  // namespace martlet::cli
