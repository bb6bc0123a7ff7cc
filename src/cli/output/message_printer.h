#pragma once

// Prints the messages that arrive, as -F, -v, -N, --pretty and --watch ask. One thread.

#include "cli/flags/client_options.h"

#include <string>
#include <vector>

namespace martlet::cli {

class MessagePrinter {
  public:
    explicit MessagePrinter(const ClientOptions& options) : options_(options) {}

    void print(const mqtt::Publish& packet);

  private:
    void append_line(const mqtt::Publish& packet);
    void place_cursor(std::string_view topic);

    const ClientOptions& options_;
    std::string line_;
    std::vector<std::string> watched_;  // topics, a row of the screen each
};

}  // namespace martlet::cli
