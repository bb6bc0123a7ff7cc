#include "cli/bench/progress.h"

#include <cstdio>
#include <unistd.h>

namespace martlet::cli::bench {

Progress::~Progress() {
    if (is_shown_ && isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r\033[K");
}

void Progress::print(const std::string& text) {
    bool is_terminal = isatty(STDERR_FILENO) != 0;
    is_shown_ = true;
    std::fprintf(stderr, "%s%s: %s%s", is_terminal ? "\r" : "", what_.c_str(), text.c_str(),
                 is_terminal ? "\033[K" : "\n");
}

}  // namespace martlet::cli::bench
