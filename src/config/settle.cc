#include "config/settle.h"

namespace martlet::config {

void settle(Draft& draft, const CommandLine& command_line) {
    settle_bridges(draft);
    settle_plugins(draft);
    settle_listeners(draft, command_line);
    settle_command_line(draft, command_line);
}

void settle_command_line(Draft& draft, const CommandLine& command_line) {
    constexpr std::uint32_t kAllLevels = 0x1FF;
    Settings& settings = draft.settings;
    if (command_line.is_verbose) settings.log.levels = kAllLevels;
    if (command_line.is_quiet) settings.log.levels = 0;
    if (!command_line.persistence_location.empty())
        settings.persistence_location = command_line.persistence_location;
    settings.daemonize = command_line.daemonize;
    settings.tls_keylog = command_line.tls_keylog;
    settings.config_file = command_line.config_file;
}

void add_problem(Draft& draft, std::string text, const Place& place, int code) {
    Problem problem;
    problem.text = std::move(text);
    if (place.line != 0) problem.places.push_back(place);
    problem.code = code;
    draft.problems.push_back(std::move(problem));
}

}  // namespace martlet::config
