// Any bytes as a document that is almost JSON. What the strict parser reads the mender must leave
// as it is, and what the mender rewrites the strict parser must read.

#include "telemetry/json_mender.h"

#include "base/check.h"
#include "telemetry/payload_json.h"

#include <cmath>
#include <cstdint>

namespace {

using namespace martlet::telemetry;

bool is_same(const JsonLeaf& a, const JsonLeaf& b) {
    return a.path == b.path && a.type == b.type && a.integer == b.integer && a.number == b.number &&
           (a.type != LeafType::Text || a.text == b.text) && a.depth == b.depth &&
           a.key_begin == b.key_begin && a.array_levels == b.array_levels;
}

void require_same(const PayloadJson& a, const PayloadJson& b) {
    CHECK(a.leaves().size() == b.leaves().size());
    for (std::size_t i = 0; i < a.leaves().size(); i++)
        CHECK(is_same(a.leaves()[i], b.leaves()[i]));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 20'000) return 0;
    std::string_view payload(reinterpret_cast<const char*>(data), size);
    PayloadJson json;
    auto problem = json.read(payload);
    CHECK(problem.empty() == !json.leaves().empty());
    CHECK(problem.empty() || json.faults().empty());
    CHECK(json.place().empty() || problem == "not JSON");
    for (const JsonLeaf& leaf : json.leaves()) CHECK(leaf.key_begin <= leaf.path.size());

    auto document = payload_without_padding(payload);
    JsonMender mender;
    bool is_mended = mender.mend(document);
    CHECK(is_mended == mender.broken_place(0).empty());
    // What a byte can become is "\u0000" at most.
    CHECK(mender.text().size() <= 6 * size + 8);
    CHECK(mender.faults().size() <= 16);
    for (const JsonFault& fault : mender.faults()) CHECK(fault.path.size() <= 256);
    if (problem == "not JSON" || !problem.empty()) return 0;
    CHECK(is_mended);
    CHECK(json.faults().size() == mender.faults().size());
    PayloadJson again;
    CHECK(again.read(mender.text()).empty());
    CHECK(again.faults().empty());
    require_same(json, again);
    return 0;
}
