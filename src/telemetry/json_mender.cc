#include "telemetry/json_mender.h"

#include "base/ascii.h"
#include "base/text.h"
#include "telemetry/json_number.h"
#include "telemetry/utf8_text.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kTextBytesMax = std::size_t{1} << 20;
constexpr std::size_t kLevelsMax = 64;
constexpr std::size_t kFaultsMax = 16;
constexpr std::size_t kLongNumbersMax = 10'000;
constexpr std::size_t kPathBytesMax = 256;
constexpr std::size_t kKeyBytesMax = 40;

// Words that stand for values in other languages. Case does not count, but for JSON's own.
struct Word {
    std::string_view word;
    std::string_view json;
    std::string_view what;
};
constexpr std::string_view kForeign = "no word of JSON";
constexpr std::string_view kNotFinite = "not finite";
constexpr std::string_view kNotNumber = "not a number";
constexpr Word kWords[] = {
    {"true", "true", {}},
    {"false", "false", {}},
    {"null", "null", {}},
    {"none", "null", kForeign},
    {"undefined", "null", "undefined"},
    {"nan", "null", kNotNumber},
    {"inf", "null", kNotFinite},
    {"infinity", "null", kNotFinite},
    {"ovf", "null", kNotFinite},
    {"1.#inf", "null", kNotFinite},
    {"1.#ind", "null", kNotNumber},
    {"1.#qnan", "null", kNotNumber},
};

bool is_word_char(char c) {
    bool is_letter = lower(c) >= 'a' && lower(c) <= 'z';
    return is_letter || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == '#';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    char small = lower(c);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// "0x1F", "-0XFF".
bool is_hex_number(std::string_view token) {
    if (token.starts_with('-') || token.starts_with('+')) token.remove_prefix(1);
    if (token.size() < 3 || token[0] != '0' || lower(token[1]) != 'x') return false;
    return std::all_of(token.begin() + 2, token.end(), [](char c) { return hex_digit(c) >= 0; });
}

// The four digits of \uXXXX that begin at `at`; -1: they are none.
int code_unit_at(std::string_view text, std::size_t at) {
    if (at + 4 > text.size()) return -1;
    int unit = 0;
    for (std::size_t i = 0; i < 4; i++) {
        int digit = hex_digit(text[at + i]);
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

std::string_view cut_text(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    while (bytes_max > 0 && (text[bytes_max] & 0xc0) == 0x80) bytes_max--;
    return text.substr(0, bytes_max);
}

}  // namespace

void JsonMender::clear(std::string_view document, std::size_t skipped) {
    document_ = document;
    at_ = 0;
    skipped_ = skipped;
    leaves_ = 0;
    text_.clear();
    path_.clear();
    levels_.clear();
    last_key_.clear();
    faults_.clear();
    long_numbers_.clear();
    has_single_quotes_ = false;
    broken_ = Broken::No;
}

bool JsonMender::fail(Broken broken) {
    if (broken_ == Broken::No) broken_ = broken;
    return false;
}

void JsonMender::add_fault(std::string_view what, std::size_t at) {
    if (faults_.size() == kFaultsMax) return;
    std::string path(cut_text(path_, kPathBytesMax));
    bool is_same = !faults_.empty() && faults_.back().what == what && faults_.back().path == path;
    if (!is_same) faults_.push_back({std::move(path), what, at + skipped_});
}

void JsonMender::enter(std::string_view name) {
    if (!path_.empty()) path_ += '.';
    path_ += name;
}

void JsonMender::skip_blanks() {
    while (!is_at_end() && is_blank(front())) at_++;
}

bool JsonMender::mend(std::string_view document, std::size_t skipped) {
    clear(document, skipped);
    if (!mend_value()) return false;
    while (!levels_.empty()) {
        if (text_.size() > kTextBytesMax) return fail(Broken::TooLong);
        if (!after_value()) return false;
    }
    skip_blanks();
    if (is_at_end()) return true;
    return fail(front() == '{' || front() == '[' ? Broken::Second : Broken::At);
}

// A scalar as a whole; of an object or array the beginning, up to its first scalar.
bool JsonMender::mend_value() {
    while (true) {
        skip_blanks();
        char c = front();
        if (c != '{' && c != '[') return mend_scalar();
        if (!open(c == '[')) return false;
        skip_blanks();
        if (front() == (c == '{' ? '}' : ']')) return leaves_++, close(front());
        if (!(c == '{' ? mend_key() : mend_element())) return false;
    }
}

bool JsonMender::mend_scalar() {
    if (!(is_text_next() ? mend_text() : mend_word())) return false;
    leaves_++;
    return true;
}

bool JsonMender::open(bool is_array) {
    if (levels_.size() == kLevelsMax) return fail(Broken::TooDeep);
    levels_.push_back({is_array, 0, path_.size()});
    text_ += is_array ? '[' : '{';
    at_++;
    return true;
}

bool JsonMender::close(char bracket) {
    path_.resize(levels_.back().path_bytes);
    levels_.pop_back();
    text_ += bracket;
    at_++;
    return true;
}

// Behind a value: the end of what it stands in, or the next value with its key.
bool JsonMender::after_value() {
    Level& level = levels_.back();
    path_.resize(level.path_bytes);
    char bracket = level.is_array ? ']' : '}';
    skip_blanks();
    if (front() == bracket && !is_at_end()) return close(bracket);
    if (front() != ',') return fail_here();
    std::size_t comma = at_++;
    skip_blanks();
    if (front() == bracket && !is_at_end()) {
        add_fault("comma at the end", comma);
        return close(bracket);
    }
    text_ += ',';
    level.index++;
    return (level.is_array ? mend_element() : mend_key()) && mend_value();
}

bool JsonMender::mend_element() {
    enter(fmt::format("{}", levels_.back().index));
    return true;
}

bool JsonMender::mend_key() {
    if (!is_text_next()) return fail_here();
    std::size_t begin = text_.size();
    if (!mend_text()) return false;
    std::string_view key = std::string_view(text_).substr(begin + 1, text_.size() - begin - 2);
    enter(key);
    last_key_.assign(cut_text(key, kKeyBytesMax));
    skip_blanks();
    if (front() != ':') return fail_here();
    at_++;
    text_ += ':';
    return true;
}

bool JsonMender::mend_word() {
    std::size_t end = at_;
    while (end < document_.size() && is_word_char(document_[end])) end++;
    auto token = document_.substr(at_, end - at_);
    if (token.empty()) return mend_missing();
    // The rest of it may be missing.
    if (end == document_.size() && !levels_.empty()) return at_ = end, fail(Broken::CutOff);
    bool is_signed = token.size() > 1 && (token[0] == '-' || token[0] == '+');
    auto plain = token.substr(is_signed ? 1 : 0);
    for (const Word& word : kWords) {
        if (plain.size() != word.word.size() || lowered(plain) != word.word) continue;
        bool is_exact = token == word.word && word.what.empty();
        if (is_signed && (word.json != "null" || word.what == kForeign || word.what.empty()))
            return fail_here();
        if (!is_exact) add_fault(word.what.empty() ? kForeign : word.what);
        text_ += word.json;
        at_ = end;
        return true;
    }
    if (std::size_t far = commas_end(end); far > end) return mend_commas(end, far);
    if (!mend_number(token)) return fail_here();
    at_ = end;
    return true;
}

// {"temp":,"hum":40}: a sensor that said nothing.
bool JsonMender::mend_missing() {
    bool is_missing = !levels_.empty() && !levels_.back().is_array;
    if (!is_missing || (front() != ',' && front() != '}')) return fail_here();
    add_fault("no value");
    text_ += "null";
    return true;
}

// {"temp":21,5}: digits cannot be the next name, so that the comma belongs to the number, which
// ends where this says; `end` is where its first digits end. In a list they are two numbers.
std::size_t JsonMender::commas_end(std::size_t end) const {
    if (levels_.empty() || levels_.back().is_array) return end;
    auto token = document_.substr(at_, end - at_);
    if (token.starts_with('-') || token.starts_with('+')) token.remove_prefix(1);
    if (token.empty() || !std::all_of(token.begin(), token.end(), is_digit)) return end;
    std::size_t far = end;
    while (far + 1 < document_.size() && document_[far] == ',' && is_digit(document_[far + 1])) {
        far++;
        while (far < document_.size() && is_digit(document_[far])) far++;
    }
    std::size_t next = far;
    while (next < document_.size() && is_blank(document_[next])) next++;
    bool is_whole = next < document_.size() && (document_[next] == ',' || document_[next] == '}');
    return is_whole ? far : end;
}

bool JsonMender::mend_commas(std::size_t digits_end, std::size_t end) {
    auto whole = document_.substr(at_, digits_end - at_);
    auto rest = document_.substr(digits_end + 1, end - digits_end - 1);
    bool is_signed = whole.starts_with('-') || whole.starts_with('+');
    std::size_t digits = whole.size() - (is_signed ? 1 : 0);
    // "1,234" is one or a thousand; "0,250" is neither in groups of three.
    bool may_be_groups = rest.size() == 3 && digits <= 3 && whole[whole.size() - digits] != '0';
    bool is_one_comma = rest.find(',') == std::string_view::npos;
    std::string number(whole);
    number += '.';
    number += rest;
    add_fault("comma in a number");
    bool is_read = is_one_comma && !may_be_groups;
    auto form = is_read ? append_json_number(text_, number) : NumberForm::None;
    if (form == NumberForm::None || form == NumberForm::Huge) text_ += "null";
    at_ = end;
    return true;
}

bool JsonMender::mend_number(std::string_view token) {
    switch (append_json_number(text_, token)) {
        case NumberForm::None:
            if (!is_hex_number(token)) return false;
            add_fault("hexadecimal number");
            text_ += "null";
            break;
        case NumberForm::Sound:
            break;
        case NumberForm::Mended:
            add_fault("no number of JSON");
            break;
        case NumberForm::Long:
            add_fault("more than 64 bits");
            if (long_numbers_.size() < kLongNumbersMax)
                long_numbers_.push_back({leaves_, std::string(token)});
            break;
        case NumberForm::Huge:
            add_fault(kNotFinite);
            text_ += "null";
            break;
    }
    return true;
}

// A quote, or Python's u'' and b''.
bool JsonMender::is_text_next() const {
    auto rest = document_.substr(at_);
    if (rest.empty()) return false;
    if (rest[0] == '"' || rest[0] == '\'') return true;
    return rest.size() > 1 && (rest[0] == 'u' || rest[0] == 'b') && rest[1] == '\'';
}

bool JsonMender::mend_text() {
    if (front() == 'u' || front() == 'b') at_++;
    char quote = front();
    if (quote == '\'' && !has_single_quotes_) {
        has_single_quotes_ = true;
        add_fault("single quotes");
    }
    at_++;
    text_ += '"';
    while (!is_at_end() && front() != quote) {
        if (text_.size() > kTextBytesMax) return fail(Broken::TooLong);
        if (front() != '\\') {
            mend_character();
        } else if (!mend_escape(quote)) {
            return false;
        }
    }
    if (is_at_end()) return fail(Broken::CutOff);
    at_++;
    text_ += '"';
    return true;
}

void JsonMender::mend_character() {
    char c = front();
    if (static_cast<unsigned char>(c) < ' ') {
        add_fault("control character");
        text_ += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        at_++;
        return;
    }
    if (c == '"') text_ += '\\';
    std::size_t length = character_bytes(document_.substr(at_));
    if (length == 0) add_fault("not UTF-8");
    length = std::max(length, std::size_t{1});
    append_utf8(text_, document_.substr(at_, length));
    at_ += length;
}

bool JsonMender::mend_escape(char quote) {
    if (at_ + 1 == document_.size()) return at_++, fail(Broken::CutOff);
    char c = document_[at_ + 1];
    if (c == 'u') return mend_unicode_escape();
    if (std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos) {
        text_ += document_.substr(at_, 2);
        at_ += 2;
        return true;
    }
    bool has_hex = c == 'x' && at_ + 3 < document_.size() && hex_digit(document_[at_ + 2]) >= 0 &&
                   hex_digit(document_[at_ + 3]) >= 0;
    if (has_hex) {
        text_ += "\\u00";
        text_ += document_.substr(at_ + 2, 2);
        at_ += 4;
    } else if (c == '\'') {
        text_ += '\'';
        at_ += 2;
    } else {
        // "C:\data": the backslash is meant as it stands.
        text_ += "\\\\";
        at_++;
    }
    if (quote == '"') add_fault("unknown escape");
    return true;
}

bool JsonMender::mend_unicode_escape() {
    int unit = code_unit_at(document_, at_ + 2);
    if (unit < 0) {
        if (at_ + 6 > document_.size()) return at_ = document_.size(), fail(Broken::CutOff);
        return fail_here();
    }
    bool is_high = unit >= 0xd800 && unit <= 0xdbff;
    bool is_low = unit >= 0xdc00 && unit <= 0xdfff;
    bool has_next = document_.substr(at_ + 6).starts_with("\\u");
    int next = has_next ? code_unit_at(document_, at_ + 8) : -1;
    if (is_high && next >= 0xdc00 && next <= 0xdfff) {
        text_ += document_.substr(at_, 12);
        at_ += 12;
        return true;
    }
    if (is_high || is_low) {
        add_fault("lone surrogate");
        text_ += "\\ufffd";
    } else {
        text_ += document_.substr(at_, 6);
    }
    at_ += 6;
    return true;
}

std::string JsonMender::broken_place(std::size_t skipped) const {
    std::size_t at = at_ + skipped;
    switch (broken_) {
        case Broken::No:
            return {};
        case Broken::CutOff:
            return fmt::format("cut off at byte {}", at);
        case Broken::Second:
            return fmt::format("second document begins at byte {}", at);
        case Broken::TooDeep:
            return fmt::format("too deep at byte {}", at);
        case Broken::TooLong:
        case Broken::At:
            break;
    }
    if (last_key_.empty()) return fmt::format("at byte {}", at);
    return fmt::format("at byte {} (after key '{}')", at, last_key_);
}

}  // namespace martlet::telemetry
