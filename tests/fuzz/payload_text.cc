// Any bytes as text that may be pairs or line protocol.

#include "telemetry/payload_text.h"

#include "base/check.h"
#include "telemetry/utf8_text.h"

#include <cmath>
#include <cstdint>

namespace {

using namespace martlet::telemetry;

bool is_utf8(std::string_view text) {
    std::string copy;
    return append_utf8(copy, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 20'000) return 0;
    std::string_view payload(reinterpret_cast<const char*>(data), size);
    CHECK(payload_without_padding(payload_without_padding(payload)).size() <= size);
    PayloadText reader;
    auto form = reader.read(payload);
    CHECK((form == TextForm::None) == reader.leaves().empty());
    CHECK(form == TextForm::None || reader.problem().empty());
    CHECK(reader.faults().size() <= 16);
    std::size_t bytes = 0;
    for (const JsonLeaf& leaf : reader.leaves()) {
        CHECK(!leaf.path.empty() && leaf.key_begin <= leaf.path.size());
        CHECK(is_utf8(leaf.path) && is_utf8(leaf.text));
        CHECK(std::isfinite(leaf.number));
        CHECK(form != TextForm::Pairs || leaf.type == LeafType::Text);
        bytes += leaf.text.size();
    }
    CHECK(bytes <= 3 * size);
    auto again = reader.leaves().size();
    CHECK(reader.read(payload) == form && reader.leaves().size() == again);
    return 0;
}
