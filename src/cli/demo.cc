#include "cli/demo.h"

#include "cli/demo/acts.h"

#include <cstdio>

namespace martlet::cli {

namespace {

Status run(const demo::Options& options) {
    switch (options.act) {
        case demo::Act::ReplayYear:
            return demo::replay_year(options);
        case demo::Act::Remove:
            return demo::remove(options);
        case demo::Act::Play:
            break;
    }
    return demo::play(options);
}

}  // namespace

int demo_main(int argc, char** argv) {
    auto parsed = demo::parse_options(argc, argv);
    if (parsed.exit_code) return *parsed.exit_code;
    Status done = run(parsed.options);
    if (done) return 0;
    std::fprintf(stderr, "%s\n", done.error().text.c_str());
    return 1;
}

}  // namespace martlet::cli
