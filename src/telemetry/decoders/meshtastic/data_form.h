#pragma once

// Whether bytes are what a node puts inside the encryption. Nothing else proves that a key was the
// right one. Pure; any thread.

#include <string_view>

namespace martlet::telemetry::meshtastic {

// `data` is a Data message in the form in which every encoder of nodes and apps writes it: fields
// in the order of their numbers, each once and of its type, numbers as short as they can be, a port
// from 1 to 511, and a payload or the wish for an answer. The port need not be one that is known.
bool is_as_nodes_write(std::string_view data);

}  // namespace martlet::telemetry::meshtastic
