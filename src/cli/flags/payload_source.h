#pragma once

// Where pub and rr get a payload from that is known before they connect: -m, -f, -n, -s. Cold path.

#include "base/result.h"
#include "cli/flags/client_options.h"

#include <string>

namespace martlet::cli {

// The error is the whole text. Not for -l.
Result<std::string> load_payload(const ClientOptions& options);

// Lines of standard input, for -l: read when it is ready, kept until asked for. One thread.
class LineReader {
  public:
    explicit LineReader(int fd) : fd_(fd) {}

    // One read; call when the descriptor is ready.
    void read_some();
    // Whether a whole line, or the last one, is there.
    bool next(std::string& line);
    // Nothing is there and nothing will come.
    bool is_done() const { return is_ended_ && at_ == buffer_.size(); }
    bool is_ended() const { return is_ended_; }

  private:
    int fd_;
    std::string buffer_;
    std::size_t at_ = 0;        // of the next line
    std::size_t searched_ = 0;  // up to here there is no line end
    bool is_ended_ = false;
};

}  // namespace martlet::cli
