#include "http/prometheus/exposition.h"

#include "base/text.h"
#include "http/answers/utf8.h"

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

// With one more: {a="b"} and le="5" is {a="b",le="5"}.
std::string with_bound(std::string_view labels, double bound) {
    std::string le;
    append_number(le, bound);
    std::string_view inner = labels;
    if (!inner.empty()) inner = inner.substr(1, inner.size() - 2);
    return fmt::format("{{{}{}le=\"{}\"}}", inner, inner.empty() ? "" : ",", le);
}

}  // namespace

std::string label_text(std::initializer_list<Label> labels) {
    std::string out;
    for (const auto& [name, value] : labels) append_label(out, name, value);
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
    made.head = fmt::format("# HELP {} ", name);
    append_escaped(made.head, help, false);
    made.head += fmt::format("\n# TYPE {} {}\n", name, type_name(type));
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

void Exposition::add(std::string_view name, std::string_view help, Metric::Type type, double value,
                     std::string_view labels) {
    Family& one = family(name, help, type);
    if (one.labels.emplace(labels).second) line(one, "", labels, value);
}

void Exposition::add_bounded(std::string_view name, std::string_view help, Metric::Type type,
                             double value, std::string_view labels) {
    if (bounded_ == bounded_max_) {
        left_out_++;
        return;
    }
    bounded_++;
    add(name, help, type, value, labels);
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
    Family& one = family(metric.name, metric.help, metric.type);
    if (!is_sound || !one.labels.emplace(labels).second) return;
    for (std::size_t i = 0; i < metric.counts.size(); i++) {
        double bound = i < metric.bounds.size() ? metric.bounds[i] : INFINITY;
        line(one, "_bucket", with_bound(labels, bound), static_cast<double>(metric.counts[i]));
    }
    line(one, "_sum", labels, metric.value);
    line(one, "_count", labels, static_cast<double>(metric.counts.back()));
}

std::string Exposition::text() const {
    std::string out;
    for (const Family& one : families_) {
        if (one.lines.empty()) continue;
        out += one.head;
        out += one.lines;
    }
    return out;
}

}  // namespace martlet::http
