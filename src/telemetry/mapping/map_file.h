#pragma once

// A map: how payloads of one format become samples, positions, events and facts, as a text file
// says it. docs/maps.md describes the lines. Made once by parse_map(), immutable from then on; any
// thread.

#include "base/result.h"
#include "telemetry/mapping/condition.h"
#include "telemetry/mapping/path_pattern.h"
#include "telemetry/mapping/text_template.h"
#include "telemetry/mapping/topic_pattern.h"
#include "telemetry/words.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::telemetry {

// What becomes of a value whose path a `key` line matches.
enum class KeyUse : std::uint8_t {
    Sample,  // a series: of numbers, or of states
    State,   // a series of states, numbers in texts too
    Fact,    // a fact of the source
    Alarm,   // judged by emergency.h, and a state
    Ignore,
};

// One `key` line.
struct KeyRule {
    PathPattern path;
    TextTemplate metric;  // empty: the path itself
    KeyUse use = KeyUse::Sample;
    std::optional<std::string> unit;      // given but empty: none
    std::vector<std::string> unit_paths;  // the first of these values holds the unit
    std::optional<SeriesKind> kind;
    double scale = 1;
    double divisor = 1;  // "/10" divides: 68 / 10 is 6.8, and 68 * 0.1 is not quite
    double offset = 0;   // after the two
    std::vector<std::pair<std::string, Value>> words;  // texts of the payload and their values
    std::vector<std::string> not_told;                 // texts that stand for "no value"
    MapConditions conditions;                          // without them it counts always
};

// `require a|b=on`: one of the alternatives must hold.
struct Requirement {
    struct Choice {
        PathPattern path;
        std::optional<std::string> value;
    };
    std::vector<Choice> choices;
};

// `position latitude=... longitude=...`
struct PlaceRule {
    std::string latitude;
    std::string longitude;
    std::string both;  // "59.3,18.1" in one text, instead of the two
    std::string altitude;
    std::string speed;
    std::string heading;
    std::string accuracy;
    double coordinate_scale = 1;
    double altitude_scale = 1;  // to m
    double speed_scale = 1;     // to km/h
    double accuracy_scale = 1;  // to m
    MapConditions conditions;
};

// `event KIND SEVERITY PATH[=VALUE] TEXT`: told when it begins to hold.
struct EventRule {
    std::string kind;
    Severity severity = Severity::Info;
    Requirement::Choice condition;
    TextTemplate text;
    MapConditions conditions;
};

struct TimeRule {
    std::vector<std::string> paths;  // the first that is a sane time
    std::string base_path;           // added to the time: SenML's bt; empty: none
    std::optional<int> zone_minutes;
    bool is_ignored = false;  // the arrival counts
};

// `topic` lines and what follows them.
struct MapForm {
    std::vector<TopicPattern> topics;
    std::vector<Requirement> requirements;
    std::string source_kind;
    TextTemplate source_id;  // empty: the topic
    TextTemplate name;
    TextTemplate group;
    TextTemplate under;  // goes before each metric, with a '/'
    std::vector<std::pair<std::string, TextTemplate>> facts;
    std::vector<PathPattern> records;
    std::vector<std::string> carried;  // values that hold for the records behind theirs too
    TimeRule time;
    std::vector<KeyRule> keys;
    bool drops_others = false;  // values without a `key` line
    bool is_metadata = false;   // understood, and nothing to measure
    std::vector<PlaceRule> places;
    std::vector<EventRule> events;
};

struct MapExample {
    int line = 0;
    std::string topic;
    std::string payload;
    std::vector<std::string> gives;  // lines as decoded_text.h describes them
};

struct Map {
    std::string name;
    std::string title;
    bool is_shipped = false;
    std::vector<MapForm> forms;
    std::vector<MapExample> examples;
};

// The error says file, line, problem and what is expected. `file` is for the message; a map without
// a `map` line has the file's name without its folder and its ending.
Result<Map> parse_map(std::string_view file, std::string_view text);

}  // namespace martlet::telemetry
