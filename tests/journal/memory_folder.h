#pragma once

// A disk in memory that knows what is synced and what is not. The test owns a MemoryDisk and hands
// out folder()s of it; the power may go at any operation that changes something (crash_at), and
// crash() decides from a seed what of the unsynced is still there afterwards. Handles from before a
// crash are dead: all they do fails. Also fills up, fails and flips bits on demand. Any thread;
// outlives its handles.

#include "journal/file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <random>

namespace martlet::journal {

enum class DiskOperation : std::uint8_t { Write, Reserve, Truncate, Sync, Names, NamesSync, Read };

class MemoryDisk {
  public:
    using Random = std::mt19937_64;
    static constexpr std::size_t kSector = 512;

    explicit MemoryDisk(std::string path = "/memory") : path_(std::move(path)) {}

    std::unique_ptr<Folder> folder();

    // Operations so far that change something: the places where a crash can happen.
    std::uint64_t points() const {
        std::lock_guard lock(mutex_);
        return points_;
    }
    // The power goes at the operation that would make points() this number: it is begun, and then
    // everything fails until crash().
    void crash_at(std::uint64_t point) {
        std::lock_guard lock(mutex_);
        crash_at_ = point;
    }
    bool is_crashed() const {
        std::lock_guard lock(mutex_);
        return is_crashed_;
    }
    // Each unsynced write is kept, torn or lost by itself; of the unsynced names the first few are
    // kept. Handles are dead from here on, faults are forgotten (the limit is not).
    void crash(Random& random);
    // Only what is synced is left.
    void lose_unsynced();
    // The program is gone, the system lives on: nothing is lost, and nothing synced.
    void kill() {
        std::lock_guard lock(mutex_);
        restart();
    }

    // The operation number `nth` of this kind from now (1: the next) fails with `error`.
    void fail(DiskOperation operation, std::uint64_t nth, int error) {
        std::lock_guard lock(mutex_);
        faults_.push_back({operation, nth, error});
    }
    // All operations of this kind fail until heal().
    void fail_all(DiskOperation operation, int error) { fail(operation, 0, error); }
    void heal() {
        std::lock_guard lock(mutex_);
        faults_.clear();
    }
    // Room for all files together.
    void limit(std::uint64_t bytes) {
        std::lock_guard lock(mutex_);
        limit_ = bytes;
    }
    std::uint64_t used() const {
        std::lock_guard lock(mutex_);
        return used_locked();
    }

    // What is there, past all handles; the changes are on the disk at once.
    std::vector<std::string> names() const;
    bool has(const std::string& name) const {
        std::lock_guard lock(mutex_);
        return names_.count(name) != 0;
    }
    std::vector<std::uint8_t> bytes(const std::string& name) const;
    void set_bytes(const std::string& name, std::vector<std::uint8_t> bytes);
    void flip(const std::string& name, std::uint64_t at, unsigned bit);
    void erase(const std::string& name) {
        std::lock_guard lock(mutex_);
        names_.erase(name);
        names_on_disk_.erase(name);
    }

  private:
    // Bytes past the end of `bytes`, up to `size`, are zeros.
    struct Content {
        std::vector<std::uint8_t> bytes;
        std::uint64_t size = 0;

        void write(std::uint64_t at, ByteView from);
        void resize(std::uint64_t to);
    };
    struct Change {
        DiskOperation operation;
        std::uint64_t at = 0;  // or the new size
        std::vector<std::uint8_t> bytes;
    };
    struct Inode {
        Content now;
        Content on_disk;
        std::vector<Change> unsynced;
    };
    using Names = std::map<std::string, std::shared_ptr<Inode>>;
    struct Fault {
        DiskOperation operation;
        std::uint64_t nth = 0;  // 0: always
        int error = 0;
    };
    class Handle;
    class OpenFolder;

    std::uint64_t used_locked() const;
    Error error(const char* what, const std::string& name, int code) const {
        return {std::string("Error: Unable to ") + what + " " + path_ + "/" + name + ": " +
                    std::strerror(code) + ".",
                code};
    }
    // 0, or the errno with which the operation ends. Counts it when it changes something.
    int begin(DiskOperation operation, std::uint64_t generation);
    void restart();
    static void apply(const Change& change, Content& content);
    static void tear(const Change& change, Content& content, Random& random);

    int write(Inode& inode, std::uint64_t generation, std::uint64_t at, ByteView bytes);
    int resize(Inode& inode, std::uint64_t generation, DiskOperation operation, std::uint64_t size);
    int sync(Inode& inode, std::uint64_t generation);
    int change_names(std::uint64_t generation, const std::function<void(Names&)>& change);

    const std::string path_;
    mutable std::mutex mutex_;
    Names names_;
    Names names_on_disk_;
    std::vector<std::function<void(Names&)>> unsynced_names_;
    std::vector<Fault> faults_;
    std::uint64_t limit_ = UINT64_MAX;
    std::uint64_t points_ = 0;
    std::uint64_t crash_at_ = 0;
    std::uint64_t generation_ = 0;
    bool is_crashed_ = false;
    Random random_{1};
};

inline void MemoryDisk::Content::write(std::uint64_t at, ByteView from) {
    if (from.empty()) return;
    size = std::max(size, at + from.size());
    if (bytes.size() < at + from.size()) bytes.resize(at + from.size());
    std::copy(from.begin(), from.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

inline void MemoryDisk::Content::resize(std::uint64_t to) {
    size = to;
    if (bytes.size() > to) bytes.resize(to);
}

inline std::uint64_t MemoryDisk::used_locked() const {
    std::uint64_t used = 0;
    for (const auto& [name, inode] : names_) used += inode->now.size;
    return used;
}

inline int MemoryDisk::begin(DiskOperation operation, std::uint64_t generation) {
    if (is_crashed_ || generation != generation_) return EIO;
    if (operation != DiskOperation::Read) {
        ++points_;
        // A sync at which the power goes has done nothing yet; other operations are begun, and
        // crash() decides how far they came.
        if (crash_at_ != 0 && points_ >= crash_at_) is_crashed_ = true;
        bool is_sync = operation == DiskOperation::Sync || operation == DiskOperation::NamesSync;
        if (is_crashed_ && is_sync) return EIO;
    }
    for (auto fault = faults_.begin(); fault != faults_.end(); ++fault) {
        if (fault->operation != operation) continue;
        if (fault->nth == 0) return fault->error;
        if (--fault->nth != 0) continue;
        int code = fault->error;
        faults_.erase(fault);
        return code;
    }
    return 0;
}

inline void MemoryDisk::apply(const Change& change, Content& content) {
    switch (change.operation) {
        case DiskOperation::Write:
            content.write(change.at, change.bytes);
            break;
        case DiskOperation::Reserve:
            content.size = std::max(content.size, change.at);
            break;
        default:
            content.resize(change.at);
            break;
    }
}

// A write is kept, lost, cut at some byte, or some of its sectors are lost.
inline void MemoryDisk::tear(const Change& change, Content& content, Random& random) {
    auto choice = random() % 4;
    if (choice == 0) return;
    if (choice == 1 || change.operation != DiskOperation::Write) return apply(change, content);
    Change part = change;
    if (choice == 2) {
        part.bytes.resize(random() % (part.bytes.size() + 1));
        return apply(part, content);
    }
    for (std::uint64_t at = change.at; at < change.at + change.bytes.size();) {
        std::uint64_t end =
            std::min<std::uint64_t>((at / kSector + 1) * kSector, change.at + change.bytes.size());
        if (random() % 2 == 0) {
            ByteView all(change.bytes);
            content.write(at, all.subspan(at - change.at, end - at));
        }
        at = end;
    }
}

inline void MemoryDisk::crash(Random& random) {
    std::lock_guard lock(mutex_);
    auto kept = unsynced_names_.empty() ? 0 : random() % (unsynced_names_.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) unsynced_names_[i](names_on_disk_);
    unsynced_names_.clear();
    names_ = names_on_disk_;
    for (auto& [name, inode] : names_) {
        // Old handles keep the old inode.
        auto after = std::make_shared<Inode>();
        after->on_disk = inode->on_disk;
        for (const auto& change : inode->unsynced) tear(change, after->on_disk, random);
        after->now = after->on_disk;
        inode = after;
    }
    names_on_disk_ = names_;
    restart();
}

inline void MemoryDisk::lose_unsynced() {
    std::lock_guard lock(mutex_);
    names_ = names_on_disk_;
    unsynced_names_.clear();
    for (auto& [name, inode] : names_) {
        auto after = std::make_shared<Inode>();
        after->now = after->on_disk = inode->on_disk;
        inode = after;
    }
    names_on_disk_ = names_;
    restart();
}

inline void MemoryDisk::restart() {
    faults_.clear();
    crash_at_ = 0;
    is_crashed_ = false;
    ++generation_;
}

inline int MemoryDisk::write(Inode& inode, std::uint64_t generation, std::uint64_t at,
                             ByteView bytes) {
    std::lock_guard lock(mutex_);
    int code = begin(DiskOperation::Write, generation);
    if (generation != generation_) return EIO;
    if (code != 0 && !is_crashed_) bytes = bytes.first(random_() % (bytes.size() + 1));
    std::uint64_t growth =
        at + bytes.size() > inode.now.size ? at + bytes.size() - inode.now.size : 0;
    std::uint64_t used = used_locked();
    std::uint64_t room = limit_ > used ? limit_ - used : 0;
    if (growth > room) {
        bytes = bytes.first(bytes.size() - std::min<std::uint64_t>(bytes.size(), growth - room));
        code = ENOSPC;
    }
    inode.now.write(at, bytes);
    inode.unsynced.push_back({DiskOperation::Write, at, {bytes.begin(), bytes.end()}});
    return is_crashed_ ? EIO : code;
}

inline int MemoryDisk::resize(Inode& inode, std::uint64_t generation, DiskOperation operation,
                              std::uint64_t size) {
    std::lock_guard lock(mutex_);
    int code = begin(operation, generation);
    if (code != 0) return code;
    if (operation == DiskOperation::Reserve) {
        if (size <= inode.now.size) return is_crashed_ ? EIO : 0;
        if (used_locked() + (size - inode.now.size) > limit_) return ENOSPC;
    }
    Change change{operation, size, {}};
    apply(change, inode.now);
    inode.unsynced.push_back(std::move(change));
    return is_crashed_ ? EIO : 0;
}

// A sync that fails drops what was to be written, as the system does: the next one knows nothing
// of it and succeeds.
inline int MemoryDisk::sync(Inode& inode, std::uint64_t generation) {
    std::lock_guard lock(mutex_);
    int code = begin(DiskOperation::Sync, generation);
    if (is_crashed_ || generation != generation_) return EIO;
    for (const auto& change : inode.unsynced) {
        if (code == 0) {
            apply(change, inode.on_disk);
        } else {
            tear(change, inode.on_disk, random_);
        }
    }
    inode.unsynced.clear();
    return code;
}

inline int MemoryDisk::change_names(std::uint64_t generation,
                                    const std::function<void(Names&)>& change) {
    int code = begin(DiskOperation::Names, generation);
    if (code != 0) return code;
    change(names_);
    unsynced_names_.push_back(change);
    return is_crashed_ ? EIO : 0;
}

class MemoryDisk::Handle final : public File {
  public:
    Handle(MemoryDisk& disk, std::shared_ptr<Inode> inode, std::string name)
        : disk_(disk),
          inode_(std::move(inode)),
          name_(std::move(name)),
          generation_(disk.generation_) {}

    Status write(std::uint64_t at, ByteView bytes) override {
        return status("write to", disk_.write(*inode_, generation_, at, bytes));
    }
    Result<std::size_t> read(std::uint64_t at, std::span<std::uint8_t> into) override {
        std::lock_guard lock(disk_.mutex_);
        int code = disk_.begin(DiskOperation::Read, generation_);
        if (code != 0) return disk_.error("read", name_, code);
        const auto& content = inode_->now;
        if (at >= content.size) return std::size_t{0};
        std::size_t count = std::min<std::uint64_t>(into.size(), content.size - at);
        std::fill_n(into.begin(), count, std::uint8_t{0});
        if (at < content.bytes.size()) {
            std::size_t there = std::min<std::uint64_t>(count, content.bytes.size() - at);
            std::copy_n(content.bytes.begin() + static_cast<std::ptrdiff_t>(at), there,
                        into.begin());
        }
        return count;
    }
    Status reserve(std::uint64_t size) override {
        return status("reserve room for",
                      disk_.resize(*inode_, generation_, DiskOperation::Reserve, size));
    }
    Status truncate(std::uint64_t size) override {
        return status("truncate",
                      disk_.resize(*inode_, generation_, DiskOperation::Truncate, size));
    }
    Status sync() override { return status("sync", disk_.sync(*inode_, generation_)); }
    std::uint64_t size() const override {
        std::lock_guard lock(disk_.mutex_);
        return inode_->now.size;
    }

  private:
    Status status(const char* what, int code) const {
        if (code != 0) return disk_.error(what, name_, code);
        return Done{};
    }

    MemoryDisk& disk_;
    std::shared_ptr<Inode> inode_;
    std::string name_;
    std::uint64_t generation_;
};

class MemoryDisk::OpenFolder final : public Folder {
  public:
    explicit OpenFolder(MemoryDisk& disk) : disk_(disk), generation_(disk.generation_) {}

    Result<std::unique_ptr<File>> open(const std::string& name, Mode mode) override {
        std::lock_guard lock(disk_.mutex_);
        if (disk_.is_crashed_ || generation_ != disk_.generation_)
            return disk_.error("open", name, EIO);
        auto found = disk_.names_.find(name);
        bool is_there = found != disk_.names_.end();
        if (mode == Mode::Create && is_there) return disk_.error("create", name, EEXIST);
        if (mode != Mode::Create && !is_there) return disk_.error("open", name, ENOENT);
        auto inode = is_there ? found->second : std::make_shared<Inode>();
        if (!is_there) {
            int code = disk_.change_names(generation_, [=](Names& names) { names[name] = inode; });
            if (code != 0) return disk_.error("create", name, code);
        }
        return std::unique_ptr<File>(std::make_unique<Handle>(disk_, inode, name));
    }
    Result<std::vector<std::string>> list() override {
        std::lock_guard lock(disk_.mutex_);
        if (disk_.is_crashed_ || generation_ != disk_.generation_)
            return disk_.error("read the folder", "", EIO);
        std::vector<std::string> names;
        for (const auto& [name, inode] : disk_.names_) names.push_back(name);
        return names;
    }
    Status remove(const std::string& name) override {
        std::lock_guard lock(disk_.mutex_);
        if (disk_.names_.count(name) == 0) return disk_.error("remove", name, ENOENT);
        return status("remove", name,
                      disk_.change_names(generation_, [=](Names& names) { names.erase(name); }));
    }
    Status rename(const std::string& from, const std::string& to) override {
        std::lock_guard lock(disk_.mutex_);
        auto found = disk_.names_.find(from);
        if (found == disk_.names_.end()) return disk_.error("rename", from, ENOENT);
        auto inode = found->second;
        auto change = [=](Names& names) {
            names.erase(from);
            names[to] = inode;
        };
        return status("rename", from, disk_.change_names(generation_, change));
    }
    Status sync() override {
        std::lock_guard lock(disk_.mutex_);
        int code = disk_.begin(DiskOperation::NamesSync, generation_);
        if (code != 0) return disk_.error("sync", "", code);
        disk_.names_on_disk_ = disk_.names_;
        disk_.unsynced_names_.clear();
        return Done{};
    }
    const std::string& path() const override { return disk_.path_; }

  private:
    Status status(const char* what, const std::string& name, int code) const {
        if (code != 0) return disk_.error(what, name, code);
        return Done{};
    }

    MemoryDisk& disk_;
    std::uint64_t generation_;
};

inline std::unique_ptr<Folder> MemoryDisk::folder() {
    std::lock_guard lock(mutex_);
    return std::make_unique<OpenFolder>(*this);
}

inline std::vector<std::string> MemoryDisk::names() const {
    std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, inode] : names_) names.push_back(name);
    return names;
}

inline std::vector<std::uint8_t> MemoryDisk::bytes(const std::string& name) const {
    std::lock_guard lock(mutex_);
    auto found = names_.find(name);
    if (found == names_.end()) return {};
    auto bytes = found->second->now.bytes;
    bytes.resize(found->second->now.size);
    return bytes;
}

inline void MemoryDisk::set_bytes(const std::string& name, std::vector<std::uint8_t> bytes) {
    std::lock_guard lock(mutex_);
    auto inode = std::make_shared<Inode>();
    inode->now.size = bytes.size();
    inode->now.bytes = std::move(bytes);
    inode->on_disk = inode->now;
    names_[name] = inode;
    names_on_disk_[name] = inode;
}

inline void MemoryDisk::flip(const std::string& name, std::uint64_t at, unsigned bit) {
    std::lock_guard lock(mutex_);
    auto found = names_.find(name);
    if (found == names_.end()) return;
    for (auto* content : {&found->second->now, &found->second->on_disk}) {
        if (at >= content->size) continue;
        if (at >= content->bytes.size()) content->bytes.resize(at + 1);
        content->bytes[at] = static_cast<std::uint8_t>(content->bytes[at] ^ (1u << bit));
    }
}

}  // namespace martlet::journal
