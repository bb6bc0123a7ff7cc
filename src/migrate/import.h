#pragma once

// mosquitto's database becomes a journal. Nothing of the original is ever written to. Cold path,
// main thread.

#include "base/result.h"
#include "migrate/convert.h"

#include <optional>
#include <string>

namespace martlet::migrate {

struct Imported {
    Counts counts;
    std::string kept_as;  // where the original is now
    std::string line;     // for the log
};

// What a broker does at its start with the place where its journal shall be. Nothing there, or a
// folder: nothing, and no value. mosquitto's database: the journal takes its place, the original is
// kept as NAME.mosquitto. Something else: an error, and all stays as it is.
//
// The steps: write NAME.importing (a folder), sync it; rename NAME to NAME.mosquitto; rename
// NAME.importing to NAME. After a crash the next call begins again with whichever of NAME and
// NAME.mosquitto there is.
Result<std::optional<Imported>> import_mosquitto(const std::string& path,
                                                 const ConvertOptions& options);

// The same from a file elsewhere, which stays where it is. `path` must not exist.
Result<Imported> import_mosquitto_from(const std::string& file, const std::string& path,
                                       const ConvertOptions& options);

}  // namespace martlet::migrate
