// The one binary. What it does is chosen by its first word, or by the name that it is called by.

#include "cli/commands.h"

int main(int argc, char** argv) {
    return martlet::cli::run_command(argc, argv);
}
