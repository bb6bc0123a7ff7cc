#include "cli/flags/payload_source.h"

#include "base/text.h"
#include "mqtt/types.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace martlet::cli {

namespace {

constexpr std::size_t kReadSize = 65536;

// Empty when it could be read.
std::string read_all(int fd, std::string& payload) {
    char block[kReadSize];
    for (;;) {
        ssize_t got = read(fd, block, sizeof block);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::strerror(errno);
        if (got == 0) return "";
        payload.append(block, static_cast<std::size_t>(got));
        if (payload.size() > mqtt::kRemainingLengthMax) return "too large for a message";
    }
}

Result<std::string> load_stdin() {
    std::string payload;
    std::string failed = read_all(STDIN_FILENO, payload);
    if (!failed.empty()) {
        return Error{fmt::format(
            "Error: Unable to read stdin: {}.\nError loading input from stdin.", failed)};
    }
    if (payload.empty()) {
        return Error{"Error: Zero length input.\nError loading input from stdin."};
    }
    return payload;
}

Result<std::string> load_file(const std::string& path) {
    std::string payload;
    int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::string failed = fd < 0 ? std::strerror(errno) : read_all(fd, payload);
    if (fd >= 0) close(fd);
    if (failed.empty()) return payload;
    return Error{
        fmt::format("Error: Unable to read file \"{}\": {}.\nError loading input file \"{}\".",
                    path, failed, path)};
}

}  // namespace

Result<std::string> load_payload(const ClientOptions& options) {
    switch (options.payload_mode) {
        case PayloadMode::File:
            return load_file(options.payload);
        case PayloadMode::StdinWhole:
            return load_stdin();
        case PayloadMode::Argument:
            return options.payload;
        default:
            return std::string();
    }
}

void LineReader::read_some() {
    buffer_.erase(0, at_);
    searched_ -= at_;
    at_ = 0;
    std::size_t size = buffer_.size();
    buffer_.resize(size + kReadSize);
    ssize_t got = read(fd_, buffer_.data() + size, kReadSize);
    buffer_.resize(size + static_cast<std::size_t>(got > 0 ? got : 0));
    bool is_too_long = buffer_.size() > mqtt::kRemainingLengthMax;
    is_ended_ = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) || is_too_long;
}

bool LineReader::next(std::string& line) {
    std::size_t end = buffer_.find('\n', std::max(at_, searched_));
    searched_ = buffer_.size();
    bool is_last = end == std::string::npos;
    if (is_last && (!is_ended_ || at_ == buffer_.size())) return false;
    line.assign(buffer_, at_, (is_last ? buffer_.size() : end) - at_);
    at_ = is_last ? buffer_.size() : end + 1;
    searched_ = at_;
    return true;
}

}  // namespace martlet::cli
