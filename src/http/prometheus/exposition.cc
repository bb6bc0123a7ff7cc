#include "http/prometheus/exposition.h"

#include "base/figure.h"
#include "base/text.h"
#include "http/answers/utf8.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace martlet::http {

namespace {

void append_escaped(std::string& out, std::string_view text, bool with_quotes) {
    for (char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '"' && with_quotes) {
            out += "\\\"";
        } else {
            out += c;
        }
    }
}

// The format is UTF-8: other bytes would make the whole answer unreadable.
std::string mended(std::string_view text) {
    std::string out;
    for (char c : text) out += static_cast<unsigned char>(c) < 0x80 ? c : '?';
    return out;
}

void append_number(std::string& out, double value) {
    if (std::isnan(value)) {
        out += "NaN";
    } else if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
    } else {
        fmt::format_to(std::back_inserter(out), "{}", value);
    }
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out += out.empty() ? '{' : ',';
    out += name;
    out += "=\"";
    append_escaped(out, is_utf8(value) ? value : mended(value), true);
    out += '"';
}

std::string_view type_name(Metric::Type type) {
    switch (type) {
        case Metric::Type::Gauge:
            return "gauge";
        case Metric::Type::Counter:
            return "counter";
        case Metric::Type::Histogram:
            return "histogram";
    }
    return "untyped";
}

}  // namespace

std::string label_text(std::initializer_list<Label> labels) {
    std::string out;
    for (const auto& [name, value] : labels) append_label(out, name, value);
    if (!out.empty()) out += '}';
    return out;
}

std::string with_label(std::string_view labels, std::string_view name, std::string_view value) {
    std::string out(labels.substr(0, labels.size() - (labels.empty() ? 0 : 1)));
    append_label(out, name, value);
    if (!out.empty()) out += '}';
    return out;
}

std::string metric_name(std::string_view text) {
    std::string out;
    for (char c : text) {
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool is_digit = c >= '0' && c <= '9';
        if (is_digit && out.empty()) out += '_';
        out += is_letter || is_digit ? c : '_';
    }
    return out;
}

Exposition::Family& Exposition::family(std::string_view name, std::string_view help,
                                       Metric::Type type) {
    auto found = by_name_.find(name);
    if (found != by_name_.end()) return families_[found->second];
    by_name_.emplace(std::string(name), families_.size());
    Family& made = families_.emplace_back();
    made.name = name;
    made.lines = fmt::format("# HELP {} ", name);
    append_escaped(made.lines, help, false);
    made.lines += fmt::format("\n# TYPE {} {}\n", name, type_name(type));
    return made;
}

void Exposition::line(Family& family, std::string_view suffix, std::string_view labels,
                      double value) {
    family.lines += family.name;
    family.lines += suffix;
    family.lines += labels;
    family.lines += ' ';
    append_number(family.lines, value);
    family.lines += '\n';
}

// Two labels with the same 64 bits would cost a line: once in ages, and that line only.
bool Exposition::is_new(Family& family, std::string_view labels) {
    return family.seen.insert(hash_text(labels)).second;
}

void Exposition::add(std::string_view name, std::string_view help, Metric::Type type, double value,
                     std::string_view labels) {
    Family& one = family(name, help, type);
    if (is_new(one, labels)) line(one, "", labels, value);
}

void Exposition::add_bounded(std::string_view name, std::string_view help, Metric::Type type,
                             double value, std::string_view labels) {
    if (bounded_ >= bounded_max_ || bounded_bytes_ >= kBoundedBytes) {
        left_out_++;
        return;
    }
    Family& one = family(name, help, type);
    if (!is_new(one, labels)) return;
    std::size_t before = one.lines.size();
    line(one, "", labels, value);
    bounded_bytes_ += one.lines.size() - before;
    bounded_++;
}

void Exposition::add(const Metric& metric) {
    std::string labels;
    for (const auto& [name, value] : metric.labels) append_label(labels, name, value);
    if (!labels.empty()) labels += '}';
    if (metric.type != Metric::Type::Histogram) {
        add(metric.name, metric.help, metric.type, metric.value, labels);
        return;
    }
    bool is_sound = metric.counts.size() == metric.bounds.size() + 1;
    if (!is_sound) return;
    Family& one = family(metric.name, metric.help, metric.type);
    if (!is_new(one, labels)) return;
    for (std::size_t i = 0; i < metric.counts.size(); i++) {
        std::string bound;
        append_number(bound, i < metric.bounds.size() ? metric.bounds[i] : INFINITY);
        line(one, "_bucket", with_label(labels, "le", bound),
             static_cast<double>(metric.counts[i]));
    }
    line(one, "_sum", labels, figure(metric.value));
    line(one, "_count", labels, static_cast<double>(metric.counts.back()));
}

std::string Exposition::text() const {
    std::string out;
    for (const Family& one : families_) out += one.lines;
    return out;
}

// Gives each family's memory back as soon as it is sent.
class Exposition::Pieces final : public BodySource {
  public:
    explicit Pieces(std::vector<Family> families) : families_(std::move(families)) {}

    bool next(std::string& out) override {
        constexpr std::size_t kPiece = 64 << 10;
        std::size_t end = out.size() + kPiece;
        while (out.size() < end) {
            if (family_ == families_.size()) return false;
            Family& one = families_[family_];
            std::size_t size = std::min(one.lines.size() - at_, end - out.size());
            out.append(one.lines, at_, size);
            at_ += size;
            if (at_ < one.lines.size()) return true;
            std::string().swap(one.lines);
            family_++;
            at_ = 0;
        }
        return true;
    }

  private:
    std::vector<Family> families_;
    std::size_t family_ = 0;
    std::size_t at_ = 0;
};

std::unique_ptr<BodySource> Exposition::stream(Exposition&& whole) {
    for (Family& one : whole.families_) HashSet<std::uint64_t>().swap(one.seen);
    return std::make_unique<Pieces>(std::move(whole.families_));
}

}  // namespace martlet::http
