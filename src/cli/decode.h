#pragma once

// `martlet decode`: shows what telemetry makes of a payload, without a running broker.

namespace martlet::cli {

// argv[0] is the name to show. Returns 0 when the payload could be read, 1 when not, 3 when the
// question was not sound.
int decode_main(int argc, char** argv);

}  // namespace martlet::cli
