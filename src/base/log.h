#pragma once

// The log front: levels and sinks as mosquitto knows them (facts: "Log format"). Lines are gathered
// in the calling thread and handed to the sinks by flush(), which a loop calls once a turn; errors
// and warnings are handed over at once. Any thread. Sinks behind it are spdlog's. Each line is cut
// at 1,000 bytes; control characters in it are shown as \xNN, line ends as "; ".

#include "base/result.h"

#include <fmt/core.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::log {

enum class Level : std::uint32_t {
    None = 0,
    Information = 1 << 0,
    Notice = 1 << 1,
    Warning = 1 << 2,
    Error = 1 << 3,
    Debug = 1 << 4,
    Subscribe = 1 << 5,
    Unsubscribe = 1 << 6,
    Websockets = 1 << 7,
    Internal = 1 << 8,
};

struct Options {
    // Bits of Level.
    std::uint32_t levels = 0xF;
    bool to_stdout = false;
    bool to_stderr = true;
    bool to_syslog = false;
    bool to_topic = false;
    // Empty: no log file.
    std::string file;
    int syslog_facility = 3;  // LOG_DAEMON >> 3
    bool timestamp = true;
    // strftime; empty: seconds since 1970.
    std::string timestamp_format;
    bool connection_messages = true;

    bool operator==(const Options&) const = default;
};

// Replaces the sinks. An error says that the log file cannot be opened: then the file that was
// open before stays in use, or else the other destinations do, or else stderr. reopen() tries
// again.
Status configure(const Options& options);
// Closes and opens the log file again (rotation). With an error the old one stays.
Status reopen();

// Lines for `to_topic` are given to this function, in the calling thread: (level, line as the file
// gets it). Set once, before threads start.
void set_topic_sink(std::function<void(Level, std::string_view)> sink);

bool is_on(Level level);
void write(Level level, std::string_view line);
void flush();

template <typename... Args>
void print(Level level, fmt::format_string<Args...> format, Args&&... args) {
    if (is_on(level)) write(level, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
    print(Level::Error, format, std::forward<Args>(args)...);
}
template <typename... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
    print(Level::Warning, format, std::forward<Args>(args)...);
}
template <typename... Args>
void notice(fmt::format_string<Args...> format, Args&&... args) {
    print(Level::Notice, format, std::forward<Args>(args)...);
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
    print(Level::Information, format, std::forward<Args>(args)...);
}
template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
    print(Level::Debug, format, std::forward<Args>(args)...);
}

}  // namespace martlet::log
