#pragma once

// Which port's payload is read how. Ports that are not read are counted by their name. Any thread.

#include "telemetry/decoders/meshtastic/findings.h"

#include <string>

namespace martlet::telemetry::meshtastic {

// Of the packet in `findings`. Empty: fine. Otherwise what is wrong.
std::string read_port(Findings& findings);

}  // namespace martlet::telemetry::meshtastic
