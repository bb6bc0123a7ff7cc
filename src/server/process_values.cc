#include "server/process_values.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace martlet::server {

std::uint64_t resident_bytes() {
    // statm: size, resident, shared ... in pages.
    char text[128] = {};
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        [[maybe_unused]] ssize_t n = ::read(fd, text, sizeof text - 1);
        close(fd);
    }
    char* rest = nullptr;
    std::strtoull(text, &rest, 10);
    std::uint64_t resident = std::strtoull(rest, &rest, 10);
    std::uint64_t shared = std::strtoull(rest, nullptr, 10);
    return (resident - std::min(resident, shared)) *
           static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

broker::ProcessValues ProcessMeter::read() {
    std::uint64_t bytes = resident_bytes();
    maximum_ = std::max(maximum_, bytes);
    return {bytes, maximum_, 0};
}

}  // namespace martlet::server
