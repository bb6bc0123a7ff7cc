#include "cli/output/json_writer.h"

#include "base/text.h"
#include "mqtt/topic.h"

#include <algorithm>

namespace martlet::cli {

namespace {

// Bytes of the well-formed character at the front; 0: none.
std::size_t character_size(std::string_view text) {
    auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return 1;
    std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
    if (size == 0 || size > text.size() || first > 0xF4) return 0;
    for (std::size_t i = 1; i < size; i++) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
    }
    auto second = static_cast<unsigned char>(text[1]);
    bool is_overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    bool is_beyond = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
    return is_overlong || is_beyond ? 0 : size;
}

void append_character(char letter, std::string& out) {
    switch (letter) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\b':
            out += "\\b";
            break;
        case '\f':
            out += "\\f";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            if (static_cast<unsigned char>(letter) < 32) {
                out += fmt::format("\\u{:04x}", static_cast<unsigned>(letter));
            } else {
                out += letter;
            }
    }
}

}  // namespace

void append_json_text(std::string_view text, std::string& out) {
    out += '"';
    while (!text.empty()) {
        std::size_t size = character_size(text);
        if (size == 1) {
            append_character(text[0], out);
        } else if (size == 0) {
            out += "\\ufffd";
        } else {
            out += text.substr(0, size);
        }
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    out += '"';
}

void JsonWriter::indent() {
    out_.append(inside_.size(), '\t');
}

// What stands before a key, or before a value of an array.
void JsonWriter::separate() {
    if (is_behind_key_ || inside_.empty()) {
        is_behind_key_ = false;
        return;
    }
    bool is_object = inside_.back() == '{';
    if (!is_first_) out_ += is_pretty_ && !is_object ? ", " : ",";
    if (is_pretty_ && is_object) {
        out_ += '\n';
        indent();
    }
    is_first_ = false;
}

void JsonWriter::begin_object() {
    separate();
    out_ += '{';
    inside_ += '{';
    is_first_ = true;
}

void JsonWriter::end_object() {
    inside_.pop_back();
    if (is_pretty_) {
        out_ += '\n';
        indent();
    }
    out_ += '}';
    is_first_ = false;
}

void JsonWriter::begin_array() {
    separate();
    out_ += '[';
    inside_ += '[';
    is_first_ = true;
}

void JsonWriter::end_array() {
    inside_.pop_back();
    out_ += ']';
    is_first_ = false;
}

void JsonWriter::key(std::string_view text) {
    std::string json;
    append_json_text(text, json);
    raw_key(json);
}

void JsonWriter::raw_key(std::string_view json) {
    separate();
    out_ += json;
    out_ += is_pretty_ ? ":\t" : ":";
    is_behind_key_ = true;
}

void JsonWriter::text(std::string_view value) {
    separate();
    append_json_text(value, out_);
}

void JsonWriter::number(std::uint64_t value) {
    raw(std::to_string(value));
}

void JsonWriter::raw(std::string_view json) {
    separate();
    out_ += json;
}

}  // namespace martlet::cli
