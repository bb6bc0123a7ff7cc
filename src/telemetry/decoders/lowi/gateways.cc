#include "telemetry/decoders/lowi/gateways.h"

#include "telemetry/topic_levels.h"

#include <algorithm>

namespace martlet::telemetry::lowi {

namespace {

// Longer names are not remembered: they would make the bound on gateways worth nothing.
constexpr std::size_t kNameBytesMax = 256;

}  // namespace

std::string Gateways::id_of(const Place& place, const std::string& ident) {
    if (!ident.empty()) {
        if (place.root.size() <= kNameBytesMax) remember(place.root, ident);
        return ident;
    }
    const Root* root = roots_.find(place.root);
    if (root == nullptr) return id_of_topic(place);
    return root->is_shared ? std::string() : root->id;
}

void Gateways::remember(std::string_view root, const std::string& ident) {
    Root& known = roots_.touch(root);
    if (known.id == ident) return;
    if (!known.id.empty()) known.is_shared = true;
    known.id = ident;
}

// A level that is a gateway's id or looks like one; else all of the topic, as two gateways must
// never become one.
std::string Gateways::id_of_topic(const Place& place) const {
    for (std::string_view level : topic_levels(place.root)) {
        if (gateways_.find(level) != nullptr || looks_like_serial(level)) return std::string(level);
    }
    constexpr std::string_view kPublished = "/PUB";
    auto root = place.root;
    if (place.is_published) root.remove_suffix(kPublished.size());
    return std::string(root);
}

Channel& Gateways::channel(const std::string& id, std::string_view name) {
    if (id.size() > kNameBytesMax) return passing_ = {};
    auto& channels = gateways_.touch(id);
    auto found = std::find_if(channels.begin(), channels.end(),
                              [&](const Channel& channel) { return channel.name == name; });
    if (found != channels.end()) return *found;
    if (channels.size() >= kChannelsMax) return passing_ = {};
    channels.emplace_back().name = name;
    return channels.back();
}

}  // namespace martlet::telemetry::lowi
