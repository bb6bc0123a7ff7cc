// Reading back, from any thread: places are looked up under the lock, bytes are read without it. A
// segment that is removed meanwhile can still be read, since its file is held.

#include "base/log.h"
#include "journal/log_inner.h"

#include <algorithm>
#include <cerrno>

namespace martlet::journal {

namespace {

// Neighbours are read at once up to this size, and over holes up to this size.
constexpr std::uint64_t kPieceMax = 256u << 10;
constexpr std::uint64_t kHoleMax = 4u << 10;

struct Place {
    std::size_t number = 0;  // in the order asked for
    Key key = 0;
    Location location;
    std::shared_ptr<File> file;
    std::uint32_t salt = 0;
};

// Whether these bytes are the record that should be there.
bool is_record(ByteView bytes, Key key, std::uint32_t salt) {
    if (bytes.size() < kRecordHead) return false;
    Record record(bytes.data());
    return record.total_size() == bytes.size() && record.is_sound(salt) && record.is_put() &&
           record.key() == key;
}

Error broken(const std::string& file, std::uint64_t at) {
    return {fmt::format("Error: The checksum of a record in {} at byte {} is wrong.", file, at),
            EIO};
}

bool are_near(const Place& first, const Place& before, const Place& next) {
    auto end = std::uint64_t{before.location.at} + before.location.size;
    return next.location.segment == first.location.segment && next.location.at >= end &&
           next.location.at - end <= kHoleMax &&
           std::uint64_t{next.location.at} + next.location.size - first.location.at <= kPieceMax;
}

// Reads them all at once; `bytes` is for the caller to keep.
Status read_piece(std::span<const Place> places, std::vector<std::uint8_t>& bytes) {
    auto begin = places.front().location.at;
    bytes.resize(std::uint64_t{places.back().location.at} + places.back().location.size - begin);
    auto count = places.front().file->read(begin, bytes);
    if (!count.ok()) return count.error();
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(count.value()), bytes.end(), 0);
    return Done{};
}

}  // namespace

Result<std::vector<std::uint8_t>> Log::Inner::read_at(Key key, const Segment& segment,
                                                      const Location& location) const {
    std::vector<Place> place{{0, key, location, segment.file, segment.head.salt}};
    std::vector<std::uint8_t> bytes;
    auto read = read_piece(place, bytes);
    if (!read.ok()) return read.error();
    if (!is_record(bytes, key, segment.head.salt)) return broken(name_of(segment), location.at);
    bytes.erase(bytes.begin(), bytes.begin() + kRecordHead);
    return bytes;
}

Result<std::vector<std::uint8_t>> Log::read(Key key) const {
    Segment segment;
    Location location;
    {
        std::shared_lock lock(inner_->mutex);
        auto found = inner_->catalog.find(key);
        if (!found) return Error{fmt::format("Error: There is no record {}.", key), ENOENT};
        location = *found;
        const auto& there = inner_->catalog.segments.at(location.segment);
        segment.head = there.head;
        segment.file = there.file;
    }
    return inner_->read_at(key, segment, location);
}

std::vector<std::vector<std::uint8_t>> Log::read_all(std::span<const Key> keys) const {
    std::vector<std::vector<std::uint8_t>> values(keys.size());
    std::vector<Place> places;
    places.reserve(keys.size());
    {
        std::shared_lock lock(inner_->mutex);
        for (std::size_t i = 0; i < keys.size(); ++i) {
            auto location = inner_->catalog.find(keys[i]);
            if (!location) continue;
            const auto& segment = inner_->catalog.segments.at(location->segment);
            places.push_back({i, keys[i], *location, segment.file, segment.head.salt});
        }
    }
    std::vector<std::uint8_t> bytes;
    for (std::size_t from = 0; from < places.size();) {
        auto to = from + 1;
        while (to < places.size() && are_near(places[from], places[to - 1], places[to])) ++to;
        auto piece = std::span(places).subspan(from, to - from);
        auto read = read_piece(piece, bytes);
        if (!read.ok()) log::error("{}", read.error().text);
        for (const auto& place : piece) {
            if (!read.ok()) break;
            auto record = ByteView(bytes).subspan(place.location.at - piece[0].location.at,
                                                  place.location.size);
            if (is_record(record, place.key, place.salt)) {
                values[place.number].assign(record.begin() + kRecordHead, record.end());
            } else {
                auto file = inner_->folder->path() + "/" + segment_name(place.location.segment);
                log::error("{}", broken(file, place.location.at).text);
            }
        }
        from = to;
    }
    return values;
}

}  // namespace martlet::journal
