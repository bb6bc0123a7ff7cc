#include "http/target.h"

#include <algorithm>
#include <utility>

namespace martlet::http {

namespace {

constexpr std::size_t kQueryFieldsMax = 100;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool has_control_characters(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Also those that were written as %2F: a handler may take the path for a file's name.
bool has_dots(std::string_view path) {
    while (!path.empty()) {
        std::size_t end = std::min(path.find_first_of("/\\"), path.size());
        std::string_view segment = path.substr(0, end);
        if (segment == "." || segment == "..") return true;
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return false;
}

bool read_path(std::string_view text, Target& target) {
    while (!text.empty()) {
        text.remove_prefix(1);  // its '/'
        std::size_t end = std::min(text.find('/'), text.size());
        auto segment = percent_decoded(text.substr(0, end));
        if (!segment || has_control_characters(*segment)) return false;
        target.path += '/';
        target.path += *segment;
        target.segments.push_back(std::move(*segment));
        text.remove_prefix(end);
    }
    return !has_dots(target.path);
}

bool read_query(std::string_view text, Fields& query) {
    while (!text.empty()) {
        std::size_t end = std::min(text.find('&'), text.size());
        std::string_view field = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (field.empty()) continue;
        std::size_t equals = std::min(field.find('='), field.size());
        auto name = percent_decoded(field.substr(0, equals));
        auto value = percent_decoded(field.substr(std::min(equals + 1, field.size())));
        if (!name || !value || query.size() >= kQueryFieldsMax) return false;
        if (value->find('\0') != value->npos || name->find('\0') != name->npos) return false;
        query.emplace_back(std::move(*name), std::move(*value));
    }
    return true;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); i++) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

std::optional<Target> read_target(std::string_view text) {
    Target target;
    constexpr std::string_view kScheme = "http://";
    if (text.starts_with(kScheme)) {
        text.remove_prefix(kScheme.size());
        std::size_t end = std::min(text.find('/'), text.size());
        target.authority = text.substr(0, end);
        text.remove_prefix(end);
        if (target.authority.empty()) return std::nullopt;
    }
    if (!text.starts_with('/')) return std::nullopt;
    std::size_t end = std::min(text.find('?'), text.size());
    // A fragment is the browser's own and is never sent.
    if (text.find('#') != text.npos || !read_path(text.substr(0, end), target)) return std::nullopt;
    if (!read_query(text.substr(std::min(end + 1, text.size())), target.query)) return std::nullopt;
    return target;
}

}  // namespace martlet::http
