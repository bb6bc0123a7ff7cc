#pragma once

// `log_dest topic`: what a thread logged and has yet to publish under $SYS/broker/log. Filled by
// the log's topic sink in the thread that logs, emptied by that thread's Turn or Front. Lines of
// other threads are not published.

#include <string>
#include <vector>

namespace martlet::server {

struct LogLine {
    std::string topic;
    std::string text;
};

// The calling thread's lines.
std::vector<LogLine>& log_lines();
// Makes the log fill log_lines() in threads that take part. Once, before threads start.
void install_log_topics();
// This thread publishes what it logs.
void take_part_in_log_topics();

}  // namespace martlet::server
