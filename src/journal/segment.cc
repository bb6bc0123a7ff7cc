#include "journal/segment.h"

#include "base/text.h"
#include "journal/record.h"

#include <algorithm>
#include <charconv>

namespace martlet::journal {

namespace {

constexpr std::string_view kMagic = "MartletJ";
constexpr std::string_view kSuffix = ".seg";
constexpr std::size_t kDigits = 12;
constexpr std::uint32_t kSegmentNumberMax = 1u << 31;
constexpr std::size_t kChecksumAt = kSegmentHeadCopy - 4;

bool has_magic(ByteView copy) {
    return as_text(copy.first(kMagic.size())) == kMagic;
}

std::uint32_t version_of(ByteView copy) {
    return load<std::uint32_t>(copy.data() + 8);
}

std::optional<SegmentHead> decode_copy(ByteView copy) {
    bool is_sound =
        has_magic(copy) && version_of(copy) == kSegmentVersion &&
        checksum(copy.first(kChecksumAt)) == load<std::uint32_t>(copy.data() + kChecksumAt);
    if (!is_sound) return std::nullopt;
    SegmentHead head;
    head.number = load<std::uint32_t>(copy.data() + 12);
    head.first_sequence = load<std::uint64_t>(copy.data() + 16);
    head.next_key = load<std::uint64_t>(copy.data() + 24);
    head.salt = load<std::uint32_t>(copy.data() + 32);
    if (head.first_sequence == 0 || head.first_sequence > kNumberMax || head.next_key > kNumberMax)
        return std::nullopt;
    return head;
}

}  // namespace

std::array<std::uint8_t, kSegmentHead> encode_head(const SegmentHead& head) {
    std::array<std::uint8_t, kSegmentHead> bytes{};
    std::ranges::copy(as_bytes(kMagic), bytes.begin());
    store<std::uint32_t>(bytes.data() + 8, kSegmentVersion);
    store<std::uint32_t>(bytes.data() + 12, head.number);
    store<std::uint64_t>(bytes.data() + 16, head.first_sequence);
    store<std::uint64_t>(bytes.data() + 24, head.next_key);
    store<std::uint32_t>(bytes.data() + 32, head.salt);
    auto sum = checksum(ByteView(bytes).first(kChecksumAt));
    store<std::uint32_t>(bytes.data() + kChecksumAt, sum);
    std::copy_n(bytes.begin(), kSegmentHeadCopy, bytes.begin() + kSegmentHeadCopy);
    return bytes;
}

HeadReading decode_head(ByteView bytes) {
    HeadReading reading;
    if (bytes.size() < kSegmentHead) {
        reading.what = bytes.empty() ? "the file is empty" : "the file is too short";
        return reading;
    }
    auto one = bytes.first(kSegmentHeadCopy);
    auto two = bytes.subspan(kSegmentHeadCopy, kSegmentHeadCopy);
    auto first = decode_copy(one);
    auto second = decode_copy(two);
    reading.head = first ? first : second;
    reading.is_whole = first && second;
    if (reading.head) return reading;
    if (has_magic(one) && has_magic(two) && version_of(one) > kSegmentVersion &&
        version_of(one) == version_of(two)) {
        reading.what = fmt::format("version {} is newer than this program", version_of(one));
    } else {
        reading.what = has_magic(one) || has_magic(two) ? "its head is broken" : "not a segment";
    }
    return reading;
}

std::string segment_name(std::uint32_t number) {
    return fmt::format("{:012}.seg", number);
}

std::optional<std::uint32_t> segment_number(std::string_view name) {
    if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
    std::uint32_t number = 0;
    auto read = std::from_chars(name.data(), name.data() + kDigits, number);
    bool is_number = read.ec == std::errc() && read.ptr == name.data() + kDigits;
    if (!is_number || number > kSegmentNumberMax) return std::nullopt;
    return number;
}

}  // namespace martlet::journal
