#pragma once

// Writes a file of secrets so that a crash leaves the old content or the new, never a mixture, and
// so that nobody can read it who could not before. Cold path; any thread.

#include "base/result.h"

#include <string>
#include <string_view>

namespace martlet::auth {

enum class NewFile {
    ForTheBroker,  // also for the group of a user `mosquitto`
    Private,       // for whoever writes it
};

// Keeps owner and mode of a file that exists, and follows symbolic links. A new file is 0600; made
// by root where a user `mosquitto` exists it belongs to that user's group too, as 0640, since the
// broker must read it after it has given up being root. Where a new file cannot take the old one's
// place (a mounted single file, a directory that is not ours), the old one is written over.
// NewFile::Private is 0600 for root too.
Status replace_file(const std::string& path, std::string_view text,
                    NewFile rights = NewFile::ForTheBroker);

}  // namespace martlet::auth
