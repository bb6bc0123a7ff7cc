#include "journal/record_reader.h"

#include <algorithm>

namespace martlet::journal {

namespace {

constexpr std::size_t kWindow = 256u << 10;

}  // namespace

RecordReader::Found RecordReader::next() {
    for (const auto& gap : segment_.gaps) {
        if (at_ == gap.begin) at_ = gap.end;
    }
    if (at_ >= segment_.end) return Found::End;
    const auto* head = bytes_at(at_, kRecordHead);
    if (head == nullptr) return Found::Unreadable;
    auto size = Record(head).total_size();
    const auto* bytes = bytes_at(at_, size);
    if (bytes == nullptr) return Found::Unreadable;
    record_ = Record(bytes);
    if (record_.total_size() != size || !record_.is_sound(segment_.head.salt))
        return Found::Unreadable;
    record_at_ = at_;
    at_ += size;
    return Found::Record;
}

const std::uint8_t* RecordReader::bytes_at(std::uint64_t at, std::size_t size) {
    if (size > segment_.end - at) return nullptr;
    if (at < window_at_ || at + size > window_at_ + window_.size()) {
        window_.resize(std::min<std::uint64_t>(std::max(kWindow, size), segment_.end - at));
        window_at_ = at;
        auto count = segment_.file->read(at, window_);
        window_.resize(count.ok() ? count.value() : 0);
        if (window_.size() < size) return nullptr;
    }
    return window_.data() + (at - window_at_);
}

}  // namespace martlet::journal
