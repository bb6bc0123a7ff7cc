#include "cli/output/progress.h"

#include <chrono>
#include <cstdio>
#include <unistd.h>

namespace martlet::cli {

Progress::~Progress() {
    if (is_shown_ && isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r\033[K");
}

void Progress::print(const std::string& text) {
    bool is_terminal = isatty(STDERR_FILENO) != 0;
    if (!is_terminal && where_ == ProgressOn::Terminal) return;
    is_shown_ = true;
    std::fprintf(stderr, "%s%s: %s%s", is_terminal ? "\r" : "", what_.c_str(), text.c_str(),
                 is_terminal ? "\033[K" : "\n");
}

std::uint64_t steady_ns() {
    auto passed = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(passed).count());
}

}  // namespace martlet::cli
