#include "config/files.h"

#include "base/text.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace martlet::config {
namespace {

constexpr std::size_t kFileBytesMax = 64u << 20;
constexpr int kExitInvalid = 3;

// False: a read failed, or the file is larger than anything sensible.
bool read_all(int fd, std::string& text) {
    char chunk[1 << 16];
    while (true) {
        ssize_t count = ::read(fd, chunk, sizeof chunk);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        if (count == 0) return true;
        text.append(chunk, static_cast<std::size_t>(count));
        if (text.size() > kFileBytesMax) return false;
    }
}

bool is_conf_name(std::string_view name) {
    constexpr std::string_view kEnd = ".conf";
    return name.size() > kEnd.size() && name.substr(name.size() - kEnd.size()) == kEnd;
}

// Where a relative path was looked for; empty for an absolute one.
std::string folder_of(const std::string& path) {
    char* folder = path.starts_with('/') ? nullptr : ::getcwd(nullptr, 0);
    if (folder == nullptr) return {};
    std::string text = fmt::format(" The folder is {}.", folder);
    std::free(folder);
    return text;
}

Error failed(const char* what, const std::string& path) {
    const char* why = std::strerror(errno);
    return {fmt::format("Error: Unable to {} '{}'. {}.{}", what, path, why, folder_of(path)),
            kExitInvalid};
}

}  // namespace

Result<std::string> DiskFiles::read(const std::string& path) const {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
        return Error{"Error: Config file '" + path + "' is a directory.", kExitInvalid};
    int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return failed("open config file", path);
    std::string text;
    bool is_read = read_all(fd, text);
    ::close(fd);
    if (!is_read) return Error{"Error: Unable to read config file '" + path + "'.", kExitInvalid};
    return text;
}

Result<std::vector<std::string>> DiskFiles::conf_files(const std::string& dir) const {
    DIR* handle = ::opendir(dir.c_str());
    if (handle == nullptr) return failed("open include_dir", dir);
    std::vector<std::string> paths;
    while (const dirent* entry = ::readdir(handle))
        if (is_conf_name(entry->d_name)) paths.push_back(dir + "/" + entry->d_name);
    ::closedir(handle);
    return paths;
}

bool is_before(const std::string& name_a, const std::string& name_b) {
    auto upper = [](char c) { return std::toupper(static_cast<unsigned char>(c)); };
    std::size_t both = std::min(name_a.size(), name_b.size());
    for (std::size_t i = 0; i < both; ++i) {
        if (upper(name_a[i]) != upper(name_b[i])) return upper(name_a[i]) < upper(name_b[i]);
        if (name_a[i] != name_b[i]) return name_a[i] < name_b[i];
    }
    return name_a.size() < name_b.size();
}

}  // namespace martlet::config
