#pragma once

// `martlet map`: lists, shows and tries the maps by which telemetry reads payloads, and drafts one
// for a payload that nobody knows yet.

namespace martlet::cli {

// argv[0] is the name to show. Returns 0 when all went well, 1 when a payload could not be read or
// an example came out otherwise than its map says, 3 when the question or the map was not sound.
int map_main(int argc, char** argv);

}  // namespace martlet::cli
