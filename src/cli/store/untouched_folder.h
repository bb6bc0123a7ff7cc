#pragma once

// A folder that is read as it is and only seems to be written to: what a journal mends while it is
// opened stays in memory, or is let go. So looking at a damaged journal changes nothing. One
// thread.

#include "journal/file.h"

#include <memory>

namespace martlet::cli {

// Nothing that is written is read back: enough to open a journal, not to work with it.
std::unique_ptr<journal::Folder> leave_untouched(std::unique_ptr<journal::Folder> folder);

}  // namespace martlet::cli
