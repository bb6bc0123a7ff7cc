#pragma once

// One function for each decoder, defined in the decoder's own file: its row of the registry.

#include "telemetry/decoder.h"

namespace martlet::telemetry {

DecoderKind json_decoder();
DecoderKind lowi_decoder();
DecoderKind busroot_decoder();
DecoderKind meshtastic_decoder();
DecoderKind vehicle_decoder();
DecoderKind sparkplug_decoder();

}  // namespace martlet::telemetry
