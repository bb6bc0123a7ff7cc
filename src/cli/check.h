#pragma once

// `martlet check`: what Martlet makes of a mosquitto.conf, key by key, and the table of all keys.

namespace martlet::cli {

// argv[0] is the name to show. Returns 0 when the broker would start, 3 when not or when called
// wrongly.
int check_main(int argc, char** argv);

}  // namespace martlet::cli
