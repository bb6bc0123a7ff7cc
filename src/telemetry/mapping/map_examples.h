#pragma once

// The examples of a map, carried out: for the tests of shipped maps and for `martlet map test`. Any
// thread.

#include "telemetry/mapping/map_file.h"

#include <string>
#include <vector>

namespace martlet::telemetry {

// The time of arrival of every example: the beginning of 2026, as in the decoders' test cases.
inline constexpr Time kExampleArrival = 1'767'225'600'000;

struct ExampleRun {
    bool is_as_said = false;
    std::vector<std::string> came;  // as decoded_text.h describes it
};

// `text` is the map's file, by which the decoder is made; the error says why it could not be.
Result<ExampleRun> run_example(const std::string& text, const MapExample& example);

// Lines that an example may leave out: where a unit comes from, hints and the map's name.
std::vector<std::string> without_extras(const std::vector<std::string>& came,
                                        const std::vector<std::string>& expected);

}  // namespace martlet::telemetry
