#pragma once

// What a run has measured, as a few lines or as one JSON object. Cold path.

#include "cli/bench/options.h"

#include <cstdint>
#include <string>
#include <vector>

namespace martlet::cli::bench {

// A figure: its name in JSON, its value, and how it reads.
struct Figure {
    std::string name;
    double value = 0;
    std::string text;  // empty: only in JSON
};

class Report {
  public:
    explicit Report(const Options& options) : options_(options) {}

    void add(std::string name, double value, std::string text = {});
    // "in", "out" ...: a whole number, and a second.
    void add_count(const std::string& name, std::uint64_t count, double seconds);

    std::string text() const;
    std::string json() const;

  private:
    const Options& options_;
    std::vector<Figure> figures_;
};

// 1234567 → "1,234,567"
std::string with_commas(std::uint64_t number);

}  // namespace martlet::cli::bench
