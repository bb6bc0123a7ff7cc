#pragma once

// The line on stderr that shows that something goes on: once a second, over itself on a terminal.
// One thread.

#include <cstdint>
#include <string>

namespace martlet::cli::bench {

class Progress {
  public:
    explicit Progress(std::string what) : what_(std::move(what)) {}
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // `text()` is asked for only when it is time.
    template <typename Text>
    void show(std::uint64_t now_ns, Text&& text) {
        if (last_ == 0) last_ = now_ns;
        if (now_ns - last_ < 1'000'000'000) return;
        last_ = now_ns;
        print(text());
    }

  private:
    void print(const std::string& text);

    std::string what_;
    std::uint64_t last_ = 0;
    bool is_shown_ = false;
};

}  // namespace martlet::cli::bench
