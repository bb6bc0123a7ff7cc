#pragma once

// The words of alarms, and a text cut into its words however it is spelt. Used by emergency.cc
// alone. Plain values on the stack; any thread.

#include <array>
#include <cstdint>
#include <string_view>

namespace martlet::telemetry::alarm_words {

// How a word stands behind the one before it.
enum class Gap : std::uint8_t {
    Joined,  // '_', '-', a capital letter
    Blank,
    Equals,  // ':', '='
    Stop,    // '.', '!', '?' and all else
};

// A part of a text between two ',', ';', '|', '+' or '/', in small letters without what stood
// between its words, so that "S.O.S.", "man_down" and "ManDown" are found by their letters.
// Bounded: a longer part goes on in the next phrase.
class Phrase {
  public:
    static constexpr std::size_t kWordsMax = 48;
    static constexpr std::size_t kLettersMax = 384;

    // Takes the next part off `text`. False: there is none.
    bool take(std::string_view& text);

    std::size_t size() const { return count_; }
    std::string_view word(std::size_t i) const { return span(i, i + 1); }
    // The letters of the words from `first` up to `end`.
    std::string_view span(std::size_t first, std::size_t end) const {
        std::size_t from = words_[first].begin;
        return std::string_view(letters_.data() + from, words_[end - 1].end - from);
    }
    Gap gap_before(std::size_t i) const { return words_[i].gap; }

  private:
    struct Word {
        std::uint16_t begin = 0;
        std::uint16_t end = 0;
        Gap gap = Gap::Joined;
    };
    bool begins_word(std::string_view text, std::size_t at) const;

    std::array<char, kLettersMax> letters_;
    std::array<Word, kWordsMax> words_;
    std::size_t count_ = 0;
    std::size_t used_ = 0;
};

enum class Sense : std::uint8_t {
    Other,
    Filler,     // says nothing of its own beside an alarm: "button", "detected", "alarm"
    Yes,        // "true", "on"
    Quiet,      // denies what stands before it: "false", "cleared"
    QuietLast,  // the same, if it is the last word: "off", "normal"
    No,         // denies what stands behind it: "no", "without"
    NoFirst,    // the same, if it is the first word: "cancel"
    Panel,      // of an alarm panel that does its work: "arming", "pending"
};
Sense sense_of(std::string_view word);

// Keys whose value is an alarm, an event, or any state.
inline constexpr std::array<std::string_view, 4> kAlarmKeys = {"alarm", "alarms", "alert",
                                                               "alerts"};
inline constexpr std::array<std::string_view, 3> kEventKeys = {"event", "events", "evt"};
inline constexpr std::array<std::string_view, 14> kStateKeys = {
    "status", "state",   "action", "button",       "btn",           "key",    "trigger",
    "reason", "message", "msg",    "notification", "notifications", "report", "reports"};
// Keys that also say which thing sends ("type": "smoke"): only what is certain counts.
inline constexpr std::array<std::string_view, 4> kKindKeys = {"type", "kind", "code", "priority"};

// False: no word in this key speaks of alarms, without a closer look.
bool may_speak(std::string_view key);

// "armed", "armed_home", "exit delay", "disarmed by user 3": nothing but what a panel does.
bool is_of_panel(const Phrase& phrase);

// False: this text is no certain emergency, without a closer look.
bool may_be_certain(std::string_view text);

// Which sort of emergency, by what its name means as the key of a value.
enum class Sort : std::uint8_t {
    None,
    Certain,  // any value but a denial is an alarm: "sos", "crash"
    Measure,  // may be a measure: "smoke", "fall"
    Gas,      // usually is a measure, and a fuel: "co", "gas"; an emergency only beside fillers
    Text,     // an emergency in a text, nothing as a key: "help"
};

// The emergency that begins with the word `first`, and where it ends.
struct Found {
    Sort sort = Sort::None;
    std::size_t end = 0;
};
Found emergency_at(const Phrase& phrase, std::size_t first);

// Whether the emergency in the words from `first` up to `end` is one in any place.
bool is_certain_at(const Phrase& phrase, std::size_t first, std::size_t end);

}  // namespace martlet::telemetry::alarm_words
