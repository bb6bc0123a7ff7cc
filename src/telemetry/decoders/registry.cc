#include "telemetry/decoders/registry.h"

#include <algorithm>

namespace martlet::telemetry {

const std::vector<DecoderKind>& decoder_kinds() {
    // Those with the more particular topics first: of two whose default filters match, the first
    // one decodes.
    static const std::vector<DecoderKind> kinds = {
        sparkplug_decoder(), vehicle_decoder(),    busroot_decoder(),
        lowi_decoder(),      meshtastic_decoder(), json_decoder(),
    };
    return kinds;
}

const DecoderKind* find_decoder(std::string_view name) {
    const auto& kinds = decoder_kinds();
    auto found = std::find_if(kinds.begin(), kinds.end(),
                              [&](const DecoderKind& kind) { return kind.name == name; });
    return found == kinds.end() ? nullptr : &*found;
}

}  // namespace martlet::telemetry
