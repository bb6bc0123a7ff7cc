#pragma once

// What reading a configuration has to say to a person: a Notice for each key that stands in it, and
// a Problem for each thing that forbids the start. Plain values. Any thread.

#include "base/log.h"

#include <cstdint>
#include <string>
#include <vector>

namespace martlet::config {

struct Place {
    std::string file;  // empty: the command line or the configuration as a whole
    std::uint32_t line = 0;

    std::string text() const;
    bool operator==(const Place&) const = default;
};

enum class NoticeKind : std::uint8_t {
    Same,     // does what it does in mosquitto
    Own,      // Martlet's own key, which mosquitto does not know
    Differs,  // works, but otherwise than in mosquitto; the text says how
    Mapped,   // understood as something else; the text says as what
    Ignored,  // accepted without effect; the text says why
    Later,    // known, but its feature is not built yet
    Unknown,  // no such key
    Wrong,    // a known key with a bad value or in a bad place
};

const char* name_of(NoticeKind kind);

struct Notice {
    Place place;
    std::string key;
    NoticeKind kind = NoticeKind::Same;
    // Empty: nothing to add.
    std::string text;
    // With Later: what is not built yet. The log has one warning for each feature.
    std::string feature;
};

struct Problem {
    // mosquitto's text, "Error: ...".
    std::string text;
    // Where it was found, innermost file first; empty for what concerns no single line.
    std::vector<Place> places;
    // One more sentence that may help; may be empty.
    std::string hint;
    // The exit code that this asks for.
    int code = 3;

    // As the broker prints it: the text, "Error found at FILE:LINE." for each place, the hint.
    std::vector<std::string> lines() const;
};

struct LogLine {
    log::Level level = log::Level::Notice;
    std::string text;
};

// What of the notices belongs in the broker's log: one warning for each feature that is not built
// yet, a line for each key that is mapped, ignored or has something to add.
std::vector<LogLine> log_lines(const std::vector<Notice>& notices);

}  // namespace martlet::config
