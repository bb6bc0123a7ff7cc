#include "journal/repair.h"

#include "base/text.h"

#include <algorithm>
#include <cerrno>

namespace martlet::journal {

namespace {

constexpr std::uint64_t kCopyBlock = 1u << 20;

bool is_head(const DamagedStretch& stretch) {
    return stretch.bytes.begin < kSegmentHead;
}

Damage damage_of(const DamagedStretch& stretch) {
    Damage damage{segment_name(stretch.segment), stretch.bytes.begin,
                  stretch.bytes.end - stretch.bytes.begin, stretch.what, ""};
    if (stretch.missing > 0) {
        damage.what += fmt::format(" ({} {} missing)", stretch.missing,
                                   stretch.missing == 1 ? "record is" : "records are");
    }
    if (damage.bytes > 0 && !is_head(stretch))
        damage.kept_as = fmt::format("damaged-{}-{}", stretch.segment, stretch.bytes.begin);
    return damage;
}

Status copy(File& from, Stretch bytes, File& to) {
    std::vector<std::uint8_t> block;
    for (auto at = bytes.begin; at < bytes.end;) {
        block.resize(std::min(kCopyBlock, bytes.end - at));
        auto count = from.read(at, block);
        // What cannot be read is missing from the copy as well.
        if (!count.ok()) return Done{};
        if (count.value() == 0) return Done{};
        auto written = to.write(at - bytes.begin, ByteView(block).first(count.value()));
        if (!written.ok()) return written;
        at += count.value();
    }
    return to.sync();
}

Status keep_aside(Folder& folder, File& from, Stretch bytes, const std::string& name) {
    auto file = folder.open(name, Folder::Mode::Create);
    if (!file.ok()) {
        // Kept by an earlier start.
        if (file.error().code == EEXIST) return Done{};
        return file.error();
    }
    auto copied = copy(from, bytes, *file.value());
    if (!copied.ok()) (void)folder.remove(name).ok();
    return copied;
}

Status set_aside(Folder& folder, const std::vector<UnreadableFile>& unreadable) {
    for (const auto& file : unreadable) {
        auto renamed = folder.rename(file.name, file.name + ".unreadable");
        if (!renamed.ok()) return renamed;
    }
    return Done{};
}

Status cut(Folder& folder, Catalog& catalog, const Findings& findings) {
    // The youngest first: what is left is at any time what Replay would cut in the same place.
    for (auto number = findings.superfluous.rbegin(); number != findings.superfluous.rend();
         ++number) {
        auto removed = folder.remove(segment_name(*number));
        if (!removed.ok()) return removed;
        auto synced = folder.sync();
        if (!synced.ok()) return synced;
    }
    auto& segment = catalog.segments.at(findings.torn_tail->segment);
    auto truncated = segment.file->truncate(segment.end);
    if (!truncated.ok()) return truncated;
    return segment.file->sync();
}

}  // namespace

std::vector<Damage> damages_of(const Findings& findings) {
    std::vector<Damage> damages;
    for (const auto& file : findings.unreadable)
        damages.push_back({file.name, 0, file.bytes, file.what, file.name + ".unreadable"});
    for (const auto& stretch : findings.damaged) damages.push_back(damage_of(stretch));
    if (findings.torn_tail) {
        auto damage = damage_of(*findings.torn_tail);
        damage.what = kTornTail;
        damage.kept_as.clear();
        damages.push_back(damage);
    }
    return damages;
}

Error refusal(const Folder& folder, const Damage& damage) {
    return {fmt::format("Error: The journal is damaged: {}/{} at byte {}, {} bytes: {}.",
                        folder.path(), damage.file, damage.at, damage.bytes, damage.what),
            EIO};
}

Status repair(Folder& folder, Catalog& catalog, const Findings& findings,
              std::vector<Damage>& damages) {
    for (auto& damage : damages) {
        if (!damage.kept_as.starts_with("damaged-")) continue;
        auto& segment = catalog.segments.at(*segment_number(damage.file));
        auto kept = keep_aside(folder, *segment.file, {damage.at, damage.at + damage.bytes},
                               damage.kept_as);
        if (kept.ok()) continue;
        damage.kept_as.clear();
        damage.what += "; no copy could be kept: " + kept.error().text;
    }
    auto is_set_aside = set_aside(folder, findings.unreadable);
    if (!is_set_aside.ok()) return is_set_aside;
    if (findings.torn_tail) {
        auto is_cut = cut(folder, catalog, findings);
        if (!is_cut.ok()) return is_cut;
    }
    return folder.sync();
}

}  // namespace martlet::journal
