#include "migrate/files.h"

#include "base/text.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace martlet::migrate {

namespace {

Error failure(std::string_view what, const std::string& path, int code) {
    return Error{fmt::format("Error: Unable to {} {}: {}.", what, path, std::strerror(code))};
}

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, Close>;

// The names in the folder of `path` are on the disk.
Status sync_names(const std::string& path) {
    auto above = std::filesystem::path(path).parent_path();
    int folder = ::open(above.empty() ? "." : above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = folder < 0 || ::fsync(folder) != 0 ? errno : 0;
    if (folder >= 0) ::close(folder);
    if (code != 0) return failure("sync the folder of", path, code);
    return Done{};
}

}  // namespace

Result<FileKind> kind_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return FileKind::Missing;
        return failure("look at", path, errno);
    }
    if (S_ISREG(status.st_mode)) return FileKind::File;
    return S_ISDIR(status.st_mode) ? FileKind::Folder : FileKind::Other;
}

Result<std::vector<std::uint8_t>> read_begin(const std::string& path, std::size_t size) {
    constexpr std::size_t kStep = 1 << 20;
    OpenFile file(std::fopen(path.c_str(), "rbe"));
    if (!file) return failure("read", path, errno);
    std::vector<std::uint8_t> bytes;
    while (bytes.size() < size) {
        std::size_t begin = bytes.size();
        bytes.resize(begin + std::min(kStep, size - begin));
        std::size_t count = std::fread(bytes.data() + begin, 1, bytes.size() - begin, file.get());
        bool is_end = begin + count < bytes.size();
        bytes.resize(begin + count);
        if (is_end) break;
    }
    if (std::ferror(file.get()) != 0) return failure("read", path, errno);
    return bytes;
}

Result<std::vector<std::uint8_t>> read_file(const std::string& path) {
    return read_begin(path, SIZE_MAX);
}

Status rename_synced(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0)
        return failure(fmt::format("rename to {}", to), from, errno);
    return sync_names(to);
}

}  // namespace martlet::migrate
