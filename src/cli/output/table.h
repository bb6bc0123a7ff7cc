#pragma once

// Rows of texts in columns, for people: as wide as they need to be, on a terminal cut to its width.
// Control characters in the texts are escaped. One thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::cli {

class Table {
  public:
    explicit Table(std::vector<std::string> head) { rows_.push_back(std::move(head)); }

    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    bool is_empty() const { return rows_.size() == 1; }
    // `width`: of the terminal; 0: nothing is cut.
    std::string text(std::size_t width) const;
    // On stdout.
    void print() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

// "3 s", "5 min", "2 h", "4 days".
std::string age_text(std::int64_t age_ms);
// "2026-11-30 14:03", local.
std::string time_text(std::int64_t time_ms);
// "1 device", "2 devices"; `many` where an s is not enough.
std::string count_text(std::uint64_t count, std::string_view one, std::string_view many = {});

}  // namespace martlet::cli
