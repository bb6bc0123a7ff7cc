#include "server/log_topics.h"

#include "base/log.h"

#include <string_view>

namespace martlet::server {

namespace {

// Past this a turn that logs about its own log lines would never end.
constexpr std::size_t kLinesATurn = 1000;

thread_local bool takes_part = false;

// Debug and internal lines never become messages; others as in mosquitto.
std::string_view topic_of(log::Level level) {
    switch (level) {
        case log::Level::Error:
            return "$SYS/broker/log/E";
        case log::Level::Warning:
            return "$SYS/broker/log/W";
        case log::Level::Notice:
            return "$SYS/broker/log/N";
        case log::Level::Information:
            return "$SYS/broker/log/I";
        case log::Level::Websockets:
            return "$SYS/broker/log/WS";
        case log::Level::Subscribe:
            return "$SYS/broker/log/M/subscribe";
        case log::Level::Unsubscribe:
            return "$SYS/broker/log/M/unsubscribe";
        default:
            return {};
    }
}

}  // namespace

std::vector<LogLine>& log_lines() {
    thread_local std::vector<LogLine> lines;
    return lines;
}

void install_log_topics() {
    log::set_topic_sink([](log::Level level, std::string_view line) {
        std::string_view topic = topic_of(level);
        if (!takes_part || topic.empty() || log_lines().size() >= kLinesATurn) return;
        log_lines().push_back({std::string(topic), std::string(line)});
    });
}

void take_part_in_log_topics() {
    takes_part = true;
}

}  // namespace martlet::server
