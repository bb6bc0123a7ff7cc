#pragma once

// Gathers metrics and writes them in Prometheus' text format (version 0.0.4): families in the order
// of their coming, each with its help and type once, labels escaped. A line that has the name and
// labels of an earlier one is left out, since Prometheus would refuse the whole answer. One
// request, one thread.

#include "base/hash_map.h"
#include "http/metric_source.h"
#include "http/response.h"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::http {

using Label = std::pair<std::string_view, std::string_view>;

// "{a="b"}" or nothing; those with an empty value are left out, which means the same.
std::string label_text(std::initializer_list<Label> labels);
// `labels` as label_text() makes them, and one more.
std::string with_label(std::string_view labels, std::string_view name, std::string_view value);
// A name that Prometheus allows: what it does not becomes '_'.
std::string metric_name(std::string_view text);

class Exposition {
  public:
    // However few lines there are, their labels may be long.
    static constexpr std::size_t kBoundedBytes = 64u << 20;

    // So many lines about sources in each share; what is beyond is only counted.
    explicit Exposition(std::size_t bounded_max) : bounded_max_(bounded_max) {}

    // `labels` as label_text() makes them.
    void add(std::string_view name, std::string_view help, Metric::Type type, double value,
             std::string_view labels = {});
    // Of a source: bounded.
    void add_bounded(std::string_view name, std::string_view help, Metric::Type type, double value,
                     std::string_view labels);
    void add(const Metric& metric);

    // What comes now has the bound for itself, so that one kind of lines does not starve another.
    void begin_share() { bounded_ = 0; }
    std::size_t left_out() const { return left_out_; }

    // All of it, in one piece or in many.
    std::string text() const;
    static std::unique_ptr<BodySource> stream(Exposition&& whole);

  private:
    class Pieces;
    struct Family {
        std::string name;
        std::string lines;            // its help and type first
        HashSet<std::uint64_t> seen;  // hashes of labels
    };
    Family& family(std::string_view name, std::string_view help, Metric::Type type);
    static bool is_new(Family& family, std::string_view labels);
    static void line(Family& family, std::string_view suffix, std::string_view labels,
                     double value);

    std::size_t bounded_max_;
    std::size_t bounded_ = 0;
    std::size_t bounded_bytes_ = 0;
    std::size_t left_out_ = 0;
    std::vector<Family> families_;
    TextMap<std::size_t> by_name_;
};

}  // namespace martlet::http
