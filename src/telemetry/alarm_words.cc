#include "telemetry/alarm_words.h"

#include "base/ascii.h"

#include <algorithm>

namespace martlet::telemetry::alarm_words {

namespace {

constexpr std::size_t kSpanMax = 4;            // words of one emergency: "s o s"
constexpr std::size_t kCompoundBytesMax = 48;  // of a word that is cut into several

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool is_letter(char c) {
    return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80;
}

bool is_separator(char c) {
    return c == ',' || c == ';' || c == '|' || c == '+' || c == '/' || c == '\n' || c == '&';
}

Gap gap_of(char c) {
    if (c == '_' || c == '-') return Gap::Joined;
    // Quotes and brackets say nothing: sos:"false".
    if (std::string_view(" \t\r\"'[]{}()").find(c) != std::string_view::npos) return Gap::Blank;
    return c == ':' || c == '=' ? Gap::Equals : Gap::Stop;
}

bool is_number(std::string_view word) {
    return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

struct Worded {
    std::string_view word;
    Sense sense;
};

constexpr std::array kSenses = {
    Worded{"alarm", Sense::Filler},
    Worded{"alarms", Sense::Filler},
    Worded{"alert", Sense::Filler},
    Worded{"alerts", Sense::Filler},
    Worded{"button", Sense::Filler},
    Worded{"btn", Sense::Filler},
    Worded{"key", Sense::Filler},
    Worded{"switch", Sense::Filler},
    Worded{"call", Sense::Filler},
    Worded{"event", Sense::Filler},
    Worded{"events", Sense::Filler},
    Worded{"state", Sense::Filler},
    Worded{"status", Sense::Filler},
    Worded{"value", Sense::Filler},
    Worded{"signal", Sense::Filler},
    Worded{"mode", Sense::Filler},
    Worded{"flag", Sense::Filler},
    Worded{"sensor", Sense::Filler},
    Worded{"detector", Sense::Filler},
    Worded{"detect", Sense::Filler},
    Worded{"detected", Sense::Filler},
    Worded{"detection", Sense::Filler},
    Worded{"trigger", Sense::Filler},
    Worded{"triggered", Sense::Filler},
    Worded{"deployed", Sense::Filler},
    Worded{"pressed", Sense::Filler},
    Worded{"press", Sense::Filler},
    Worded{"pushed", Sense::Filler},
    Worded{"raised", Sense::Filler},
    Worded{"activated", Sense::Filler},
    Worded{"situation", Sense::Filler},
    Worded{"warning", Sense::Filler},
    Worded{"message", Sense::Filler},
    Worded{"request", Sense::Filler},
    Worded{"is", Sense::Filler},
    Worded{"has", Sense::Filler},
    Worded{"was", Sense::Filler},
    Worded{"been", Sense::Filler},
    Worded{"all", Sense::Filler},
    Worded{"a", Sense::Filler},
    Worded{"an", Sense::Filler},
    Worded{"any", Sense::Filler},
    Worded{"the", Sense::Filler},
    Worded{"of", Sense::Filler},
    Worded{"now", Sense::Filler},
    Worded{"type", Sense::Filler},
    Worded{"current", Sense::Filler},
    Worded{"true", Sense::Yes},
    Worded{"on", Sense::Yes},
    Worded{"yes", Sense::Yes},
    Worded{"active", Sense::Filler},
    Worded{"1", Sense::Yes},
    Worded{"high", Sense::Yes},
    Worded{"false", Sense::Quiet},
    Worded{"none", Sense::Quiet},
    Worded{"inactive", Sense::Quiet},
    Worded{"cleared", Sense::Quiet},
    Worded{"resolved", Sense::Quiet},
    Worded{"cancelled", Sense::Quiet},
    Worded{"canceled", Sense::Quiet},
    Worded{"deactivated", Sense::Quiet},
    Worded{"disabled", Sense::Quiet},
    Worded{"off", Sense::QuietLast},
    Worded{"0", Sense::QuietLast},
    Worded{"normal", Sense::QuietLast},
    Worded{"ok", Sense::QuietLast},
    Worded{"okay", Sense::QuietLast},
    Worded{"clear", Sense::QuietLast},
    Worded{"null", Sense::QuietLast},
    Worded{"nil", Sense::QuietLast},
    Worded{"undefined", Sense::QuietLast},
    Worded{"nothing", Sense::QuietLast},
    Worded{"idle", Sense::QuietLast},
    Worded{"safe", Sense::QuietLast},
    Worded{"good", Sense::QuietLast},
    Worded{"fine", Sense::QuietLast},
    Worded{"ready", Sense::QuietLast},
    Worded{"standby", Sense::QuietLast},
    Worded{"quiet", Sense::QuietLast},
    Worded{"nominal", Sense::QuietLast},
    Worded{"ended", Sense::QuietLast},
    Worded{"over", Sense::QuietLast},
    Worded{"released", Sense::QuietLast},
    Worded{"armed", Sense::QuietLast},
    Worded{"disarmed", Sense::QuietLast},
    Worded{"disarm", Sense::QuietLast},
    Worded{"enabled", Sense::QuietLast},
    Worded{"arm", Sense::Panel},
    Worded{"arming", Sense::Panel},
    Worded{"disarming", Sense::Panel},
    Worded{"unarmed", Sense::Panel},
    Worded{"pending", Sense::Panel},
    Worded{"delay", Sense::Panel},
    Worded{"dismissed", Sense::QuietLast},
    Worded{"unknown", Sense::QuietLast},
    Worded{"unavailable", Sense::QuietLast},
    Worded{"no", Sense::No},
    Worded{"not", Sense::No},
    Worded{"non", Sense::No},
    Worded{"without", Sense::No},
    Worded{"cancel", Sense::NoFirst},
    Worded{"reset", Sense::NoFirst},
    Worded{"end", Sense::NoFirst},
};

// In a text that is one word with others ("panicbutton", "carcrash") found anywhere in it.
constexpr std::array<std::string_view, 40> kAnywhere = {
    "panic",      "panik",      "paniek",   "crash",      "emergenc",  "mayday",     "hijack",
    "carjack",    "carjacking", "duress",   "distress",   "collision", "rollover",   "rolledover",
    "airbag",     "mandown",    "kidnap",   "holdup",     "overturn",  "capsiz",     "explosion",
    "overboard",  "accident",   "collided", "robbery",    "gunshot",   "lifethreat", "evacuat",
    "falldetect", "falldown",   "notfall",  "notruf",     "urgence",   "incendi",    "socorro",
    "auxilio",    "nödläge",    "olycka",   "brandalarm", "🆘"};

struct Plain {
    std::string_view word;
    Sort sort;
};

constexpr std::array kPlain = {
    Plain{"sos", Sort::Certain},
    Plain{"ecall", Sort::Certain},
    Plain{"mob", Sort::Certain},
    Plain{"manoverboard", Sort::Certain},
    Plain{"deadman", Sort::Certain},
    Plain{"gasleak", Sort::Certain},
    Plain{"gasleakage", Sort::Certain},
    Plain{"tipover", Sort::Certain},
    Plain{"unfall", Sort::Certain},
    Plain{"panpan", Sort::Certain},
    Plain{"fall", Sort::Measure},
    Plain{"fallen", Sort::Measure},
    Plain{"fire", Sort::Measure},
    Plain{"fires", Sort::Measure},
    Plain{"smoke", Sort::Measure},
    Plain{"medical", Sort::Measure},
    Plain{"ambulance", Sort::Measure},
    Plain{"freefall", Sort::Measure},
    Plain{"carbonmonoxide", Sort::Gas},
    Plain{"co", Sort::Gas},
    Plain{"gas", Sort::Gas},
    Plain{"help", Sort::Text},
    Plain{"helpme", Sort::Text},
    Plain{"injured", Sort::Text},
    Plain{"injury", Sort::Text},
    Plain{"heartattack", Sort::Text},
    Plain{"cardiacarrest", Sort::Text},
    Plain{"drowning", Sort::Text},
};

// Which three letters begin a word above, for a quick no: as base 26 numbers.
constexpr std::size_t kTriples = 26 * 26 * 26;
constexpr std::size_t kNoTriple = kTriples;

constexpr std::size_t triple_of(char a, char b, char c) {
    auto is_small = [](char letter) { return letter >= 'a' && letter <= 'z'; };
    if (!is_small(a) || !is_small(b) || !is_small(c)) return kNoTriple;
    auto digit = [](char letter) { return static_cast<std::size_t>(letter - 'a'); };
    return (digit(a) * 26 + digit(b)) * 26 + digit(c);
}

using Triples = std::array<bool, kTriples + 1>;

Triples triples_of_keys() {
    Triples triples{};
    auto add = [&](std::string_view word) {
        if (word.size() > 2) triples[triple_of(word[0], word[1], word[2])] = true;
    };
    for (std::string_view word : kAnywhere) add(word);
    for (const Plain& plain : kPlain) add(plain.word);
    for (std::string_view word : kAlarmKeys) add(word);
    for (std::string_view word : kEventKeys) add(word);
    for (std::string_view word : kStateKeys) add(word);
    for (std::string_view word : kKindKeys) add(word);
    triples[kNoTriple] = false;
    return triples;
}

bool is_chain_of_fillers(std::string_view rest) {
    if (rest.empty() || is_number(rest)) return true;
    return std::any_of(kSenses.begin(), kSenses.end(), [&](const Worded& known) {
        bool is_part = known.sense == Sense::Filler || known.sense == Sense::Yes;
        return is_part && known.word.size() > 1 && rest.starts_with(known.word) &&
               is_chain_of_fillers(rest.substr(known.word.size()));
    });
}

// "sosalarm", "alarmsos", "sos1", but not "isosceles" or "rainfall".
bool is_compound(std::string_view word, std::string_view plain) {
    if (word.size() > kCompoundBytesMax) return false;
    std::size_t at = word.find(plain);
    return at != std::string_view::npos && is_chain_of_fillers(word.substr(0, at)) &&
           is_chain_of_fillers(word.substr(at + plain.size()));
}

// "emergencylights", "crashcount": what only has to do with one, written as one word.
bool is_about(std::string_view word) {
    constexpr std::string_view kEnds[] = {"light", "lights", "lamp",     "brake",   "number",
                                          "phone", "count",  "contact",  "battery", "volume",
                                          "armed", "brakes", "contacts", "enabled", "counter"};
    return std::any_of(std::begin(kEnds), std::end(kEnds),
                       [&](std::string_view end) { return word.ends_with(end); });
}

bool has_anywhere(std::string_view word) {
    if (is_about(word)) return false;
    return std::any_of(kAnywhere.begin(), kAnywhere.end(), [&](std::string_view known) {
        return word.find(known) != std::string_view::npos;
    });
}

Sort sort_of_span(std::string_view letters) {
    const auto* plain = std::find_if(kPlain.begin(), kPlain.end(),
                                     [&](const Plain& known) { return known.word == letters; });
    if (plain != kPlain.end()) return plain->sort;
    bool is_certain = std::find(kAnywhere.begin(), kAnywhere.end(), letters) != kAnywhere.end();
    return is_certain ? Sort::Certain : Sort::None;
}

Sort sort_of_word(std::string_view word) {
    if (has_anywhere(word)) return Sort::Certain;
    for (const Plain& known : kPlain) {
        bool is_short = known.word.size() < 3;  // "co" is in too many
        if (known.word == word || (!is_short && is_compound(word, known.word))) return known.sort;
    }
    return Sort::None;
}

// Assistants that brake before a collision tell of one that has not happened, hazard lights and the
// telephone number for an emergency of none.
bool is_only_about(const Phrase& phrase, std::size_t first, std::size_t end) {
    std::string_view before = first > 0 ? phrase.word(first - 1) : std::string_view();
    std::string_view behind = end < phrase.size() ? phrase.word(end) : std::string_view();
    // "sos_call_number".
    bool is_call = behind == "call" && end + 1 < phrase.size();
    if (is_call) behind = phrase.word(end + 1);
    constexpr std::string_view kBehind[] = {"light", "lights",  "lamp",     "brake",    "brakes",
                                            "phone", "contact", "contacts", "avoidance"};
    bool is_about_behind =
        std::find(std::begin(kBehind), std::end(kBehind), behind) != std::end(kBehind);
    bool is_number_behind = behind == "number" || behind == "numbers";
    return before == "forward" || before == "pedestrian" || is_about_behind || is_number_behind;
}

// The first letters of what is certain, for a quick no.
constexpr std::uint32_t four(std::string_view letters) {
    std::uint32_t all = 0;
    for (char c : letters) all = (all << 8) | static_cast<unsigned char>(c);
    return all;
}

}  // namespace

bool Phrase::begins_word(std::string_view text, std::size_t at) const {
    if (used_ == 0 || !is_upper(text[at])) return false;
    bool was_upper = is_upper(text[at - 1]);
    bool is_small_next = at + 1 < text.size() && text[at + 1] >= 'a' && text[at + 1] <= 'z';
    return !was_upper || is_small_next;
}

bool Phrase::take(std::string_view& text) {
    count_ = 0;
    used_ = 0;
    if (text.empty()) return false;
    std::size_t at = 0;
    bool is_inside = false;
    Gap gap = Gap::Joined;
    for (; at < text.size() && !is_separator(text[at]); at++) {
        if (!is_letter(text[at])) {
            Gap here = gap_of(text[at]);
            gap = is_inside ? here : std::max(gap, here);
            is_inside = false;
            continue;
        }
        bool is_new = !is_inside || begins_word(text, at);
        if (is_new && (count_ == kWordsMax || used_ + 64 > kLettersMax)) break;
        if (used_ == kLettersMax) break;
        if (is_new) {
            words_[count_++] = {static_cast<std::uint16_t>(used_), 0,
                                is_inside ? Gap::Joined : gap};
        }
        is_inside = true;
        gap = Gap::Joined;
        letters_[used_++] = lower(text[at]);
        words_[count_ - 1].end = static_cast<std::uint16_t>(used_);
    }
    bool is_at_separator = at < text.size() && is_separator(text[at]);
    text.remove_prefix(at + (is_at_separator ? 1 : 0));
    return true;
}

Sense sense_of(std::string_view word) {
    const auto* found = std::find_if(kSenses.begin(), kSenses.end(),
                                     [&](const Worded& known) { return known.word == word; });
    return found == kSenses.end() ? Sense::Other : found->sense;
}

bool may_speak(std::string_view key) {
    static const Triples known = triples_of_keys();
    char a = 0;
    char b = 0;
    for (char next : key) {
        if (!is_letter(next)) continue;
        char c = lower(next);
        if (known[triple_of(a, b, c)] || static_cast<unsigned char>(c) == 0xf0) return true;
        a = b;
        b = c;
    }
    // "co" and "co_alarm", but not "color".
    constexpr std::string_view kShort = "co";
    bool is_short = key.size() >= 2 && lower(key[0]) == kShort[0] && lower(key[1]) == kShort[1];
    return is_short && (key.size() == 2 || key[2] < 'a' || key[2] > 'z');
}

Found emergency_at(const Phrase& phrase, std::size_t first) {
    std::size_t longest = std::min(phrase.size(), first + kSpanMax);
    for (std::size_t end = longest; end > first; end--) {
        Sort sort = sort_of_span(phrase.span(first, end));
        if (sort == Sort::None && end == first + 1) sort = sort_of_word(phrase.word(first));
        if (sort != Sort::None && !is_only_about(phrase, first, end)) return {sort, end};
    }
    return {};
}

bool is_of_panel(const Phrase& phrase) {
    constexpr std::string_view kBeside[] = {
        "home",   "away", "night",     "day",  "stay",  "vacation", "custom", "bypass", "perimeter",
        "part",   "full", "partial",   "exit", "entry", "by",       "user",   "code",   "system",
        "keypad", "zone", "partition", "area", "panel", "instant",  "zones",  "force",  "remote"};
    constexpr std::string_view kRaised[] = {"triggered", "detected", "activated", "raised",
                                            "pressed",   "deployed", "active",    "pushed"};
    auto is_one = [](const auto& words, std::string_view word) {
        return std::find(std::begin(words), std::end(words), word) != std::end(words);
    };
    bool is_any = false;
    for (std::size_t i = 0; i < phrase.size(); i++) {
        std::string_view word = phrase.word(i);
        Sense sense = sense_of(word);
        bool is_panel =
            sense == Sense::Panel || word.starts_with("armed") || word.starts_with("disarm");
        bool is_beside = sense == Sense::Filler || sense == Sense::No || is_number(word) ||
                         is_one(kBeside, word);
        if (is_one(kRaised, word) || (!is_panel && !is_beside)) return false;
        is_any = is_any || is_panel;
    }
    return is_any;
}

bool may_be_certain(std::string_view text) {
    constexpr std::size_t kBytesMax = 64;
    constexpr std::uint32_t kThreeLetters = 0xffffff;
    if (text.size() < 3 || text.size() > kBytesMax) return false;
    std::uint32_t last = 0;
    for (char c : text) {
        if (!is_letter(c)) continue;
        last = (last << 8) | static_cast<unsigned char>(lower(c));
        if ((last & kThreeLetters) == four("sos")) return true;
        switch (last) {
            case four("pani"):
            case four("emer"):
            case four("mayd"):
            case four("mand"):
            case four("mano"):
            case four("hija"):
            case four("carj"):
            case four("kidn"):
            case four("dure"):
            case four("dist"):
            case four("notr"):
            case four("🆘"):
                return true;
            default:
                break;
        }
    }
    return false;
}

bool is_certain_at(const Phrase& phrase, std::size_t first, std::size_t end) {
    constexpr std::string_view kAlone[] = {"mayday", "mandown", "manoverboard", "hijack", "carjack",
                                           "kidnap", "duress",  "distress",     "notruf", "🆘"};
    constexpr std::string_view kPressed[] = {"panic", "panik", "paniek", "emergency"};
    constexpr std::string_view kPresses[] = {"button", "btn",    "alarm", "pressed",  "press",
                                             "pushed", "raised", "call",  "activated"};
    std::string_view letters = phrase.span(first, end);
    auto has = [&](std::string_view word) { return letters.find(word) != std::string_view::npos; };
    if (letters == "sos" || is_compound(letters, "sos")) return true;
    if (std::any_of(std::begin(kAlone), std::end(kAlone), has)) return true;
    // "panic" is said of computers too, "emergency" of a mode.
    if (std::none_of(std::begin(kPressed), std::end(kPressed), has)) return false;
    std::string_view all = phrase.span(0, phrase.size());
    return std::any_of(std::begin(kPresses), std::end(kPresses), [&](std::string_view word) {
        return all.find(word) != std::string_view::npos;
    });
}

}  // namespace martlet::telemetry::alarm_words
