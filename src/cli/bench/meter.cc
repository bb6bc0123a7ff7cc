#include "cli/bench/meter.h"

#include "base/text.h"

#include <cstdio>
#include <cstring>
#include <ctime>
#include <sys/resource.h>
#include <unistd.h>

namespace martlet::cli::bench {

namespace {

bool read_file(const std::string& path, char* text, std::size_t size) {
    std::FILE* file = std::fopen(path.c_str(), "r");
    if (file == nullptr) return false;
    std::size_t got = std::fread(text, 1, size - 1, file);
    std::fclose(file);
    text[got] = '\0';
    return got > 0;
}

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

Usage read_usage(int pid) {
    Usage usage;
    char text[2048];
    std::string folder = pid == 0 ? "/proc/self" : fmt::format("/proc/{}", pid);
    if (!read_file(folder + "/stat", text, sizeof text)) return usage;
    // The name in brackets may hold anything, even ')'.
    const char* behind_name = std::strrchr(text, ')');
    unsigned long user = 0, system = 0;
    if (behind_name != nullptr) {
        std::sscanf(behind_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                    &system);
    }
    usage.cpu_seconds =
        static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
    if (pid == 0) {  // finer
        rusage own{};
        getrusage(RUSAGE_SELF, &own);
        usage.cpu_seconds = seconds_of(own.ru_utime) + seconds_of(own.ru_stime);
    }
    unsigned long pages = 0, resident = 0;
    if (read_file(folder + "/statm", text, sizeof text)) {
        std::sscanf(text, "%lu %lu", &pages, &resident);
    }
    usage.memory_bytes =
        std::uint64_t{resident} * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    return usage;
}

std::uint64_t now_ns() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace martlet::cli::bench
