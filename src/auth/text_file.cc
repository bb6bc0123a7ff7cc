#include "auth/text_file.h"

#include "base/edit_distance.h"
#include "base/text.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace martlet::auth {

namespace {

constexpr std::size_t kNeighboursMax = 1000;
constexpr std::size_t kPeekBytes = 4096;

// Reads up to `bytes_max` bytes; 0 or errno.
int read_all(int fd, std::size_t bytes_max, std::string& text) {
    char buffer[16 * 1024];
    for (;;) {
        auto got = read(fd, buffer, std::min(sizeof buffer, bytes_max - text.size() + 1));
        if (got == 0) return 0;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        text.append(buffer, static_cast<std::size_t>(got));
        if (text.size() > bytes_max) return EFBIG;
    }
}

std::string peek(const std::string& path) {
    std::string text;
    struct stat status {};
    // Looked at before opening: opening a pipe or a device could block or do something.
    if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return text;
    int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return text;
    read_all(fd, kPeekBytes, text);
    close(fd);
    return text;
}

bool is_similar(std::string_view a, std::string_view b) {
    auto shorter = std::min(a.size(), b.size());
    if (shorter >= 3 && (a.starts_with(b) || b.starts_with(a))) return true;
    return edit_distance(a, b) <= std::max(a.size(), b.size()) / 3;
}

std::vector<std::string> list_files(const std::string& directory) {
    std::vector<std::string> names;
    DIR* entries = opendir(directory.c_str());
    if (entries == nullptr) return names;
    while (auto* entry = readdir(entries)) {
        if (entry->d_name[0] == '.' || entry->d_type == DT_DIR) continue;
        names.emplace_back(entry->d_name);
        if (names.size() == kNeighboursMax) break;
    }
    closedir(entries);
    std::sort(names.begin(), names.end());
    return names;
}

std::string how_to_make_readable(const std::string& path) {
    const passwd* user = getpwuid(geteuid());
    const group* own = getgrgid(getegid());
    if (user == nullptr || own == nullptr) return {};
    return fmt::format(
        " The user that the broker runs as ({0}) must be able to read it: chgrp {1} '{2}'; chmod "
        "g+r "
        "'{2}'",
        user->pw_name, own->gr_name, path);
}

// Empty: none.
std::string find_neighbour(const std::string& directory, const std::string& name,
                           const std::function<bool(std::string_view)>& is_like_it) {
    std::string best;
    std::size_t best_distance = 0;
    auto names = list_files(directory);
    for (const auto& other : names) {
        if (other == name || !is_similar(name, other)) continue;
        auto distance = edit_distance(name, other);
        if (!best.empty() && distance >= best_distance) continue;
        best = other;
        best_distance = distance;
    }
    if (!best.empty()) return best;
    for (const auto& other : names)
        if (is_like_it(peek(directory + other))) return other;
    return {};
}

}  // namespace

std::string in_folder(const std::string& path) {
    if (path.empty() || path.front() == '/') return {};
    char* folder = getcwd(nullptr, 0);
    if (folder == nullptr) return {};
    std::string text = fmt::format(" in the folder {}", folder);
    std::free(folder);
    return text;
}

TextFile read_text_file(const std::string& path) {
    TextFile file;
    int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        file.error = errno;
        return file;
    }
    struct stat status {};
    if (fstat(fd, &status) != 0) file.error = errno;
    file.is_readable_by_all = S_ISREG(status.st_mode) && (status.st_mode & S_IROTH) != 0;
    if (file.error == 0) file.error = read_all(fd, kTextFileBytesMax, file.text);
    close(fd);
    return file;
}

std::string why_not_read(const std::string& path, int error,
                         const std::function<bool(std::string_view)>& is_like_it,
                         const std::string& config_folder) {
    std::string why = std::string(std::strerror(error)) + ".";
    if (error == EACCES) return why + how_to_make_readable(path);
    if (error != ENOENT) return why;
    bool is_relative = path.empty() || path.front() != '/';
    if (is_relative && !path.empty() && !config_folder.empty() &&
        access((config_folder + path).c_str(), F_OK) == 0)
        return fmt::format(
            "{} There is \"{}{}\": a relative path begins in the folder where the broker is "
            "started, "
            "so write the whole path.",
            why, config_folder, path);
    auto slash = path.rfind('/');
    std::string directory = slash == std::string::npos ? "./" : path.substr(0, slash + 1);
    std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    auto neighbour = find_neighbour(directory, name, is_like_it);
    if (neighbour.empty()) return why;
    if (slash != std::string::npos) neighbour = directory + neighbour;
    return why + " There is \"" + neighbour + "\": is that the one you mean?";
}

}  // namespace martlet::auth
