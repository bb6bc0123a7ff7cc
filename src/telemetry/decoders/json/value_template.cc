#include "telemetry/decoders/json/value_template.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

std::string_view trimmed(std::string_view text) {
    auto first = text.find_first_not_of(" \t\r\n-");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n-") - first + 1);
}

bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c & 0x80) != 0;
}

// Takes ".name" or "['name']" or "[0]" off the front; false: neither.
bool take_step(std::string_view& rest, std::string& path) {
    std::string_view name;
    if (rest.starts_with('.')) {
        auto end = std::find_if_not(rest.begin() + 1, rest.end(), is_name_char);
        name = rest.substr(1, static_cast<std::size_t>(end - rest.begin()) - 1);
        rest.remove_prefix(name.size() + 1);
    } else if (rest.starts_with('[')) {
        auto close = rest.find(']');
        if (close == std::string_view::npos) return false;
        name = trimmed(rest.substr(1, close - 1));
        bool is_quoted =
            name.size() >= 2 && (name[0] == '\'' || name[0] == '"') && name.back() == name.front();
        if (is_quoted) name = name.substr(1, name.size() - 2);
        rest.remove_prefix(close + 1);
    }
    if (name.empty()) return false;
    if (!path.empty()) path += '.';
    path += name;
    return true;
}

// Filters that leave the value as it is.
bool keeps_value(std::string_view filter) {
    auto name = trimmed(filter.substr(0, filter.find('(')));
    for (std::string_view known : {"float", "int", "round", "default", "is_defined", "string"}) {
        if (name == known) return true;
    }
    return false;
}

}  // namespace

bool path_of_template(std::string_view text, std::string& path) {
    path.clear();
    text = trimmed(text);
    if (!text.starts_with("{{") || !text.ends_with("}}") || text.size() < 4) return false;
    auto rest = trimmed(text.substr(2, text.size() - 4));
    constexpr std::string_view kJson = "value_json";
    if (rest.starts_with(kJson)) {
        rest.remove_prefix(kJson.size());
        while (rest.starts_with('.') || rest.starts_with('['))
            if (!take_step(rest, path)) return false;
        if (path.empty()) return false;
    } else if (rest.starts_with("value")) {
        rest.remove_prefix(5);
    } else {
        return false;
    }
    rest = trimmed(rest);
    while (!rest.empty()) {
        if (!rest.starts_with('|')) return false;
        rest.remove_prefix(1);
        auto bar = std::min(rest.find('|'), rest.size());
        auto filter = trimmed(rest.substr(0, bar));
        // Whatever stands behind the parenthesis of a filter computes.
        auto close = filter.rfind(')');
        bool is_plain = close == std::string_view::npos || close + 1 == filter.size();
        if (!is_plain || !keeps_value(filter)) return false;
        rest.remove_prefix(bar);
    }
    return true;
}

}  // namespace martlet::telemetry
