// The reader of mosquitto.conf, with an included file: the two are parted by a zero byte.

#include "config/load.h"
#include "tests/config/memory_files.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view input(reinterpret_cast<const char*>(data), size);
    std::size_t zero = input.find('\0');
    martlet::config::MemoryFiles files;
    files.add("m.conf", std::string(input.substr(0, zero)));
    files.add("d/a.conf", std::string(zero == input.npos ? "" : input.substr(zero + 1)));
    martlet::config::CommandLine command_line;
    command_line.config_file = "m.conf";
    auto reading = martlet::config::read(command_line, files);
    martlet::config::log_lines(reading.notices);
    for (const auto& problem : reading.problems) problem.lines();
    if (reading.problems.empty() && reading.settings.listeners.empty()) __builtin_trap();
    if (!reading.problems.empty()) return 0;
    auto again = martlet::config::reload(command_line, reading.settings, files);
    if (!again.ok()) __builtin_trap();
    return 0;
}
