#include "journal/catalog.h"

#include <algorithm>

namespace martlet::journal {

std::optional<Location> Catalog::find(Key key) const {
    auto found = index_.find(key);
    if (found == index_.end()) return std::nullopt;
    return found->second;
}

void Catalog::put(Key key, Location location) {
    auto [place, is_new] = index_.try_emplace(key, location);
    if (!is_new) {
        forget(place->second);
        place->second = location;
    }
    auto segment = segments.find(location.segment);
    if (segment == segments.end()) return;
    ++segment->second.live_records;
    segment->second.live_bytes += location.size;
    live_bytes_ += location.size;
}

bool Catalog::remove(Key key) {
    auto found = index_.find(key);
    if (found == index_.end()) return false;
    forget(found->second);
    index_.erase(found);
    return true;
}

void Catalog::forget(const Location& location) {
    auto segment = segments.find(location.segment);
    if (segment == segments.end()) return;
    --segment->second.live_records;
    segment->second.live_bytes -= location.size;
    live_bytes_ -= location.size;
}

void Catalog::clear() {
    index_.clear();
    live_bytes_ = 0;
    for (auto& [number, segment] : segments) segment.live_records = segment.live_bytes = 0;
}

std::vector<std::pair<Key, Location>> Catalog::all_in(std::uint32_t segment) const {
    std::vector<std::pair<Key, Location>> found;
    for (const auto& [key, location] : index_) {
        if (location.segment == segment) found.emplace_back(key, location);
    }
    std::ranges::sort(found, {}, [](const auto& entry) { return entry.second.at; });
    return found;
}

std::uint64_t Catalog::bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& [number, segment] : segments) bytes += segment.end - kSegmentHead;
    return bytes;
}

}  // namespace martlet::journal
