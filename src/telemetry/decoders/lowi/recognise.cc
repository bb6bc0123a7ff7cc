#include "telemetry/decoders/lowi/recognise.h"

#include "telemetry/decoders/plain_text.h"

#include <algorithm>

namespace martlet::telemetry {

namespace lowi {

namespace {

constexpr std::size_t kTextMax = 64;
constexpr std::string_view kDigits = "0123456789";

bool is_reading(const JsonLeaf* leaf) {
    double number = 0;
    return leaf != nullptr && as_number(*leaf, number);
}

bool is_channel(std::string_view level) {
    if (!level.starts_with("CH") || level.size() < 3 || level.size() > 5) return false;
    return level.find_first_not_of(kDigits, 2) == std::string_view::npos;
}

bool has_own_keys(const Leaves& leaves) {
    if (ident_of(leaves).empty() || channel_of({}, leaves).empty()) return false;
    return std::any_of(leaves.begin(), leaves.begin() + kFieldCount, is_reading);
}

// {"T":21.5,"H":40} is no LOWI's: its tariff is 0 or 1.
bool has_field(const Leaves& leaves) {
    for (std::size_t i = 0; i < kFieldCount; i++) {
        std::int64_t state = 0;
        if (leaves[i] == nullptr) continue;
        if (fields()[i].kind != SeriesKind::State || as_state(*leaves[i], state)) return true;
    }
    return false;
}

}  // namespace

// "0" and "1", also as "ON" and "OFF".
bool as_state(const JsonLeaf& leaf, std::int64_t& state) {
    double number = 0;
    if (leaf.type == LeafType::Boolean) {
        state = leaf.integer;
        return true;
    }
    if (as_number(leaf, number)) {
        state = number == 1 ? 1 : 0;
        return number == 0 || number == 1;
    }
    state = leaf.text == "ON" ? 1 : 0;
    return leaf.type == LeafType::Text && (leaf.text == "ON" || leaf.text == "OFF");
}

Place place_of(std::string_view topic) {
    auto slash = topic.rfind('/');
    if (slash == std::string_view::npos || slash == 0 || !is_channel(topic.substr(slash + 1)))
        return {topic, {}, false};
    auto root = topic.substr(0, slash);
    bool is_published = root.ends_with("/PUB") && root != "/PUB";
    return {root, topic.substr(slash + 1), is_published};
}

bool is_order(std::string_view topic) {
    return topic.find("/SET/REL/") != std::string_view::npos;
}

bool is_own(const Place& place, const PayloadJson& json, const Leaves& leaves) {
    // Text on its topic is a greeting of its owner's.
    if (!json.is_object()) return place.is_published;
    if (place.channel.empty()) return has_own_keys(leaves);
    if (leaves[Ident] != nullptr || leaves[DeviceChannel] != nullptr) return true;
    return place.is_published && (json.leaves().empty() || has_field(leaves));
}

std::string channel_of(const Place& place, const Leaves& leaves) {
    if (!place.channel.empty()) return std::string(place.channel);
    const JsonLeaf* leaf = leaves[DeviceChannel];
    if (leaf == nullptr) return {};
    std::string channel =
        leaf->type == LeafType::Integer ? std::to_string(leaf->integer) : std::string(leaf->text);
    if (!channel.starts_with("CH")) channel.insert(0, "CH");
    return is_channel(channel) ? channel : std::string();
}

std::string short_text(std::string_view told) {
    return plain_text(told, kTextMax);
}

std::string ident_of(const Leaves& leaves) {
    const JsonLeaf* leaf = leaves[Ident];
    if (leaf == nullptr) return {};
    if (leaf->type == LeafType::Integer) return std::to_string(leaf->integer);
    if (leaf->type != LeafType::Text) return {};
    std::string ident = short_text(leaf->text);
    ident.erase(ident.find_last_not_of(' ') + 1);
    ident.erase(0, ident.find_first_not_of(' '));
    return ident;
}

bool looks_like_serial(std::string_view level) {
    constexpr std::size_t kHexDigits = 12;
    constexpr std::size_t kDigitsMin = 7;
    bool is_decimal = level.find_first_not_of(kDigits) == std::string_view::npos;
    bool is_hex = level.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
    return (is_decimal && level.size() >= kDigitsMin) || (is_hex && level.size() == kHexDigits);
}

}  // namespace lowi

bool looks_like_lowi(const PayloadJson& json) {
    // Nearly all others have no "ident".
    return json.is_object() && json.find("ident") != nullptr &&
           lowi::has_own_keys(lowi::find_leaves(json));
}

}  // namespace martlet::telemetry
