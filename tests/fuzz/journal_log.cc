// Any bytes as segments of the journal: it opens, gives back what it says it has, goes on, and
// finds the same at the next start. The first byte says what is put right first, so that more than
// checksums is tried.

#include "base/log.h"
#include "journal/log.h"
#include "journal/record.h"
#include "journal/segment.h"
#include "tests/journal/memory_folder.h"

#include <algorithm>
#include <utility>

namespace {

using namespace martlet;
using namespace martlet::journal;
using Bytes = std::vector<std::uint8_t>;
using Visited = std::vector<std::pair<Key, Bytes>>;

void require(bool truth) {
    if (!truth) __builtin_trap();
}

void mend_head(Bytes& bytes, std::uint32_t number) {
    if (bytes.size() < kSegmentHead) bytes.resize(kSegmentHead);
    SegmentHead head;
    head.number = number;
    head.first_sequence = 1 + bytes[16] + 8u * bytes[17];
    head.salt = bytes[32];
    std::ranges::copy(encode_head(head), bytes.begin());
}

// As far as the sizes lead from one record to the next.
void mend_records(Bytes& bytes) {
    std::uint64_t sequence = 1 + bytes[16] + 8u * bytes[17];
    for (std::size_t at = kSegmentHead; bytes.size() - at >= kRecordHead; ++sequence) {
        Record record(bytes.data() + at);
        if (record.total_size() > bytes.size() - at) return;
        // Some stay as they are.
        if (bytes[at] % 16 != 0) seal_record(bytes.data() + at, sequence, bytes[32]);
        at += record.total_size();
    }
}

Visited open_and_use(MemoryDisk& disk, bool is_strict, std::unique_ptr<Log>& log) {
    log.reset();
    LogOptions options;
    options.segment_bytes = 4096;
    options.reserve_bytes = 4096;
    options.is_strict = is_strict;
    Visited visited;
    auto visit = [&](Key key, ByteView value) {
        visited.emplace_back(key, Bytes(value.begin(), value.end()));
    };
    Recovery recovery;
    auto opened = Log::open(disk.folder(), options, visit, {}, recovery);
    if (opened.ok()) log = std::move(opened).value();
    return visited;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const bool is_quiet = [] {
        log::Options quiet;
        quiet.levels = 0;
        return log::configure(quiet).ok();
    }();
    require(is_quiet);
    if (size < 1) return 0;
    auto how = data[0];
    Bytes all(data + 1, data + size);
    auto first = static_cast<std::ptrdiff_t>((how & 4) != 0 ? all.size() / 2 : all.size());
    MemoryDisk disk;
    std::uint32_t number = 0;
    for (auto [begin, end] :
         {std::pair(all.begin(), all.begin() + first), std::pair(all.begin() + first, all.end())}) {
        Bytes bytes(begin, end);
        ++number;
        if (bytes.empty()) continue;
        if ((how & 1) != 0) mend_head(bytes, number);
        if ((how & 2) != 0 && bytes.size() > kSegmentHead) mend_records(bytes);
        disk.set_bytes(segment_name(number), bytes);
    }
    std::unique_ptr<Log> log;
    open_and_use(disk, true, log);
    auto visited = open_and_use(disk, false, log);
    require(log != nullptr);
    require(log->stats().live_records == visited.size());
    for (const auto& [key, value] : visited) require(log->read(key).value() == value);
    auto key = log->next_key();
    Group group;
    group.put(key, as_bytes("new"));
    require(log->append(group, false).ok() && log->sync().ok());
    visited.emplace_back(key, Bytes{'n', 'e', 'w'});
    require(open_and_use(disk, false, log) == visited);
    require(log->compact_all().ok());
    auto again = open_and_use(disk, true, log);
    require(log != nullptr);
    std::ranges::sort(visited);
    std::ranges::sort(again);
    require(again == visited);
    return 0;
}
