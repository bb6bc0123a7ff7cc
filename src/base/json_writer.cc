#include "base/json_writer.h"

#include "base/figure.h"
#include "base/text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace martlet {

namespace {

// Bytes of the UTF-8 sequence that begins `text`; 0: it is not sound.
std::size_t sequence_size(std::string_view text) {
    auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned char first = at(0);
    if (first < 0x80) return 1;
    std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; i++) {
        if ((at(i) & 0xc0) != 0x80) return 0;
    }
    if (first == 0xe0 && at(1) < 0xa0) return 0;  // longer than it must be
    if (first == 0xed && at(1) > 0x9f) return 0;  // a surrogate
    if (first == 0xf0 && at(1) < 0x90) return 0;
    if (first == 0xf4 && at(1) > 0x8f) return 0;  // beyond U+10FFFF
    return size;
}

void append_escaped(std::string& out, char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    auto byte = static_cast<unsigned char>(c);
    out += "\\u00";
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
}

bool must_escape(char c) {
    // '<' and '&': such text may stand inside a page.
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == '<' || c == '&' ||
           c == 0x7f;
}

}  // namespace

void JsonWriter::separate() {
    if (needs_comma_) out_ += ',';
    needs_comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
    separate();
    out_ += '{';
    needs_comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::end_object() {
    out_ += '}';
    needs_comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::begin_array() {
    separate();
    out_ += '[';
    needs_comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::end_array() {
    out_ += ']';
    needs_comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    text(name);
    out_ += ':';
    needs_comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
    separate();
    out_ += '"';
    while (!value.empty()) {
        if (must_escape(value.front())) {
            append_escaped(out_, value.front());
            value.remove_prefix(1);
            continue;
        }
        std::size_t size = sequence_size(value);
        if (size == 0) out_ += "\xef\xbf\xbd";
        out_ += value.substr(0, size);
        value.remove_prefix(size == 0 ? 1 : size);
    }
    out_ += '"';
    return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
    std::array<char, 24> digits;
    char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

JsonWriter& JsonWriter::number(double value) {
    if (!std::isfinite(value)) return null();
    std::array<char, 40> digits;
    char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

JsonWriter& JsonWriter::figure(std::optional<double> value) {
    return value ? number(martlet::figure(*value)) : null();
}

JsonWriter& JsonWriter::boolean(bool value) {
    return raw(value ? "true" : "false");
}

JsonWriter& JsonWriter::null() {
    return raw("null");
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

}  // namespace martlet
