#include "server/process_metrics.h"

#include "server/metric_list.h"

#include <charconv>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

namespace martlet::server {

namespace {

// Empty: it cannot be read.
std::string read_file(const char* path) {
    std::string text(4096, '\0');
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text.data(), text.size());
    if (fd >= 0) close(fd);
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
}

// The number that begins `text`.
std::optional<double> number_at(std::string_view text) {
    double number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() ? std::optional(number) : std::nullopt;
}

// Of /proc/self/stat, counted from 1 as proc(5) does, from 3 on: what stands before them may hold
// any character.
std::optional<double> stat_field(std::string_view text, int wanted) {
    std::size_t at = text.rfind(')');
    for (int field = 2; field < wanted && at < text.size(); field++) at = text.find(' ', at + 1);
    return at < text.size() ? number_at(text.substr(at + 1)) : std::nullopt;
}

// Seconds since 1970 at which the process started; it began so many ticks after the machine. Found
// once: it would waver with the clocks.
std::optional<double> start_time(std::optional<double> ticks) {
    static const std::optional<double> found = [ticks]() -> std::optional<double> {
        timespec wall = {}, up = {};
        bool is_known = ticks && clock_gettime(CLOCK_REALTIME, &wall) == 0 &&
                        clock_gettime(CLOCK_BOOTTIME, &up) == 0;
        if (!is_known) return std::nullopt;
        return static_cast<double>(wall.tv_sec - up.tv_sec) +
               *ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    }();
    return found;
}

void add_files(MetricList& list) {
    DIR* folder = opendir("/proc/self/fd");
    if (folder != nullptr) {
        int count = -1;  // the folder's own
        while (const dirent* entry = readdir(folder)) count += entry->d_name[0] == '.' ? 0 : 1;
        closedir(folder);
        list.gauge("process_open_fds", "Open file descriptors.", count);
    }
    rlimit limit = {};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        list.gauge("process_max_fds", "As many may be open.", limit.rlim_cur);
}

}  // namespace

void collect_process(std::vector<http::Metric>& metrics) {
    constexpr int kUserTime = 14, kSystemTime = 15, kStartTime = 22, kVirtual = 23, kResident = 24;
    MetricList list(metrics);
    std::string stat = read_file("/proc/self/stat");
    auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    auto user = stat_field(stat, kUserTime), system = stat_field(stat, kSystemTime);
    if (user && system)
        list.counter("process_cpu_seconds_total", "CPU time.", (*user + *system) / ticks);
    if (auto start = start_time(stat_field(stat, kStartTime)))
        list.gauge("process_start_time_seconds", "When it started.", *start);
    if (auto bytes = stat_field(stat, kVirtual))
        list.gauge("process_virtual_memory_bytes", "Address space.", *bytes);
    if (auto pages = stat_field(stat, kResident)) {
        list.gauge("process_resident_memory_bytes", "Memory, what is shared included.",
                   *pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
    }
    add_files(list);
}

}  // namespace martlet::server
