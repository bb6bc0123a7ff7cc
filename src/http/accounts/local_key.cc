#include "http/accounts/local_key.h"

#include "auth/secret.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace martlet::http {

namespace {

constexpr std::string_view kKeyWord = "key ";
constexpr std::string_view kUrlWord = "url ";

Error failed(const std::string& path, int error) {
    return Error{fmt::format("Unable to write {}: {}", path, std::strerror(error)), error};
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        ssize_t written = write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// Whether another process holds the lock that a broker holds while it runs. A shared lock, so that
// two commands do not take each other for a broker.
bool is_held(int fd) {
    return flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

int open_to_read(const std::string& path) {
    return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

bool belongs_to_another_broker(const std::string& path) {
    int fd = open_to_read(path);
    if (fd < 0) return false;
    bool held = is_held(fd);
    close(fd);
    return held;
}

// A key file has two short lines.
std::string read_some(int fd) {
    std::array<char, 4096> text{};
    ssize_t size = read(fd, text.data(), text.size());
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

std::string_view line_of(std::string_view text, std::string_view word) {
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        if (line.starts_with(word)) return line.substr(word.size());
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return {};
}

// The host of "http://HOST:PORT", without brackets.
std::string_view host_of(std::string_view url) {
    url.remove_prefix(std::min(url.find("://") + 3, url.size()));
    url = url.substr(0, url.rfind(':'));
    if (url.starts_with('[') && url.ends_with(']')) url = url.substr(1, url.size() - 2);
    return url;
}

}  // namespace

Result<LocalKey> LocalKey::make(const std::string& path, const std::string& url) {
    if (belongs_to_another_broker(path))
        return Error{fmt::format("{} belongs to another broker that runs", path), EWOULDBLOCK};
    std::string secret = auth::make_secret();
    if (secret.empty()) return Error{"The system gives no random numbers", EIO};
    LocalKey key(path, url);
    key.fingerprint_ = auth::fingerprint_of(secret);
    Status written = key.write(secret);
    if (!written) return written.error();
    return key;
}

// A new file in the place of the old one: a process that has the old one open never sees the new
// key, and nobody reads half of it.
Status LocalKey::write(std::string_view secret) {
    std::string beside = path_ + ".new";
    unlink(beside.c_str());
    fd_ = open(beside.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd_ < 0) return failed(beside, errno);
    bool is_written = flock(fd_, LOCK_EX | LOCK_NB) == 0 &&
                      write_all(fd_, fmt::format("{}{}\n{}{}\n", kKeyWord, secret, kUrlWord, url_));
    if (is_written && rename(beside.c_str(), path_.c_str()) == 0) return Done{};
    int error = errno;
    unlink(beside.c_str());
    close(std::exchange(fd_, -1));
    return failed(path_, error);
}

LocalKey::LocalKey(LocalKey&& other) noexcept
    : path_(std::move(other.path_)),
      url_(std::move(other.url_)),
      fingerprint_(std::move(other.fingerprint_)),
      fd_(std::exchange(other.fd_, -1)) {}

LocalKey::~LocalKey() {
    if (fd_ < 0) return;
    unlink(path_.c_str());
    close(fd_);
}

bool LocalKey::is_it(std::string_view secret) const {
    return auth::is_same_secret(auth::fingerprint_of(secret), fingerprint_);
}

bool LocalKey::is_from_here(bool is_local, std::string_view peer) const {
    return is_local || peer.substr(0, peer.rfind(':')) == host_of(url_);
}

Result<LocalKeyFile> read_local_key(const std::string& path) {
    int fd = open_to_read(path);
    int error = errno;
    if (fd < 0) return Error{fmt::format("{}: {}", path, std::strerror(error)), error};
    LocalKeyFile found;
    struct stat facts {};
    bool is_file = fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
    found.owner = facts.st_uid;
    found.is_broker_running = is_held(fd);
    std::string text = is_file ? read_some(fd) : std::string();
    close(fd);
    found.secret = line_of(text, kKeyWord);
    found.url = line_of(text, kUrlWord);
    if (found.secret.empty() || found.url.empty())
        return Error{fmt::format("{}: not a key of a broker", path), 0};
    return found;
}

}  // namespace martlet::http
