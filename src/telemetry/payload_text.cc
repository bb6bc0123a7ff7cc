#include "telemetry/payload_text.h"

#include "base/ascii.h"
#include "base/text.h"
#include "telemetry/line_protocol.h"
#include "telemetry/number_text.h"
#include "telemetry/units.h"
#include "telemetry/utf8_text.h"

#include <algorithm>
#include <limits>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kBytesMax = std::size_t{1} << 20;
constexpr std::size_t kPairsMax = 256;
constexpr std::size_t kLinesMax = 1000;
constexpr std::size_t kLeavesMax = 10'000;
constexpr std::size_t kKeyBytesMax = 64;
constexpr std::size_t kFaultsMax = 16;
constexpr char kNone = '\0';

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_key_char(char c) {
    constexpr std::string_view kOthers = "_.-/[]";
    bool is_letter = lower(c) >= 'a' && lower(c) <= 'z';
    return is_letter || is_digit(c) || (c & 0x80) != 0 || kOthers.find(c) != std::string_view::npos;
}

bool is_key(std::string_view text) {
    constexpr std::string_view kNoBegin = "-./[]";
    if (text.empty() || text.size() > kKeyBytesMax) return false;
    if (kNoBegin.find(text[0]) != std::string_view::npos) return false;
    return std::all_of(text.begin(), text.end(), is_key_char);
}

// Bytes that no text has.
bool has_controls(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        bool is_control = static_cast<unsigned char>(c) < ' ' || c == 0x7f;
        return is_control && c != '\t' && c != '\r' && c != '\n';
    });
}

bool is_quantity(std::string_view text) {
    double number = 0;
    Value value;
    std::string_view unit;
    return as_number(text, number) || quantity_from_text(text, value, unit);
}

bool is_measured(std::string_view text) {
    constexpr std::string_view kSwitches[] = {"on", "off", "true", "false", "yes", "no"};
    if (is_quantity(text)) return true;
    if (text.size() > 5) return false;
    return std::find(std::begin(kSwitches), std::end(kSwitches), lowered(text)) !=
           std::end(kSwitches);
}

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    char small = lower(c);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); i++) {
        bool may_be_code = text[i] == '%' && i + 2 < text.size();
        int high = may_be_code ? hex_digit(text[i + 1]) : -1;
        int low = may_be_code ? hex_digit(text[i + 2]) : -1;
        if (high >= 0 && low >= 0) {
            result += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            result += text[i] == '+' ? ' ' : text[i];
        }
    }
    return result;
}

struct Pair {
    std::string_view key;
    std::string_view value;
    bool is_quoted = false;
};

}  // namespace

// How pairs are written. One text has one way throughout.
struct PayloadText::Syntax {
    char separator = kNone;
    char assign = '=';
    bool is_form = false;        // percent-encoded, values of any kind
    bool skips_blanks = true;    // behind the sign
    bool measured_only = false;  // all values are numbers, quantities or switches

    // The next pair off the front of `rest`, with its separator.
    bool take_pair(std::string_view& rest, Pair& pair) const;
    bool take_quoted(std::string_view& rest, Pair& pair) const;
    bool is_value(const Pair& pair) const;
};

bool PayloadText::Syntax::take_quoted(std::string_view& rest, Pair& pair) const {
    auto end = rest.find(rest.front(), 1);
    if (end == std::string_view::npos) return false;
    pair.value = rest.substr(1, end - 1);
    pair.is_quoted = true;
    rest.remove_prefix(end + 1);
    if (separator == ' ' && !rest.empty() && rest.front() != ' ') return false;
    while (rest.starts_with(' ') || rest.starts_with('\r')) rest.remove_prefix(1);
    if (rest.empty() || separator == ' ') return true;
    if (rest.front() != separator) return false;
    rest.remove_prefix(1);
    return true;
}

bool PayloadText::Syntax::take_pair(std::string_view& rest, Pair& pair) const {
    auto sign = rest.find(assign);
    if (sign == std::string_view::npos) return false;
    pair = {};
    pair.key = trimmed(rest.substr(0, sign));
    if (!is_key(pair.key) && !is_form) return false;
    rest.remove_prefix(sign + 1);
    while (skips_blanks && rest.starts_with(' ')) rest.remove_prefix(1);
    if (!is_form && (rest.starts_with('"') || rest.starts_with('\'')))
        return take_quoted(rest, pair);
    auto end = separator == kNone ? rest.size() : std::min(rest.find(separator), rest.size());
    pair.value = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return is_value(pair);
}

bool PayloadText::Syntax::is_value(const Pair& pair) const {
    if (is_form) return true;
    if (pair.value.find_first_of(assign == '=' ? "=\n" : "\n") != std::string_view::npos)
        return false;
    // "a=1;b" is no pair with an odd value, "a=1,5" is one.
    bool has_marks = pair.value.find_first_of(",;&") != std::string_view::npos;
    if (separator == kNone && has_marks && !is_quantity(pair.value)) return false;
    if (measured_only && !is_measured(pair.value)) return false;
    if (pair.value.find_first_of(" \t") == std::string_view::npos) return true;
    // Several words are prose, unless nothing but pairs could stand in such lines.
    bool may_be_words = assign == '=' && (separator == ';' || separator == '\n');
    return may_be_words || is_quantity(pair.value);
}

TextForm PayloadText::read(std::string_view payload) {
    constexpr Syntax kSyntaxes[] = {
        {'&', '=', true},
        {'\n', '='},
        {';', '='},
        {',', '='},
        {' ', '=', false, false},
        {kNone, '='},
        {'\n', ':'},
        {';', ':'},
        {',', ':'},
        {' ', ':', false, false},
        {' ', ':', false, true, true},
        {kNone, ':', false, true, true},
    };
    clear();
    problem_ = {};
    faults_.clear();
    if (payload.size() > kBytesMax) {
        problem_ = "too long";
        return TextForm::None;
    }
    auto text = payload_without_padding(payload);
    if (text.empty() || has_controls(text)) return TextForm::None;
    for (const Syntax& syntax : kSyntaxes) {
        if (text.find(syntax.assign) == std::string_view::npos) continue;
        bool has_separator = text.find(syntax.separator) != std::string_view::npos;
        if (syntax.separator != kNone && !has_separator) continue;
        if (read_pairs(text, syntax)) return TextForm::Pairs;
        if (!problem_.empty()) return TextForm::None;
    }
    return read_lines(text) ? TextForm::Lines : TextForm::None;
}

bool PayloadText::read_pairs(std::string_view text, const Syntax& syntax) {
    std::size_t measured = 0;
    std::size_t valued = 0;
    clear();
    while (!(text = trimmed(text)).empty()) {
        Pair pair;
        if (!syntax.take_pair(text, pair)) return false;
        if (leaves_.size() == kPairsMax) {
            problem_ = "too many pairs";
            clear();
            return false;
        }
        JsonLeaf leaf;
        leaf.type = LeafType::Text;
        leaf.depth = 1;
        if (syntax.is_form) {
            std::string key = percent_decoded(pair.key);
            if (!is_key(key)) return false;
            add(key, percent_decoded(pair.value), leaf);
        } else {
            add(pair.key, pair.value, leaf);
        }
        valued += pair.value.empty() ? 0 : 1;
        measured += syntax.assign == ':' && is_measured(pair.value) ? 1 : 0;
    }
    bool is_numbered = leaves_.size() == 1 && is_digit(texts_[0]);
    bool is_sound = valued > 0 && !is_numbered && (syntax.assign == '=' || measured > 0);
    if (is_sound) point_to_texts();
    return is_sound;
}

bool PayloadText::read_lines(std::string_view text) {
    Line line;
    std::size_t number = 0;
    std::size_t sound = 0;
    std::size_t unsound = 0;
    auto add_fault = [&](std::string_view reason) {
        if (faults_.size() < kFaultsMax)
            faults_.push_back({fmt::format("line {}", number), reason});
    };
    clear();
    while (!text.empty()) {
        auto end = std::min(text.find('\n'), text.size());
        bool is_passed_over = text.front() == '#' || trimmed(text.substr(0, end)).empty();
        number++;
        if (sound + unsound == kLinesMax) problem_ = "too many lines";
        if (leaves_.size() > kLeavesMax) problem_ = "too many values";
        if (!problem_.empty()) break;
        if (!is_passed_over && take_line(text, line)) {
            if (add_line(line, sound++)) add_fault("not a number");
            continue;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
        if (is_passed_over) continue;
        unsound++;
        // What does not begin as line protocol, or hardly is any, is something else.
        if (sound == 0 || unsound > sound + kFaultsMax) break;
        add_fault("not line protocol");
    }
    bool is_read = problem_.empty() && sound > unsound;
    if (is_read) {
        point_to_texts();
    } else {
        clear();
        faults_.clear();
    }
    return is_read;
}

bool PayloadText::add_line(const Line& line, std::size_t record) {
    bool has_lost = false;
    std::string prefix = fmt::format("{}.", record);
    JsonLeaf leaf;
    leaf.array_levels = 1;
    leaf.depth = 2;
    leaf.key_begin = static_cast<std::uint32_t>(prefix.size());
    leaf.type = LeafType::Text;
    add(prefix + "measurement", line.measurement, leaf);
    auto add_members = [&](const std::vector<LineMember>& members, std::string_view group) {
        std::string path = prefix + std::string(group);
        for (const LineMember& member : members) {
            JsonLeaf value = member.value;
            value.array_levels = 1;
            value.depth = 3;
            value.key_begin = static_cast<std::uint32_t>(path.size());
            has_lost = has_lost || value.type == LeafType::Null;
            add(path + member.name, member.text, value);
        }
    };
    add_members(line.tags, "tags.");
    add_members(line.fields, "fields.");
    if (line.has_timestamp) {
        leaf.type = LeafType::Integer;
        leaf.integer = line.timestamp;
        leaf.number = static_cast<double>(line.timestamp);
        add(prefix + "timestamp", {}, leaf);
    }
    return has_lost;
}

void PayloadText::add(std::string_view path, std::string_view text, const JsonLeaf& leaf) {
    Place place;
    place.path = texts_.size();
    append_utf8(texts_, path);
    place.path_bytes = texts_.size() - place.path;
    place.text = texts_.size();
    append_utf8(texts_, text);
    place.text_bytes = texts_.size() - place.text;
    places_.push_back(place);
    leaves_.push_back(leaf);
}

void PayloadText::clear() {
    leaves_.clear();
    places_.clear();
    texts_.clear();
}

void PayloadText::point_to_texts() {
    std::string_view texts = texts_;
    for (std::size_t i = 0; i < leaves_.size(); i++) {
        const Place& place = places_[i];
        leaves_[i].path = texts.substr(place.path, place.path_bytes);
        if (leaves_[i].type == LeafType::Text)
            leaves_[i].text = texts.substr(place.text, place.text_bytes);
    }
}

}  // namespace martlet::telemetry
