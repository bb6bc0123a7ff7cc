#include "cli/output/message_printer.h"

#include "base/text.h"
#include "cli/output/client_report.h"

#include <algorithm>
#include <cstdio>

namespace martlet::cli {

namespace {

// Of --watch; topics beyond share one row more.
constexpr std::size_t kRowsMax = 1000;

}  // namespace

void MessagePrinter::print(const mqtt::Publish& packet) {
    line_.clear();
    if (options_.is_watch) place_cursor(packet.topic);
    append_line(packet);
    std::fwrite(line_.data(), 1, line_.size(), stdout);
}

void MessagePrinter::append_line(const mqtt::Publish& packet) {
    std::string_view payload = as_text(packet.payload);
    if (options_.format) {
        ArrivedMessage message{&packet, {}};
        clock_gettime(CLOCK_REALTIME, &message.time);
        if (!options_.format->print(message, options_.is_pretty, line_)) {
            complain(options_, fmt::format("Error: Message payload is not valid JSON on topic {}.",
                                           packet.topic));
        }
    } else if (options_.is_verbose) {
        line_.append(packet.topic).append(" ").append(payload.empty() ? "(null)" : payload);
    } else if (payload.empty()) {
        return;  // Not even a line: as mosquitto_sub has it.
    } else {
        line_ += payload;
    }
    if (options_.end_of_line) line_ += '\n';
}

void MessagePrinter::place_cursor(std::string_view topic) {
    if (watched_.empty()) line_ += "\033[2J";
    auto row = std::find(watched_.begin(), watched_.end(), topic);
    if (row == watched_.end() && watched_.size() < kRowsMax) {
        row = watched_.insert(row, std::string(topic));
    }
    line_ += fmt::format("\033[{};1H\033[2K", row - watched_.begin() + 1);
}

}  // namespace martlet::cli
