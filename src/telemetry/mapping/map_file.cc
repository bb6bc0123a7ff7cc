#include "telemetry/mapping/map_file.h"

#include "base/text.h"
#include "mqtt/topic.h"
#include "telemetry/ledger_text.h"
#include "telemetry/mapping/key_line.h"
#include "telemetry/mapping/map_words.h"
#include "telemetry/mapping/place_line.h"
#include "telemetry/options.h"
#include "telemetry/payload_time.h"

#include <algorithm>
#include <span>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kFormsMax = 200;
constexpr std::size_t kLinesMax = 1000;  // of one kind in one form
constexpr std::size_t kNameBytesMax = 64;

using Words = std::span<const MapWord>;

bool is_map_name(std::string_view text) {
    return !text.empty() && text.size() <= kNameBytesMax &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-' || c == '.';
           });
}

// Kinds and names become keys of the store.
bool is_short(std::string_view text) {
    return !text.empty() && text.size() <= kNameBytesMax;
}

Result<Requirement::Choice> choice_of(std::string_view text) {
    Requirement::Choice choice;
    auto equals = text.find('=');
    if (equals != std::string_view::npos) {
        auto value = text.substr(equals + 1);
        bool is_quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
        choice.value = is_quoted ? value.substr(1, value.size() - 2) : value;
    }
    auto path = PathPattern::make(text.substr(0, equals));
    if (!path) return path.error();
    choice.path = std::move(path).value();
    return choice;
}

Result<Requirement> requirement_of(std::string_view text) {
    Requirement requirement;
    for (std::string_view rest = text;;) {
        auto bar = rest.find('|');
        auto choice = choice_of(rest.substr(0, bar));
        if (!choice) return choice.error();
        requirement.choices.push_back(std::move(choice).value());
        if (bar == std::string_view::npos) return requirement;
        rest.remove_prefix(bar + 1);
    }
}

Status set_template(Words words, TextTemplate& place) {
    if (words.size() != 1) return Error{"expected one text with places such as {device} or {.id}"};
    auto made = TextTemplate::make(words[0].text);
    if (!made) return made.error();
    place = std::move(made).value();
    return Done{};
}

class MapParser {
  public:
    explicit MapParser(std::string_view file) : file_(file) {}

    Result<Map> parse(std::string_view text);

  private:
    Status take_line(std::string_view line);
    Status take(std::string_view word, Words rest);
    Status take_head(std::string_view word, Words rest, bool& is_known);
    Status take_in_form(std::string_view word, Words rest);
    Status take_topic(Words words);
    Status take_require(Words words);
    Status take_source(Words words);
    Status take_fact(Words words);
    Status take_records(Words words);
    Status take_time(Words words);
    Status take_key(Words words);
    Status take_others(Words words);
    Status take_position(Words words);
    Status take_event(Words words);
    Status take_example_line(std::string_view line);
    Status finish();
    Status check_captures(const MapForm& form) const;
    Error at_line(int line, const std::string& text) const {
        return Error{fmt::format("{}:{}: {}", file_, line, text), 3};
    }

    std::string file_;
    Map map_;
    MapForm* form_ = nullptr;  // the last of map_.forms
    std::vector<KeyRule> shared_keys_;
    bool is_among_topics_ = false;
    bool is_in_example_ = false;
    bool is_in_gives_ = false;
    int line_ = 0;
};

Result<Map> MapParser::parse(std::string_view text) {
    if (text.size() > kMapBytesMax)
        return Error{fmt::format("{}: the map is larger than {} KiB", file_, kMapBytesMax / 1024),
                     3};
    if (!is_storable_text(text, kMapBytesMax))
        return Error{fmt::format("{}: the map is not UTF-8", file_), 3};
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    while (!text.empty()) {
        auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        line_++;
        Status status = is_in_example_ ? take_example_line(line) : take_line(line);
        if (!status) return at_line(line_, status.error().text);
    }
    Status status = finish();
    if (!status) return at_line(line_, status.error().text);
    return std::move(map_);
}

Status MapParser::take_line(std::string_view line) {
    auto words = map_words(line);
    if (!words) return words.error();
    // A word that begins with '#' begins a comment.
    Words all = words.value();
    auto comment = std::find_if(all.begin(), all.end(), [](const MapWord& word) {
        return word.text.starts_with('#') && !word.is_quoted;
    });
    all = all.first(static_cast<std::size_t>(comment - all.begin()));
    if (all.empty()) return Done{};
    return take(all[0].text, all.subspan(1));
}

Status MapParser::take(std::string_view word, Words rest) {
    if (word != "topic") is_among_topics_ = false;
    bool is_known = false;
    Status status = take_head(word, rest, is_known);
    if (is_known) return status;
    if (form_ == nullptr)
        return Error{
            fmt::format("'{}' before the first 'topic' line: expected map, title, key or "
                        "topic",
                        word)};
    return take_in_form(word, rest);
}

Status MapParser::take_head(std::string_view word, Words rest, bool& is_known) {
    is_known = true;
    if (word == "map") {
        if (rest.size() != 1 || !is_map_name(rest[0].text))
            return Error{"'map' expects one name of letters, digits, '_', '-' and '.'"};
        if (!map_.name.empty()) return Error{"a second 'map' line: a file has one map"};
        map_.name = rest[0].text;
    } else if (word == "title") {
        map_.title.clear();
        for (const MapWord& part : rest) map_.title += (map_.title.empty() ? "" : " ") + part.text;
    } else if (word == "topic") {
        return take_topic(rest);
    } else if (word == "key") {
        return take_key(rest);
    } else if (word == "example") {
        if (rest.size() != 1 || !mqtt::is_valid_topic_name(rest[0].text))
            return Error{"'example' expects a topic without wildcards"};
        map_.examples.push_back({line_, rest[0].text, {}, {}});
        is_in_example_ = true;
        is_in_gives_ = false;
    } else {
        is_known = false;
    }
    return Done{};
}

Status MapParser::take_in_form(std::string_view word, Words rest) {
    if (word == "require") return take_require(rest);
    if (word == "source") return take_source(rest);
    if (word == "name") return set_template(rest, form_->name);
    if (word == "group") return set_template(rest, form_->group);
    if (word == "under") return set_template(rest, form_->under);
    if (word == "fact") return take_fact(rest);
    if (word == "records") return take_records(rest);
    if (word == "time") return take_time(rest);
    if (word == "others") return take_others(rest);
    if (word == "position") return take_position(rest);
    if (word == "event") return take_event(rest);
    if (word == "metadata" && rest.empty()) {
        form_->is_metadata = true;
        return Done{};
    }
    if (word == "carry") {
        for (const MapWord& part : rest) form_->carried.push_back(part.text);
        return form_->carried.size() <= 16 ? Status(Done{})
                                           : Status(Error{"more than 16 carried keys"});
    }
    return Error{
        fmt::format("unknown word '{}': expected topic, require, source, name, group, under, "
                    "fact, records, carry, time, key, others, position, event, metadata or "
                    "example",
                    word)};
}

Status MapParser::take_topic(Words words) {
    if (words.size() != 1)
        return Error{"'topic' expects one pattern, such as tele/{device}/SENSOR or {all#}"};
    auto pattern = TopicPattern::make(words[0].text);
    if (!pattern) return pattern.error();
    if (!is_among_topics_) {
        if (map_.forms.size() == kFormsMax)
            return Error{fmt::format("more than {} groups of topics", kFormsMax)};
        form_ = &map_.forms.emplace_back();
        is_among_topics_ = true;
    }
    form_->topics.push_back(std::move(pattern).value());
    return form_->topics.size() <= 100 ? Status(Done{}) : Status(Error{"more than 100 topics"});
}

Status MapParser::take_require(Words words) {
    if (words.empty()) return Error{"'require' expects paths, such as model id|mac type=sensor"};
    for (const MapWord& word : words) {
        auto requirement = requirement_of(word.text);
        if (!requirement) return requirement.error();
        form_->requirements.push_back(std::move(requirement).value());
    }
    return form_->requirements.size() <= 32 ? Status(Done{})
                                            : Status(Error{"more than 32 required keys"});
}

Status MapParser::take_source(Words words) {
    if (words.size() != 2 || !is_short(words[0].text))
        return Error{"'source' expects a kind and an id, such as shelly {device}"};
    if (!form_->source_kind.empty()) return Error{"a second 'source' line for the same topics"};
    form_->source_kind = words[0].text;
    return set_template(words.subspan(1), form_->source_id);
}

Status MapParser::take_fact(Words words) {
    if (words.size() != 2 || !is_short(words[0].text))
        return Error{"'fact' expects a name and a text, such as model {.model}"};
    auto text = TextTemplate::make(words[1].text);
    if (!text) return text.error();
    form_->facts.emplace_back(words[0].text, std::move(text).value());
    return form_->facts.size() <= 64 ? Status(Done{}) : Status(Error{"more than 64 facts"});
}

Status MapParser::take_records(Words words) {
    if (words.empty()) return Error{"'records' expects paths, such as metrics.*"};
    for (const MapWord& word : words) {
        auto path = PathPattern::make(word.text);
        if (!path) return path.error();
        form_->records.push_back(std::move(path).value());
    }
    return form_->records.size() <= 8 ? Status(Done{})
                                      : Status(Error{"more than 8 paths of records"});
}

// "time ignore", "time PATH ... [zone +01:00]", "time BASE + PATH".
Status MapParser::take_time(Words words) {
    if (words.empty()) return Error{"'time' expects paths, or 'ignore'"};
    form_->time = {};
    if (words.size() == 1 && words[0].text == "ignore") {
        form_->time.is_ignored = true;
        return Done{};
    }
    for (std::size_t i = 0; i < words.size(); i++) {
        if (words[i].text == "zone") {
            int minutes = 0;
            if (i + 2 != words.size() || !zone_from_text(words[i + 1].text, minutes))
                return Error{"'zone' expects one offset from UTC at the end, such as +01:00 or Z"};
            form_->time.zone_minutes = minutes;
            return Done{};
        }
        if (words[i].text == "+" && form_->time.paths.size() == 1) {
            form_->time.base_path = std::move(form_->time.paths.front());
            form_->time.paths.clear();
            continue;
        }
        form_->time.paths.push_back(words[i].text);
    }
    return form_->time.paths.empty() ? Status(Error{"'time' expects a path after '+'"})
                                     : Status(Done{});
}

Status MapParser::take_key(Words words) {
    auto rule = parse_key_line(words);
    if (!rule) return rule.error();
    auto& keys = form_ ? form_->keys : shared_keys_;
    if (keys.size() == kLinesMax) return Error{fmt::format("more than {} key lines", kLinesMax)};
    keys.push_back(std::move(rule).value());
    return Done{};
}

Status MapParser::take_others(Words words) {
    bool is_keep = words.size() == 1 && words[0].text == "keep";
    form_->drops_others = words.size() == 1 && words[0].text == "ignore";
    if (is_keep || form_->drops_others) return Done{};
    return Error{"'others' expects keep or ignore"};
}

Status MapParser::take_position(Words words) {
    auto place = parse_place_line(words);
    if (!place) return place.error();
    form_->places.push_back(std::move(place).value());
    return form_->places.size() <= 16 ? Status(Done{}) : Status(Error{"more than 16 positions"});
}

Status MapParser::take_event(Words words) {
    EventRule rule;
    Status conditions = take_conditions(words, rule.conditions);
    if (!conditions) return conditions;
    if (words.size() < 3 || words.size() > 4 || !is_short(words[0].text))
        return Error{
            "'event' expects a kind, info|warning|critical, PATH or PATH=VALUE, and a text"};
    rule.kind = words[0].text;
    rule.severity = severity_of(words[1].text);
    if (name_of(rule.severity) != words[1].text)
        return Error{
            fmt::format("'{}' is no severity: expected info, warning or critical", words[1].text)};
    auto condition = choice_of(words[2].text);
    if (!condition) return condition.error();
    rule.condition = std::move(condition).value();
    auto text = TextTemplate::make(words.size() > 3 ? words[3].text : rule.kind);
    if (!text) return text.error();
    rule.text = std::move(text).value();
    form_->events.push_back(std::move(rule));
    return form_->events.size() <= 64 ? Status(Done{}) : Status(Error{"more than 64 events"});
}

Status MapParser::take_example_line(std::string_view line) {
    MapExample& example = map_.examples.back();
    if (line == "end") {
        is_in_example_ = false;
    } else if (line == "gives") {
        is_in_gives_ = true;
    } else if (is_in_gives_) {
        if (!line.empty()) example.gives.emplace_back(line);
    } else {
        if (!example.payload.empty()) example.payload += '\n';
        example.payload += line;
    }
    return Done{};
}

Status MapParser::check_captures(const MapForm& form) const {
    std::vector<const TextTemplate*> templates = {&form.source_id, &form.name, &form.group,
                                                  &form.under};
    for (const auto& [name, text] : form.facts) templates.push_back(&text);
    for (const KeyRule& key : form.keys) templates.push_back(&key.metric);
    for (const EventRule& event : form.events) templates.push_back(&event.text);
    for (const TextTemplate* text : templates) {
        for (const std::string& name : text->topic_captures()) {
            for (const TopicPattern& topic : form.topics) {
                if (topic.has_capture(name) || text->text().find('|') != std::string::npos)
                    continue;
                return Error{
                    fmt::format("'{}' names the capture '{}', which the topic '{}' does not "
                                "have",
                                text->text(), name, topic.text())};
            }
        }
    }
    for (const KeyRule& key : form.keys) {
        for (const MapCondition& condition : key.conditions) {
            auto capture = condition.topic_capture();
            bool is_known = std::all_of(
                form.topics.begin(), form.topics.end(),
                [&](const auto& topic) { return capture.empty() || topic.has_capture(capture); });
            if (!is_known)
                return Error{
                    fmt::format("a condition names the capture '{}', which a topic does not "
                                "have",
                                capture)};
        }
    }
    return Done{};
}

Status MapParser::finish() {
    if (is_in_example_) return Error{"an example is not closed: expected a line 'end'"};
    if (map_.name.empty()) {
        std::string_view name = file_;
        name.remove_prefix(std::min(name.rfind('/') + 1, name.size()));
        name = name.substr(0, name.rfind('.'));
        if (!is_map_name(name)) return Error{"the map has no name: expected a line 'map NAME'"};
        map_.name = name;
    }
    if (map_.forms.empty()) return Error{"the map reads no topic: expected a line 'topic PATTERN'"};
    for (MapForm& form : map_.forms) {
        form.keys.insert(form.keys.end(), shared_keys_.begin(), shared_keys_.end());
        if (form.source_kind.empty()) form.source_kind = "topic";
        Status status = check_captures(form);
        if (!status) return status;
    }
    return Done{};
}

}  // namespace

Result<Map> parse_map(std::string_view file, std::string_view text) {
    return MapParser(file).parse(text);
}

}  // namespace martlet::telemetry
