#pragma once

// `martlet token`: the tokens by which programs come in to the API.

namespace martlet::cli {

// argv[0] is the name to show. Returns the exit code (cli/api/door.h).
int token_main(int argc, char** argv);

}  // namespace martlet::cli
