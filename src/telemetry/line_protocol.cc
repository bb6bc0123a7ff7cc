#include "telemetry/line_protocol.h"

#include <charconv>
#include <cmath>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kMembersMax = 1000;
// The format's own bound: a quote that is never closed does not cost the whole payload.
constexpr std::size_t kTextBytesMax = std::size_t{64} << 10;

// Up to one of `ends`, which is not taken. A backslash before one of `escaped` takes it along.
bool take_name(std::string_view& rest, std::string_view ends, std::string_view escaped,
               std::string& name) {
    name.clear();
    while (!rest.empty() && ends.find(rest.front()) == std::string_view::npos) {
        char c = rest.front();
        if (c == '\n' || c == '\r' || (c == '=' && escaped.find('=') == std::string_view::npos))
            return false;
        if (c == '\\' && rest.size() > 1 && escaped.find(rest[1]) != std::string_view::npos)
            rest.remove_prefix(1);
        name += rest.front();
        rest.remove_prefix(1);
        if (name.size() > kNameBytesMax) return false;
    }
    return !name.empty();
}

bool take(std::string_view& rest, char c) {
    if (!rest.starts_with(c)) return false;
    rest.remove_prefix(1);
    return true;
}

bool take_blanks(std::string_view& rest) {
    bool is_any = false;
    while (take(rest, ' ')) is_any = true;
    return is_any;
}

bool take_text(std::string_view& rest, LineMember& field) {
    field.value.type = LeafType::Text;
    rest.remove_prefix(1);
    while (!rest.empty() && rest.front() != '"') {
        bool is_escape = rest.front() == '\\' && rest.size() > 1;
        if (is_escape && (rest[1] == '"' || rest[1] == '\\')) rest.remove_prefix(1);
        field.text += rest.front();
        rest.remove_prefix(1);
        if (field.text.size() > kTextBytesMax) return false;
    }
    return take(rest, '"');
}

bool is_boolean(std::string_view word, bool& value) {
    value = word == "t" || word == "T" || word == "true" || word == "True" || word == "TRUE";
    return value || word == "f" || word == "F" || word == "false" || word == "False" ||
           word == "FALSE";
}

template <typename T>
bool convert(std::string_view word, T& number) {
    auto result = std::from_chars(word.data(), word.data() + word.size(), number);
    return result.ec == std::errc{} && result.ptr == word.data() + word.size();
}

// "40i" and "40u".
bool read_integer(std::string_view word, JsonLeaf& leaf) {
    word.remove_suffix(1);
    if (word.empty() || word.find_first_not_of("0123456789-") != std::string_view::npos)
        return false;
    leaf.type = LeafType::Real;
    if (convert(word, leaf.integer)) {
        leaf.type = LeafType::Integer;
        leaf.number = static_cast<double>(leaf.integer);
        return true;
    }
    return convert(word, leaf.number) && std::isfinite(leaf.number);
}

bool read_real(std::string_view word, JsonLeaf& leaf) {
    // The library takes more than the format has: "inf", hexadecimal digits.
    if (word.find_first_not_of("0123456789+-.eE") != std::string_view::npos) {
        bool is_no_number = word == "NaN" || word == "nan" || word == "inf" || word == "-inf" ||
                            word == "Inf" || word == "-Inf" || word == "+Inf";
        leaf.type = LeafType::Null;
        return is_no_number;
    }
    if (word.starts_with('+')) word.remove_prefix(1);
    leaf.type = LeafType::Real;
    return convert(word, leaf.number) && std::isfinite(leaf.number);
}

bool take_value(std::string_view& rest, LineMember& field) {
    if (rest.starts_with('"')) return take_text(rest, field);
    auto word = rest.substr(0, rest.find_first_of(", \r\n"));
    rest.remove_prefix(word.size());
    bool boolean = false;
    if (word.empty()) return false;
    if (is_boolean(word, boolean)) {
        field.value.type = LeafType::Boolean;
        field.value.integer = boolean ? 1 : 0;
        field.value.number = static_cast<double>(field.value.integer);
        return true;
    }
    bool is_integer = word.back() == 'i' || word.back() == 'u';
    return is_integer ? read_integer(word, field.value) : read_real(word, field.value);
}

bool take_tags(std::string_view& rest, Line& line) {
    while (take(rest, ',')) {
        LineMember& tag = line.tags.emplace_back();
        tag.value.type = LeafType::Text;
        if (!take_name(rest, "=, ", ",= \\", tag.name) || !take(rest, '=')) return false;
        if (!take_name(rest, ", ", ",= \\", tag.text)) return false;
        if (line.tags.size() == kMembersMax) return false;
    }
    return true;
}

bool take_fields(std::string_view& rest, Line& line) {
    do {
        LineMember& field = line.fields.emplace_back();
        if (!take_name(rest, "=, ", ",= \\", field.name) || !take(rest, '=')) return false;
        if (!take_value(rest, field)) return false;
        if (line.fields.size() == kMembersMax) return false;
    } while (take(rest, ','));
    return true;
}

bool take_timestamp(std::string_view& rest, Line& line) {
    auto word = rest.substr(0, rest.find_first_of(" \r\n"));
    if (word.empty()) return true;
    line.has_timestamp = true;
    rest.remove_prefix(word.size());
    return convert(word, line.timestamp);
}

}  // namespace

bool take_line(std::string_view& rest, Line& line) {
    line.tags.clear();
    line.fields.clear();
    line.has_timestamp = false;
    std::string_view now = rest;
    if (!take_name(now, ", ", ", \\", line.measurement) || !take_tags(now, line)) return false;
    if (!take_blanks(now) || !take_fields(now, line)) return false;
    if (take_blanks(now) && !take_timestamp(now, line)) return false;
    take_blanks(now);
    take(now, '\r');
    if (!now.empty() && !take(now, '\n')) return false;
    rest = now;
    return true;
}

}  // namespace martlet::telemetry
