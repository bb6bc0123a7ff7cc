// The real disk behind journal/file.h.

#include "base/text.h"
#include "journal/file.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace martlet::journal {

namespace {

constexpr const char* kLockName = "lock";

Error failure(const char* what, const std::string& path, int code) {
    return {fmt::format("Error: Unable to {} {}: {}.", what, path, std::strerror(code)), code};
}

// A descriptor that is closed when it is done with.
class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor& operator=(Descriptor&&) = delete;

    int number() const { return number_; }

  private:
    int number_;
};

int again(auto&& call) {
    int result = 0;
    do result = call();
    while (result < 0 && errno == EINTR);
    return result;
}

class PosixFile final : public File {
  public:
    PosixFile(Descriptor descriptor, std::string path, std::uint64_t size)
        : descriptor_(std::move(descriptor)), path_(std::move(path)), size_(size) {}

    Status write(std::uint64_t at, ByteView bytes) override {
        while (!bytes.empty()) {
            auto count =
                ::pwrite(descriptor_.number(), bytes.data(), bytes.size(), static_cast<off_t>(at));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return failure("write to", path_, errno);
            at += static_cast<std::uint64_t>(count);
            bytes = bytes.subspan(static_cast<std::size_t>(count));
            if (at > size_) size_ = at;
        }
        return Done{};
    }

    Result<std::size_t> read(std::uint64_t at, std::span<std::uint8_t> into) override {
        std::size_t done = 0;
        while (done < into.size()) {
            auto count = ::pread(descriptor_.number(), into.data() + done, into.size() - done,
                                 static_cast<off_t>(at + done));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return failure("read", path_, errno);
            if (count == 0) break;
            done += static_cast<std::size_t>(count);
        }
        return done;
    }

    Status reserve(std::uint64_t size) override {
        if (size <= size_) return Done{};
        int code = 0;
        do
            code = ::posix_fallocate(descriptor_.number(), static_cast<off_t>(size_.load()),
                                     static_cast<off_t>(size - size_));
        while (code == EINTR);
        if (code != 0) return failure("reserve room for", path_, code);
        size_ = size;
        return Done{};
    }

    Status truncate(std::uint64_t size) override {
        auto to = static_cast<off_t>(size);
        if (again([&] { return ::ftruncate(descriptor_.number(), to); }) != 0)
            return failure("truncate", path_, errno);
        size_ = size;
        return Done{};
    }

    Status sync() override {
        if (again([&] { return ::fdatasync(descriptor_.number()); }) != 0)
            return failure("sync", path_, errno);
        return Done{};
    }

    std::uint64_t size() const override { return size_; }

  private:
    const Descriptor descriptor_;
    const std::string path_;
    std::atomic<std::uint64_t> size_;
};

int flags_of(Folder::Mode mode) {
    switch (mode) {
        case Folder::Mode::Read:
            return O_RDONLY;
        case Folder::Mode::Create:
            return O_RDWR | O_CREAT | O_EXCL;
        case Folder::Mode::ReadWrite:
            break;
    }
    return O_RDWR;
}

class PosixFolder final : public Folder {
  public:
    PosixFolder(std::string path, Descriptor descriptor, Descriptor lock)
        : path_(std::move(path)), descriptor_(std::move(descriptor)), lock_(std::move(lock)) {}

    Result<std::unique_ptr<File>> open(const std::string& name, Mode mode) override {
        Descriptor file(again([&] {
            return ::openat(descriptor_.number(), name.c_str(),
                            flags_of(mode) | O_CLOEXEC | O_NOFOLLOW, 0600);
        }));
        const char* what = mode == Mode::Create ? "create" : "open";
        if (file.number() < 0) return failure(what, at(name), errno);
        if (mode == Mode::Create && ::fchmod(file.number(), 0600) != 0)
            return failure(what, at(name), errno);
        struct stat status {};
        if (::fstat(file.number(), &status) != 0) return failure(what, at(name), errno);
        return std::unique_ptr<File>(std::make_unique<PosixFile>(
            std::move(file), at(name), static_cast<std::uint64_t>(status.st_size)));
    }

    Result<std::vector<std::string>> list() override {
        std::vector<std::string> names;
        std::error_code error;
        std::filesystem::directory_iterator entry(path_, error);
        for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
            std::error_code ignored;
            if (entry->symlink_status(ignored).type() == std::filesystem::file_type::regular)
                names.push_back(entry->path().filename().string());
        }
        if (error) return failure("read the folder", path_, error.value());
        return names;
    }

    Status remove(const std::string& name) override {
        if (::unlinkat(descriptor_.number(), name.c_str(), 0) != 0)
            return failure("remove", at(name), errno);
        return Done{};
    }

    Status rename(const std::string& from, const std::string& to) override {
        int folder = descriptor_.number();
        if (::renameat(folder, from.c_str(), folder, to.c_str()) != 0)
            return failure("rename", at(from), errno);
        return Done{};
    }

    Status sync() override {
        if (again([&] { return ::fsync(descriptor_.number()); }) != 0)
            return failure("sync the folder", path_, errno);
        return Done{};
    }

    const std::string& path() const override { return path_; }

  private:
    std::string at(const std::string& name) const { return path_ + "/" + name; }

    const std::string path_;
    const Descriptor descriptor_;
    const Descriptor lock_;
};

// Makes a folder when it is missing, and its name durable in the folder above.
Status make_folder(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) != 0) {
        if (errno == EEXIST) return Done{};
        return failure("create the folder", path, errno);
    }
    auto above = std::filesystem::path(path).parent_path();
    Descriptor parent(
        ::open(above.empty() ? "." : above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (parent.number() < 0 || ::fsync(parent.number()) != 0)
        return failure("sync the folder above", path, errno);
    return Done{};
}

Status make_folders(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    auto above = std::filesystem::path(path).parent_path().string();
    if (!above.empty()) {
        auto made = make_folder(above);
        if (!made.ok()) return made;
    }
    return make_folder(path);
}

Error in_use(const std::string& path, int lock) {
    std::array<char, 32> text{};
    auto count = ::pread(lock, text.data(), text.size() - 1, 0);
    std::string_view pid(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    pid = pid.substr(0, pid.find_first_not_of("0123456789"));
    return {fmt::format("Error: The journal {} is in use by another Martlet{}.", path,
                        pid.empty() ? std::string() : fmt::format(" (pid {})", pid)),
            EWOULDBLOCK};
}

Result<Descriptor> lock_folder(const std::string& path, int folder) {
    Descriptor lock(again([&] {
        return ::openat(folder, kLockName, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    }));
    auto name = path + "/" + kLockName;
    if (lock.number() < 0) return failure("open", name, errno);
    if (again([&] { return ::flock(lock.number(), LOCK_EX | LOCK_NB); }) != 0) {
        if (errno == EWOULDBLOCK) return in_use(path, lock.number());
        return failure("lock", name, errno);
    }
    // Only for the message above: that there is no room for it is no reason not to start.
    auto pid = fmt::format("{}\n", ::getpid());
    if (::fchmod(lock.number(), 0600) != 0 || ::ftruncate(lock.number(), 0) != 0 ||
        ::pwrite(lock.number(), pid.data(), pid.size(), 0) < 0) {
        if (errno != ENOSPC) return failure("write to", name, errno);
    }
    return lock;
}

}  // namespace

Result<std::unique_ptr<Folder>> open_folder(const std::string& path) {
    auto made = make_folders(path);
    if (!made.ok()) return made.error();
    Descriptor folder(
        again([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (folder.number() < 0) return failure("open the folder", path, errno);
    auto lock = lock_folder(path, folder.number());
    if (!lock.ok()) return lock.error();
    return std::unique_ptr<Folder>(
        std::make_unique<PosixFolder>(path, std::move(folder), std::move(lock).value()));
}

}  // namespace martlet::journal
