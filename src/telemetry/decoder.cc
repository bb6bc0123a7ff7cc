#include "telemetry/decoder.h"

namespace martlet::telemetry {

void Decoded::clear() {
    verdict = Verdict::Nothing;
    problem.clear();
    hint.clear();
    map.clear();
    sender.kind.clear();
    sender.id.clear();
    notes.clear();
    samples.clear();
    positions.clear();
    events.clear();
    messages.clear();
    packets.clear();
}

bool Decoded::is_empty() const {
    return notes.empty() && samples.empty() && positions.empty() && events.empty() &&
           messages.empty();
}

}  // namespace martlet::telemetry
