#pragma once

// The door of this floor: command line and file in, settings out. Cold path, any thread.

#include "base/result.h"
#include "config/command_line.h"
#include "config/files.h"
#include "config/notice.h"
#include "config/settings.h"

#include <vector>

namespace martlet::config {

// All that a reading found. With problems the settings are not to be used.
struct Reading {
    Settings settings;
    std::vector<Notice> notices;
    std::vector<Problem> problems;
};

// Reads to the end, whatever is wrong: for `martlet check`.
Reading read(const CommandLine& command_line, const Files& files = DiskFiles());

struct Loaded {
    Settings settings;
    std::vector<Notice> notices;
};

// For the broker: the first problem is the error, its lines (Problem::lines) joined by '\n', with
// its exit code.
Result<Loaded> load(const CommandLine& command_line, const Files& files = DiskFiles());

// For SIGHUP: loads again. An error, upon which everything stays as it is, when the file has a
// problem or adds, removes or changes listeners. Other keys that cannot change at run time keep the
// running value; a notice says so. Listeners come in the order of `running`.
Result<Loaded> reload(const CommandLine& command_line, const Settings& running,
                      const Files& files = DiskFiles());

}  // namespace martlet::config
