#include "config/load.h"

#include "config/reader.h"
#include "config/sandbox.h"
#include "config/settle.h"

namespace martlet::config {

Reading read(const CommandLine& command_line, const Files& files) {
    Draft draft;
    if (command_line.is_sandbox && command_line.config_file.empty()) {
        draft.settings = sandbox_settings(command_line);
        settle_command_line(draft, command_line);
    } else {
        for (const std::string& path : command_line.config_files_before)
            Reader(files, draft).read_main(path);
        if (!command_line.config_file.empty())
            Reader(files, draft).read_main(command_line.config_file);
        settle_maps(draft, files);
        settle(draft, command_line);
    }
    if (command_line.is_sandbox && !command_line.config_file.empty())
        add_problem(draft, "Error: --sandbox and -c cannot be used together.", {});
    return {std::move(draft.settings), std::move(draft.notices), std::move(draft.problems)};
}

namespace {

// All of one problem, and how to see the others.
Error first_error(const Reading& reading, const CommandLine& command_line) {
    const Problem& problem = reading.problems.front();
    Error error{{}, problem.code};
    for (const std::string& line : problem.lines())
        error.text += (error.text.empty() ? "" : "\n") + line;
    std::size_t more = reading.problems.size() - 1;
    if (more > 0)
        error.text += fmt::format("\nThere {} more: martlet check {}",
                                  more == 1 ? "is 1 problem" : fmt::format("are {} problems", more),
                                  command_line.config_file);
    return error;
}

}  // namespace

Result<Loaded> load(const CommandLine& command_line, const Files& files) {
    Reading reading = read(command_line, files);
    if (!reading.problems.empty()) return first_error(reading, command_line);
    return Loaded{std::move(reading.settings), std::move(reading.notices)};
}

}  // namespace martlet::config
