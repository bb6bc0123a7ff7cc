#pragma once

// A record as it stands in a group and in a segment, and the little-endian numbers in it.
//
//   0  checksum of all that follows, salted by the segment
//   4  size of the value, and flags in the upper three bits
//   8  sequence number: one more than that of the record before it in the journal
//  16  key
//  24  value
//
// Each group begins with a record with kGroupBegins; its key is a sequence number: all up to it was
// known to be on the disk when the group was written. The last record has kGroupEnds. Any thread.

#include "base/bytes.h"
#include "journal/checksum.h"
#include "journal/group.h"

#include <cstdint>

namespace martlet::journal {

constexpr std::size_t kRecordHead = 24;
constexpr std::uint32_t kGroupEnds = 1u << 31;
constexpr std::uint32_t kRemoval = 1u << 30;
constexpr std::uint32_t kGroupBegins = 1u << 29;
constexpr std::uint32_t kValueSizeMax = kGroupBegins - 1;
// Neither keys nor sequence numbers were ever counted up to this.
constexpr std::uint64_t kNumberMax = 1ull << 62;

template <typename T>
T load(const std::uint8_t* from) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(T{from[i]} << (8 * i));
    return value;
}

template <typename T>
void store(std::uint8_t* to, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

// A view of a record's bytes.
class Record {
  public:
    Record() = default;
    // At least kRecordHead bytes must be there; whether the value is, tell total_size() and the
    // caller.
    explicit Record(const std::uint8_t* bytes) : bytes_(bytes) {}

    std::uint32_t flags() const { return size_and_flags() & ~kValueSizeMax; }
    std::size_t value_size() const { return size_and_flags() & kValueSizeMax; }
    std::size_t total_size() const { return kRecordHead + value_size(); }
    std::uint64_t sequence() const { return load<std::uint64_t>(bytes_ + 8); }
    Key key() const { return load<Key>(bytes_ + 16); }
    ByteView bytes() const { return {bytes_, total_size()}; }
    ByteView value() const { return {bytes_ + kRecordHead, value_size()}; }

    bool is_removal() const { return (flags() & kRemoval) != 0; }
    bool begins_group() const { return (flags() & kGroupBegins) != 0; }
    bool ends_group() const { return (flags() & kGroupEnds) != 0; }
    bool is_put() const { return (flags() & (kRemoval | kGroupBegins)) == 0; }

    // All of it must be there.
    bool is_sound(std::uint32_t salt) const {
        return checksum({bytes_ + 4, total_size() - 4}, salt) == load<std::uint32_t>(bytes_);
    }

  private:
    std::uint32_t size_and_flags() const { return load<std::uint32_t>(bytes_ + 4); }

    const std::uint8_t* bytes_ = nullptr;
};

// Sequence number and checksum are still missing.
inline void start_record(std::uint8_t* to, Key key, std::size_t value_size, std::uint32_t flags) {
    store<std::uint32_t>(to + 4, static_cast<std::uint32_t>(value_size) | flags);
    store<std::uint64_t>(to + 16, key);
}

inline void seal_record(std::uint8_t* to, std::uint64_t sequence, std::uint32_t salt) {
    store<std::uint64_t>(to + 8, sequence);
    store<std::uint32_t>(to, checksum({to + 4, Record(to).total_size() - 4}, salt));
}

}  // namespace martlet::journal
