#include "journal/group.h"

#include "base/check.h"
#include "journal/record.h"

#include <cstring>

namespace martlet::journal {

std::uint8_t* Group::add(Key key, std::size_t value_size, std::uint32_t flags) {
    CHECK(value_size <= kValueSizeMax);
    if (bytes_.empty()) {
        bytes_.resize(kRecordHead);
        start_record(bytes_.data(), 0, 0, kGroupBegins);
    }
    std::size_t at = bytes_.size();
    bytes_.resize(at + kRecordHead + value_size);
    start_record(bytes_.data() + at, key, value_size, flags);
    records_++;
    return bytes_.data() + at + kRecordHead;
}

std::uint8_t* Group::put(Key key, std::size_t size) {
    return add(key, size, 0);
}

void Group::put(Key key, ByteView value) {
    std::uint8_t* at = put(key, value.size());
    if (!value.empty()) std::memcpy(at, value.data(), value.size());
}

void Group::remove(Key key) {
    add(key, 0, kRemoval);
}

void Group::clear() {
    bytes_.clear();
    records_ = 0;
}

void Group::shrink(std::size_t bytes) {
    clear();
    if (bytes_.capacity() > bytes) std::vector<std::uint8_t>().swap(bytes_);
}

}  // namespace martlet::journal
