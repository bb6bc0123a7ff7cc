#pragma once

// The line on stderr that shows that something goes on: once a second, over itself on a terminal.
// One thread.

#include <cstdint>
#include <string>

namespace martlet::cli {

// Where it is shown: in a file each line stays.
enum class ProgressOn : std::uint8_t { Everywhere, Terminal };

class Progress {
  public:
    explicit Progress(std::string what, ProgressOn where = ProgressOn::Everywhere)
        : what_(std::move(what)), where_(where) {}
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
    // At once.
    void print(const std::string& text);

  private:
    std::string what_;
    ProgressOn where_;
    std::uint64_t last_ = 0;
    bool is_shown_ = false;
};

// For show().
std::uint64_t steady_ns();

}  // namespace martlet::cli
