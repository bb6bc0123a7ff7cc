#include "auth/replace_file.h"

#include "base/log.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace martlet::auth {

namespace {

Error not_written(const std::string& path, int error) {
    return {
        fmt::format("Error: Unable to open file {} for writing. {}.", path, std::strerror(error))};
}

// The file that a link leads to; the path as given when nothing is there yet.
std::string resolve(const std::string& path) {
    char* found = realpath(path.c_str(), nullptr);
    if (found == nullptr) return path;
    std::string resolved = found;
    std::free(found);
    return resolved;
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        auto done = write(fd, text.data(), text.size());
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(done));
    }
    // A pipe or a terminal has nothing to sync.
    return fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP;
}

// `old` is null for a new file. False when the new file could not be given the old one's rights.
bool set_rights(int fd, const struct stat* old, NewFile rights) {
    if (old != nullptr) {
        struct stat made {};
        if (fstat(fd, &made) != 0) return false;
        bool is_same = made.st_uid == old->st_uid && made.st_gid == old->st_gid;
        if (!is_same && fchown(fd, old->st_uid, old->st_gid) != 0) return false;
        return fchmod(fd, old->st_mode & 07777) == 0;
    }
    bool is_shared = rights == NewFile::ForTheBroker && geteuid() == 0;
    const auto* broker = is_shared ? getpwnam("mosquitto") : nullptr;
    if (broker == nullptr) return fchmod(fd, 0600) == 0;
    return fchown(fd, static_cast<uid_t>(-1), broker->pw_gid) == 0 && fchmod(fd, 0640) == 0;
}

void sync_directory(const std::string& path) {
    auto slash = path.rfind('/');
    auto directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

// 0 or errno.
int put_in_place(const std::string& path, std::string_view text, const struct stat* old,
                 NewFile rights) {
    std::string temporary = path + ".XXXXXX";
    int fd = mkostemp(temporary.data(), O_CLOEXEC);
    if (fd < 0) return errno;
    bool is_ok = set_rights(fd, old, rights) && write_all(fd, text);
    int error = is_ok ? 0 : errno;
    if (close(fd) != 0 && is_ok) error = errno;
    if (error == 0 && rename(temporary.c_str(), path.c_str()) != 0) error = errno;
    if (error != 0) unlink(temporary.c_str());
    if (error == 0) sync_directory(path);
    return error;
}

Status write_over(const std::string& path, std::string_view text) {
    int fd = open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0) return not_written(path, errno);
    bool is_ok = write_all(fd, text);
    int error = errno;
    if (close(fd) != 0 && is_ok) {
        is_ok = false;
        error = errno;
    }
    if (!is_ok)
        return Error{
            fmt::format("Error: Unable to write file {}. {}.", path, std::strerror(error))};
    return Done{};
}

}  // namespace

Status replace_file(const std::string& path, std::string_view text, NewFile rights) {
    auto target = resolve(path);
    struct stat old {};
    bool is_there = stat(target.c_str(), &old) == 0;
    if (is_there && !S_ISREG(old.st_mode)) return write_over(target, text);
    int error = put_in_place(target, text, is_there ? &old : nullptr, rights);
    if (error == 0) return Done{};
    // Written over it would lose its content to a full disk.
    if (error == ENOSPC || error == EDQUOT || error == EIO || !is_there)
        return not_written(path, error);
    return write_over(target, text);
}

}  // namespace martlet::auth
