#include "telemetry/json_faults.h"

#include "base/text.h"
#include "telemetry/decoders/plain_text.h"

#include <algorithm>

namespace martlet::telemetry {

void tell_faults(const std::vector<JsonFault>& faults, Decoded& out) {
    // A broken text is told as broken, not as one that is no state.
    bool is_told = !out.problem.empty() && !out.problem.starts_with("text that is no state");
    if (faults.empty() || is_told) return;
    out.problem = faults.front().what;
    if (!faults.front().path.empty())
        out.problem += fmt::format(": '{}'", plain_text(faults.front().path));
    else if (faults.front().byte > 0)
        out.problem += fmt::format(": at byte {}", faults.front().byte);
    if (faults.size() > 1) out.problem += fmt::format(" and {} more", faults.size() - 1);
    if (out.verdict != Verdict::Nothing) return;
    out.verdict = out.is_empty() ? Verdict::Unreadable : Verdict::Read;
}

void tell_lost_values(const PayloadJson& json, Decoded& out) {
    if (json.faults().empty()) return;
    std::vector<JsonFault> lost;
    for (const JsonFault& fault : json.faults()) {
        const JsonLeaf* leaf = json.find(fault.path);
        if (leaf != nullptr && leaf->type == LeafType::Null) lost.push_back(fault);
    }
    tell_faults(lost, out);
}

bool has_fault(const std::vector<JsonFault>& faults, std::string_view path) {
    return std::any_of(faults.begin(), faults.end(),
                       [&](const JsonFault& fault) { return fault.path == path; });
}

}  // namespace martlet::telemetry
