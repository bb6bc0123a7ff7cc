#pragma once

// Reads what /metrics answers; for its tests.

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace martlet::http {

// Reads the text format as strictly as it is written down: each family's help and type once and
// first, names and labels sound, no line twice, counters ending in _total where that is ours.
class ExpositionReader {
  public:
    explicit ExpositionReader(std::string_view text) {
        if (!text.empty() && !text.ends_with('\n')) fail("no newline at the end");
        while (!text.empty() && problem.empty()) {
            std::string_view line = text.substr(0, text.find('\n'));
            text.remove_prefix(line.size() + 1);
            read(line);
        }
    }
    std::string problem;
    std::map<std::string, double> values;      // by name and labels
    std::map<std::string, std::string> types;  // by family

  private:
    void fail(std::string_view what) {
        if (problem.empty()) problem = what;
    }
    void read(std::string_view line) {
        if (line.starts_with("# HELP ")) return begin_family(line.substr(7));
        if (line.starts_with("# TYPE ")) return read_type(line.substr(7));
        read_value(line);
    }
    void begin_family(std::string_view rest) {
        family_ = rest.substr(0, rest.find(' '));
        if (!families_.insert(family_).second) fail("family twice: " + family_);
        type_.clear();
    }
    void read_type(std::string_view rest) {
        if (rest.substr(0, rest.find(' ')) != family_) fail("type of another family");
        type_ = rest.substr(rest.find(' ') + 1);
        types[family_] = type_;
        bool is_known = type_ == "gauge" || type_ == "counter" || type_ == "histogram";
        if (!is_known) fail("type " + type_);
        bool is_ours = family_.starts_with("martlet_");
        bool is_total = family_.ends_with("_total");
        if (is_ours && (type_ == "counter") != is_total) fail("_total is for counters: " + family_);
    }
    static bool is_name(std::string_view name) {
        auto is_first = [](char c) {
            return std::isalpha(static_cast<unsigned char>(c)) || c == '_';
        };
        if (name.empty() || !is_first(name.front())) return false;
        return std::all_of(name.begin(), name.end(), [&](char c) {
            return is_first(c) || std::isdigit(static_cast<unsigned char>(c));
        });
    }
    void read_value(std::string_view line) {
        std::size_t at = line.find_first_of("{ ");
        std::string_view name = line.substr(0, at);
        if (!is_name(name) || !is_of_family(name) || type_.empty()) return fail(line);
        if (line[at] == '{') at = read_labels(line, at + 1);
        if (at == std::string_view::npos || line[at] != ' ') return fail(line);
        std::string number(line.substr(at + 1));
        char* end = nullptr;
        double value = std::strtod(number.c_str(), &end);
        if (number.empty() || *end != '\0') return fail(line);
        if (!values.emplace(line.substr(0, at), value).second) fail("twice: " + std::string(line));
    }
    bool is_of_family(std::string_view name) const {
        if (type_ != "histogram") return name == family_;
        if (!name.starts_with(family_)) return false;
        name.remove_prefix(family_.size());
        return name == "_bucket" || name == "_sum" || name == "_count";
    }
    // The place behind the '}'.
    std::size_t read_labels(std::string_view line, std::size_t at) {
        while (true) {
            std::size_t equals = line.find("=\"", at);
            if (equals == std::string_view::npos) return equals;
            if (!is_name(line.substr(at, equals - at))) return std::string_view::npos;
            at = equals + 2;
            while (at < line.size() && line[at] != '"') {
                if (line[at] == '\\') {
                    at++;
                    if (at == line.size() || !std::strchr("\\\"n", line[at])) fail("escape");
                }
                at++;
            }
            if (at + 1 >= line.size()) return std::string_view::npos;
            at++;
            if (line[at] == '}') return at + 1;
            if (line[at] != ',') return std::string_view::npos;
            at++;
        }
    }

    std::string family_;
    std::string type_;
    std::set<std::string> families_;
};

}  // namespace martlet::http
