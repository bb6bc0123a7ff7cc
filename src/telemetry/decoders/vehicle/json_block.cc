#include "telemetry/decoders/vehicle/json_block.h"

#include "telemetry/decoders/plain_text.h"

#include <algorithm>

namespace martlet::telemetry::vehicle {

const JsonLeaf* JsonBlock::find(std::string_view path) const {
    auto found = std::find_if(leaves_.begin(), leaves_.end(),
                              [&](const JsonLeaf& leaf) { return path_of(leaf) == path; });
    return found == leaves_.end() ? nullptr : &*found;
}

std::string JsonBlock::text_at(std::string_view path) const {
    const JsonLeaf* leaf = find(path);
    if (leaf == nullptr) return {};
    if (leaf->type == LeafType::Integer) return std::to_string(leaf->integer);
    return leaf->type == LeafType::Text ? plain_text(leaf->text) : std::string();
}

}  // namespace martlet::telemetry::vehicle
