#include "telemetry/units.h"

#include "base/ascii.h"
#include "base/hash_map.h"
#include "mqtt/topic.h"
#include "telemetry/number_text.h"
#include "telemetry/unit_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kSpellingBytesMax = 48;
constexpr std::size_t kStatedBytesMax = 16;

bool is_letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// One sign in several encodings: letters that look alike, squared letters, HTML, and UTF-8 that
// was taken for Latin-1 and encoded again.
struct Glyph {
    std::string_view text;
    std::string_view sign;
};
constexpr Glyph kGlyphs[] = {
    {"℃", "°C"},       {"℉", "°F"},      {"º", "°"},      {"˚", "°"},        {"μ", "µ"},
    {"㎥", "m³"},      {"㎡", "m²"},     {"㎍", "µg"},    {"㎎", "mg"},      {"㎏", "kg"},
    {"㎞", "km"},      {"㎜", "mm"},     {"㎝", "cm"},    {"㎾", "kW"},      {"㎐", "Hz"},
    {"㎪", "kPa"},     {"㍱", "hPa"},    {"㏈", "dB"},    {"\u212a", "K"},   {"\u2126", "Ω"},
    {"％", "%"},       {"⋅", "·"},       {"•", "·"},      {"Â°", "°"},       {"Âº", "°"},
    {"Âµ", "µ"},       {"Â²", "²"},      {"Â³", "³"},     {"^2", "²"},       {"^3", "³"},
    {"**2", "²"},      {"**3", "³"},     {"&deg;", "°"},  {"&#176;", "°"},   {"&#xb0;", "°"},
    {"&#xB0;", "°"},   {"&micro;", "µ"}, {"&#181;", "µ"}, {"&#xb5;", "µ"},   {"&sup2;", "²"},
    {"&sup3;", "³"},   {"&#178;", "²"},  {"&#179;", "³"}, {"&percnt;", "%"}, {"&#37;", "%"},
    {"&Omega;", "Ω"},  {"&ohm;", "Ω"},   {"&euro;", "€"}, {"&pound;", "£"},  {"&#8451;", "°C"},
    {"&#8457;", "°F"}, {"&nbsp;", " "},  {"&#160;", " "}, {"\u00a0", " "},   {"\u202f", " "},
    {"\u2009", " "},   {" per ", "/"},   {"_per_", "/"},  {"\\u00b0", "°"},  {"\\u00B0", "°"},
};

// A byte of Latin-1, or U+FFFD in its place, before C or F can be nothing but the degree sign.
std::size_t lost_degree_bytes(std::string_view text) {
    std::size_t size = 0;
    if (text.starts_with('\xb0')) size = 1;
    if (text.starts_with("\ufffd")) size = 3;
    if (size == 0 || text.size() != size + 1) return 0;
    return text[size] == 'C' || text[size] == 'F' ? size : 0;
}

std::string with_known_glyphs(std::string_view text) {
    std::string result;
    text = trimmed(text);
    if (std::size_t lost = lost_degree_bytes(text); lost > 0) {
        result += "°";
        text.remove_prefix(lost);
    }
    while (!text.empty()) {
        char c = text.front();
        // Nothing else begins a glyph.
        bool may_be_glyph = (c & 0x80) != 0 || (!is_letter(c) && !is_digit(c));
        auto glyph = std::end(kGlyphs);
        if (may_be_glyph) {
            glyph = std::find_if(std::begin(kGlyphs), std::end(kGlyphs),
                                 [&](const Glyph& row) { return text.starts_with(row.text); });
        }
        if (glyph == std::end(kGlyphs)) {
            result += c;
            text.remove_prefix(1);
        } else {
            result += glyph->sign;
            text.remove_prefix(glyph->text.size());
        }
    }
    return result;
}

std::string_view without_brackets(std::string_view text) {
    text = trimmed(text);
    if (text.size() < 3) return text;
    bool is_round = text.front() == '(' && text.back() == ')';
    bool is_square = text.front() == '[' && text.back() == ']';
    return is_round || is_square ? trimmed(text.substr(1, text.size() - 2)) : text;
}

// "m3" is "m³": a 2 or 3 behind a letter, with no letter or digit behind it.
std::string_view power_at(std::string_view text, std::size_t i) {
    if (i == 0 || !is_letter(text[i - 1]) || (text[i] != '2' && text[i] != '3')) return {};
    if (i + 1 < text.size() && (is_letter(text[i + 1]) || is_digit(text[i + 1]))) return {};
    return text[i] == '2' ? "²" : "³";
}

// One way to write each spelling, case as it is. Empty: no unit.
std::string spelling_of(std::string_view text) {
    if (text.size() > kSpellingBytesMax) return {};
    std::string signs = with_known_glyphs(text);
    std::string_view rest = without_brackets(signs);
    if (rest.empty() || rest.front() == '-' || rest.front() == '.') return {};
    std::string spelling;
    std::size_t part = 0;  // where the last word begins
    for (std::size_t i = 0; i < rest.size(); i++) {
        auto power = power_at(rest, i);
        if (rest[i] == ' ' || rest[i] == '_') {
            part = spelling.size();
        } else if (!power.empty()) {
            spelling += power;
        } else {
            spelling += rest[i];
        }
    }
    // "kW h" is a unit in two words; "m in" are two units.
    bool is_short = part > 0 && spelling.size() <= 3 && is_letter(spelling[part - 1]);
    if (is_short && lower(spelling[part]) != 'h' && is_letter(spelling[part])) return {};
    return spelling;
}

std::string folded(std::string_view spelling) {
    std::string result;
    for (char c : spelling) {
        if (c != '-' && c != '.') result += lower(c);
    }
    return result;
}

class Spellings {
  public:
    Spellings() {
        for (const UnitRow& row : unit_rows()) {
            add(row, row.name, row.name.size() > 1);
            for_each(row, [&](std::string_view word) { add(row, word, true); });
        }
        for (const UnitRow& row : unit_rows()) {
            for_each(row, [&](std::string_view word) { mark_ambiguous(row, word); });
        }
    }

    const UnitRow* find(std::string_view text) const {
        std::string spelling = spelling_of(text);
        if (spelling.empty()) return nullptr;
        if (auto found = exact_.find(spelling); found != exact_.end()) return found->second;
        auto found = folded_.find(folded(spelling));
        return found == folded_.end() ? nullptr : found->second;
    }

  private:
    template <typename F>
    static void for_each(const UnitRow& row, F use) {
        std::string_view rest = row.spellings;
        while (!rest.empty()) {
            auto end = std::min(rest.find(' '), rest.size());
            if (end > 0) use(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }

    void add(const UnitRow& row, std::string_view word, bool folds) {
        if (word.size() > 1 && word.starts_with('=')) {
            word.remove_prefix(1);
            folds = false;
        }
        std::string spelling = spelling_of(word);
        exact_.emplace(spelling, &row);
        if (!folds) return;
        auto [found, is_new] = folded_.emplace(folded(spelling), &row);
        if (!is_new && found->second != &row) found->second = nullptr;
    }

    // "mb" and "MB" are different units: no other case of the two letters is either.
    void mark_ambiguous(const UnitRow& row, std::string_view word) {
        if (!word.starts_with('=') || word.size() < 3) return;
        auto found = folded_.find(folded(spelling_of(word.substr(1))));
        if (found != folded_.end() && found->second != &row) found->second = nullptr;
    }

    TextMap<const UnitRow*> exact_;
    TextMap<const UnitRow*> folded_;  // null: several
};

const UnitRow* find_row(std::string_view text) {
    static const Spellings spellings;
    return spellings.find(text);
}

constexpr std::string_view kNoUnits[] = {
    "none",     "null",          "n/a",      "na",    "nan",   "nil", "unknown", "undefined",
    "unit",     "units",         "true",     "false", "on",    "off", "yes",     "no",
    "unitless", "dimensionless", "imperial", "text",  "state", "raw", "boolean", "metric",
    "no_units",
};

bool can_be_unit(std::string_view text) {
    if (text.empty() || text.size() > kStatedBytesMax || !mqtt::is_valid_utf8(text)) return false;
    bool has_sign = false;
    for (char c : text) {
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) return false;
        has_sign = has_sign || is_letter(c) || (c & 0x80) != 0 || c == '%' || c == '$' || c == '#';
    }
    // Signs alone ("-", "--", "?") say that there is none; digits alone are a number.
    if (!has_sign || std::count(text.begin(), text.end(), ' ') > 1) return false;
    ReadNumber number;
    if (read_number(text, number) == text.size()) return false;
    return std::find(std::begin(kNoUnits), std::end(kNoUnits), lowered(text)) == std::end(kNoUnits);
}

// "251231220000W" and "251231220000S": a time of winter or summer, and no power.
bool is_meter_time(std::string_view text) {
    constexpr std::size_t kDigits = 12;
    return text.size() == kDigits + 1 && std::all_of(text.begin(), text.end() - 1, is_digit) &&
           (text.back() == 'W' || text.back() == 'S');
}

bool is_hex_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); });
}

// Words behind a number that make a time, a date or a truth of it.
constexpr std::string_view kNoUnitWords[] = {
    "am",  "pm",  "uhr", "utc", "gmt", "ok",  "on",  "off", "true", "false", "yes",  "no",
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep",  "oct",   "nov",  "dec",
    "of",  "to",  "and", "or",  "x",   "bis", "und", "von", "sept", "march", "june", "july",
};
constexpr std::string_view kWordsInFront[] = {"€",   "£",   "$",   "pH",  "EUR", "GBP",
                                              "USD", "CHF", "SEK", "NOK", "DKK", "PLN"};

// Letters of any script, and the '/' of "kWh/h". Signs, arrows and pictures are no letters.
bool is_unit_word(std::string_view word) {
    constexpr std::size_t kLettersMax = 12;
    if (word.empty() || word.front() == '/' || !mqtt::is_valid_utf8(word)) return false;
    std::size_t letters = 0;
    for (char c : word) {
        auto byte = static_cast<unsigned char>(c);
        bool is_sign = byte == 0xe2 || byte >= 0xf0;
        if (is_sign || (byte < 0x80 && !is_letter(c) && c != '/')) return false;
        if ((byte & 0xc0) != 0x80) letters++;
    }
    return letters <= kLettersMax;
}

bool is_word_behind(std::string_view number, std::string_view word) {
    if (!is_unit_word(word) || !known_unit(word).empty()) return false;
    bool is_byte = number.size() == 2 && word.size() == 2;
    if (is_byte && is_hex_digits(number) && is_hex_digits(word)) return false;
    return std::find(std::begin(kNoUnitWords), std::end(kNoUnitWords), lowered(word)) ==
           std::end(kNoUnitWords);
}

Value value_of(const ReadNumber& read) {
    return read.is_whole ? Value(read.whole) : Value(read.real);
}

}  // namespace

std::string_view known_unit(std::string_view text) {
    const UnitRow* row = find_row(text);
    return row == nullptr ? std::string_view() : row->name;
}

std::string stated_unit(std::string_view text) {
    if (auto known = known_unit(text); !known.empty()) return std::string(known);
    text = trimmed(text);
    return can_be_unit(text) ? std::string(text) : std::string();
}

double unit_factor(std::string_view from, std::string_view to) {
    const UnitRow* source = find_row(from);
    const UnitRow* target = find_row(to);
    if (source == nullptr || target == nullptr) return !from.empty() && from == to ? 1 : 0;
    if (source == target) return 1;
    if (source->measure == Measure::Alone || source->measure != target->measure) return 0;
    return source->factor / target->factor;
}

bool quantity_from_text(std::string_view text, Value& number, std::string_view& unit) {
    text = trimmed(text);
    // Most texts are none: they are sorted out before anything is looked up.
    if (text.empty() || is_letter(text.front()) || text.size() > 64) return false;
    ReadNumber read;
    std::size_t size = read_number(text, read);
    if (size == 0 || size == text.size()) return false;
    // "1f", "12a" and "007b" are as well bytes or an identity.
    if (is_hex_digits(text)) return false;
    std::string_view word = text.substr(size);
    bool is_apart = word.front() == ' ' || (word.front() & 0x80) != 0;
    // "12k" counts thousands.
    if (!is_apart && (word == "k" || word == "K")) return false;
    // "1/2" and "1/min" are no numbers with a unit behind them.
    if (word.front() == '/') return false;
    if (is_meter_time(text)) return false;
    auto known = known_unit(word);
    if (known.empty()) return false;
    unit = known;
    number = value_of(read);
    return true;
}

bool number_with_word(std::string_view text, Value& number, std::string& word) {
    constexpr std::size_t kBytesMax = 64;
    text = trimmed(text);
    if (text.empty() || text.size() > kBytesMax) return false;
    ReadNumber read;
    for (auto front : kWordsInFront) {
        if (!text.starts_with(front)) continue;
        auto digits = trimmed(text.substr(front.size()));
        if (digits.empty() || read_number(digits, read) != digits.size()) return false;
        word = front;
        number = value_of(read);
        return true;
    }
    std::size_t size = read_number(text, read);
    if (size == 0 || size == text.size()) return false;
    auto digits = text.substr(0, size);
    auto rest = text.substr(size);
    auto behind = trimmed(rest);
    // "12k", "1st", "4h30": the two belong together.
    if (behind.size() == rest.size() || is_identity_number(digits)) return false;
    if (!is_word_behind(digits, behind)) return false;
    word = behind;
    number = value_of(read);
    return true;
}

}  // namespace martlet::telemetry
