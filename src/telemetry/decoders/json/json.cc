// The decoder of every topic that has no decoder of its own. JSON, bare values and simple forms of
// text become leaves; a map that fits them, or their names and neighbours, tell their meaning.
// `apricot/value` <- 512 is the metric "value" of the source "apricot"; an object on `lab/room1`
// holds metrics of the source "lab/room1".

#include "base/ascii.h"
#include "base/hash_map.h"
#include "base/text.h"
#include "telemetry/decoders/busroot/address.h"
#include "telemetry/decoders/json/declarations.h"
#include "telemetry/decoders/json/record_reader.h"
#include "telemetry/decoders/json/state_text.h"
#include "telemetry/decoders/json/topic_memory.h"
#include "telemetry/decoders/lowi/recognise.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/decoders/registry.h"
#include "telemetry/decoders/vehicle/rule_hint.h"
#include "telemetry/json_faults.h"
#include "telemetry/ledger_text.h"
#include "telemetry/mapping/map_set.h"
#include "telemetry/payload_json.h"
#include "telemetry/payload_text.h"
#include "telemetry/payload_time.h"
#include "telemetry/topic_levels.h"
#include "telemetry/units.h"

#include <algorithm>
#include <utility>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kTopicsMax = 50'000;
// The keys of a payload that is one value: no path ends so.
constexpr std::string_view kBareKeys = ".";

class JsonDecoder final : public Decoder {
  public:
    JsonDecoder(ReaderOptions options, std::vector<Map> maps, DecoderOptions lowi_options)
        : maps_(std::move(maps)),
          lowi_options_(std::move(lowi_options)),
          reader_(std::move(options)) {}

    void decode(const Incoming& message, Decoded& out) override;

  private:
    void read_text(const Incoming& message, TopicMemory& topic, std::string_view payload,
                   Decoded& out);
    static void refuse_text(std::string_view payload, Decoded& out);
    void read_bare(const Incoming& message, TopicMemory& topic, JsonLeaf leaf, Decoded& out);
    // `keys`: PayloadJson::keys(), kBareKeys, or empty for leaves that no JSON had.
    void read_leaves(const Incoming& message, TopicMemory& topic,
                     const std::vector<JsonLeaf>& leaves, std::string_view keys, Decoded& out);
    bool is_metadata(const Incoming& message);
    static void tell_metadata(const Incoming& message, Decoded& out);
    const TopicShape& shape_of(const Incoming& message, TopicMemory& topic,
                               const std::vector<JsonLeaf>& leaves, std::string_view keys);
    static void find_candidates(const TopicMemory& topic, const std::vector<JsonLeaf>& leaves,
                                TopicShape& shape);
    static const MapCandidate* choose(const TopicShape& shape, const std::vector<JsonLeaf>& leaves,
                                      Decoded& out);
    static bool is_emergency_level(std::string_view level);
    static const std::string& hint_of(TopicMemory& topic, std::string_view name,
                                      const std::vector<JsonLeaf>& leaves);
    const TopicDeclarations* declared_for(std::string_view name, TopicMemory& topic) const;
    TopicMemory& memory_of(std::string_view topic);

    Decoder& lowi();
    bool is_wrapped(const JsonLeaf& leaf) const {
        bool is_open = leaf.type == LeafType::Text && !leaf.text.empty() &&
                       (leaf.text.front() == '{' || leaf.text.front() == '[');
        return is_open && !is_unwrapping_;
    }

    MapSet maps_;
    DecoderOptions lowi_options_;
    std::unique_ptr<Decoder> lowi_;
    RecordReader reader_;
    PayloadJson json_;
    PayloadText text_;
    Declarations declarations_;
    PayloadShapes shapes_;
    TextMap<std::unique_ptr<TopicMemory>> topics_;
    std::vector<JsonLeaf> bare_;
    std::string unwrapped_;
    bool is_unwrapping_ = false;
    TopicShape passing_;  // of a payload that is not remembered
};

bool has_bare_key(const MapForm& form) {
    return std::any_of(form.keys.begin(), form.keys.end(),
                       [](const KeyRule& key) { return key.path.is_whole_payload(); });
}

// The last level of the topic is the key of a bare value.
std::string_view bare_key(std::string_view topic) {
    auto slash = topic.rfind('/');
    bool has_parent = slash != std::string_view::npos && slash != 0;
    auto key = has_parent ? topic.substr(slash + 1) : std::string_view();
    return key.empty() ? "value" : key;
}

void JsonDecoder::decode(const Incoming& message, Decoded& out) {
    std::string_view payload = payload_without_padding(message.payload);
    if (payload.empty()) return;
    TopicMemory& topic = memory_of(message.topic);
    if (topic.may_declare && read_attribute(message.topic, payload, declarations_))
        return tell_metadata(message, out);
    auto problem = json_.read(payload);
    if (memory_of(message.topic).is_metadata) {
        // What it declares is heard, whatever map calls it metadata.
        if (problem.empty() && (json_.is_object() || json_.is_array())) is_metadata(message);
        return tell_metadata(message, out);
    }
    if (problem.empty() && (json_.is_object() || json_.is_array())) {
        if (topic.may_declare && is_metadata(message)) return tell_metadata(message, out);
        // A LOWI is known by its keys, whatever the topic.
        if (looks_like_lowi(json_)) return lowi().decode(message, out);
        read_leaves(message, topic, json_.leaves(), json_.keys(), out);
        tell_faults(json_.faults(), out);
    } else if (problem.empty() && is_wrapped(json_.leaves().front())) {
        // JSON that somebody made a text of.
        unwrapped_ = json_.leaves().front().text;
        Incoming inner = message;
        inner.payload = unwrapped_;
        is_unwrapping_ = true;
        decode(inner, out);
        is_unwrapping_ = false;
    } else if (problem.empty()) {
        read_bare(message, topic, json_.leaves().front(), out);
    } else if (payload.front() == '{' || payload.front() == '[') {
        out.sender = {"topic", std::string(message.topic)};
        out.verdict = Verdict::Unreadable;
        out.problem = problem;
        if (!json_.place().empty()) out.problem += fmt::format(": {}", plain_text(json_.place()));
    } else {
        read_text(message, topic, payload, out);
    }
}

// Made when the first such message comes, since the decoder of LOWIs has one of this kind itself.
Decoder& JsonDecoder::lowi() {
    std::string problem;
    if (!lowi_) lowi_ = lowi_decoder().make(lowi_options_, problem);
    if (!lowi_) lowi_ = lowi_decoder().make({}, problem);
    return *lowi_;
}

// Understood, and nothing to measure.
void JsonDecoder::tell_metadata(const Incoming& message, Decoded& out) {
    out.sender = {"topic", std::string(message.topic)};
}

bool JsonDecoder::is_metadata(const Incoming& message) {
    return read_ha_discovery(message.topic, json_, declarations_) ||
           read_zigbee_bridge(message.topic, json_, declarations_) ||
           read_description(message.topic, json_, declarations_);
}

// Text that is no JSON: a number with its unit, a form, a state; all else has a reason.
void JsonDecoder::read_text(const Incoming& message, TopicMemory& topic, std::string_view payload,
                            Decoded& out) {
    double number = 0;
    Value value;
    std::string_view unit;
    std::string word;
    bool is_value = as_number(payload, number) || quantity_from_text(payload, value, unit) ||
                    number_with_word(payload, value, word);
    if (!is_value && text_.read(payload) != TextForm::None) {
        read_leaves(message, topic, text_.leaves(), {}, out);
        return tell_faults(text_.faults(), out);
    }
    JsonLeaf leaf;
    leaf.type = LeafType::Text;
    leaf.text = payload;
    auto is_read = [](const MapChoice& choice) { return has_bare_key(*choice.form); };
    bool is_mapped = std::any_of(topic.maps.begin(), topic.maps.end(), is_read);
    bool is_line = is_storable_text(payload, payload.size()) &&
                   std::none_of(payload.begin(), payload.end(), [](char c) {
                       return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
                   });
    is_mapped = is_mapped || (is_line && reader_.is_text_topic(message.topic));
    if (!is_value && !is_mapped && !state_of_text(payload, value)) {
        out.sender = {"topic", std::string(message.topic)};
        return refuse_text(payload, out);
    }
    read_bare(message, topic, leaf, out);
}

// The reason names the sort of the payload, so that people can tell one from the other in a list.
void JsonDecoder::refuse_text(std::string_view payload, Decoded& out) {
    out.verdict = Verdict::Unreadable;
    auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
    };
    bool is_binary = !is_storable_text(payload, payload.size()) ||
                     std::any_of(payload.begin(), payload.end(), is_control);
    Time time = 0;
    if (time_from_text(payload, 0, time)) {
        // A moment by itself: understood, and nothing to measure.
        out.verdict = Verdict::Nothing;
    } else if (is_binary) {
        out.verdict = Verdict::Opaque;
        out.problem = "binary data";
    } else if (is_no_number(payload)) {
        out.problem = "not a finite number";
    } else if (payload.find('\n') == std::string_view::npos &&
               std::count(payload.begin(), payload.end(), ',') > 1) {
        out.problem = "comma-separated values, which need a map or a decoder";
    } else {
        out.problem = payload.size() > kStateBytesMax ? "text that is longer than a state"
                                                      : "text in a form that is not known";
    }
}

void JsonDecoder::read_bare(const Incoming& message, TopicMemory& topic, JsonLeaf leaf,
                            Decoded& out) {
    bare_.assign(1, leaf);
    read_leaves(message, topic, bare_, kBareKeys, out);
}

void JsonDecoder::read_leaves(const Incoming& message, TopicMemory& topic,
                              const std::vector<JsonLeaf>& leaves, std::string_view keys,
                              Decoded& out) {
    const TopicShape& shape = shape_of(message, topic, leaves, keys);
    RecordReader::Message reading;
    reading.incoming = &message;
    reading.is_bare = keys == kBareKeys;
    reading.topic = &topic;
    reading.declared = declared_for(message.topic, topic);
    if (const MapCandidate* chosen = choose(shape, leaves, out)) {
        reading.map = chosen->choice->map;
        reading.form = chosen->choice->form;
        reading.captures = &chosen->captures;
    }
    reading.leaves = &leaves;
    reading.shape = shape.shape;
    if (reading.is_bare && !reading.map) bare_[0].path = bare_key(message.topic);
    reader_.read(reading, out);
    if (!reading.map && out.hint.empty()) out.hint = hint_of(topic, message.topic, leaves);
}

const TopicDeclarations* JsonDecoder::declared_for(std::string_view name,
                                                   TopicMemory& topic) const {
    if (topic.declared_age != declarations_.age()) {
        topic.declared = declarations_.find(name);
        topic.declared_age = declarations_.age();
    }
    return topic.declared;
}

// What is known of such payloads on this topic. Stands until the next call.
const TopicShape& JsonDecoder::shape_of(const Incoming& message, TopicMemory& topic,
                                        const std::vector<JsonLeaf>& leaves,
                                        std::string_view keys) {
    if (topic.shapes_age != shapes_.age()) topic.shapes.clear();
    topic.shapes_age = shapes_.age();
    bool is_bare = keys == kBareKeys;
    for (const TopicShape& known : topic.shapes) {
        bool is_same = known.is_bare == is_bare && (is_bare || known.shape->keys == keys);
        if (is_same) return known;
    }
    TopicShape shape;
    shape.is_bare = is_bare;
    // Bare values of one key have a shape in common.
    if (is_bare) {
        shape.shape = shapes_.find(std::string(kBareKeys) + std::string(bare_key(message.topic)));
    } else {
        shape.shape = shapes_.find(keys);
    }
    find_candidates(topic, leaves, shape);
    if (!shape.shape || topic.shapes_age != shapes_.age()) return passing_ = std::move(shape);
    if (topic.shapes.size() == TopicMemory::kShapesMax) topic.shapes.erase(topic.shapes.begin());
    return topic.shapes.emplace_back(std::move(shape));
}

// A vehicle whose maker chose topics of its own is told by its first messages, and so is a station
// whose topic is nearly Busroot's.
const std::string& JsonDecoder::hint_of(TopicMemory& topic, std::string_view name,
                                        const std::vector<JsonLeaf>& leaves) {
    constexpr int kTriesMax = 5;
    if (!topic.hint.empty() || topic.hint_tries == kTriesMax) return topic.hint;
    topic.hint_tries++;
    topic.hint = busroot::hint_of(name, leaves);
    if (topic.hint.empty()) topic.hint = vehicle::vehicle_rule_hint(name, leaves);
    return topic.hint;
}

void JsonDecoder::find_candidates(const TopicMemory& topic, const std::vector<JsonLeaf>& leaves,
                                  TopicShape& shape) {
    for (const MapChoice& choice : topic.maps) {
        const MapForm& form = *choice.form;
        bool can_read = form.is_metadata || !shape.is_bare || has_bare_key(form);
        if (!can_read || !has_required_keys(form, leaves)) continue;
        shape.candidates.push_back({&choice, requires_values(form), {}});
        TopicCaptures& captures = shape.candidates.back().captures;
        for (const TopicPattern& pattern : form.topics)
            if (pattern.matches(topic.name, captures)) break;
    }
}

// The first map that fits; a second one that fits as well is named. Null: none does.
const MapCandidate* JsonDecoder::choose(const TopicShape& shape,
                                        const std::vector<JsonLeaf>& leaves, Decoded& out) {
    const MapCandidate* chosen = nullptr;
    for (const MapCandidate& candidate : shape.candidates) {
        const MapChoice& choice = *candidate.choice;
        if (chosen) {
            const MapChoice& first = *chosen->choice;
            // The operator's map is meant to win over a shipped one, and so is one with the more
            // particular topic; those that follow are no more particular.
            bool is_doubtful = first.map->is_shipped == choice.map->is_shipped &&
                               first.particularity == choice.particularity;
            if (!is_doubtful) return chosen;
            if (choice.map == first.map) continue;
        }
        if (candidate.has_values && !fits(*choice.form, leaves)) continue;
        if (chosen) {
            const std::string& name = chosen->choice->map->name;
            out.hint = fmt::format("the maps {} and {} both fit; {} is used", name,
                                   choice.map->name, name);
            return chosen;
        }
        chosen = &candidate;
    }
    return chosen;
}

TopicMemory& JsonDecoder::memory_of(std::string_view topic) {
    if (auto found = topics_.find(topic); found != topics_.end()) return *found->second;
    if (topics_.size() >= kTopicsMax) topics_.clear();
    auto memory = std::make_unique<TopicMemory>();
    memory->name = topic;
    memory->maps = maps_.for_topic(topic);
    memory->is_metadata = !memory->maps.empty() && memory->maps[0].form->is_metadata &&
                          memory->maps[0].form->requirements.empty();
    auto levels = topic_levels(topic);
    memory->is_of_emergencies = std::any_of(levels.begin(), levels.end(), is_emergency_level);
    memory->may_declare = may_declare(topic);
    memory->declared_age = declarations_.age();
    memory->declared = declarations_.find(topic);
    return *topics_.emplace(std::string(topic), std::move(memory)).first->second;
}

// Not "alarm" or "smoke": those are where detectors speak, of their type and name as well.
bool JsonDecoder::is_emergency_level(std::string_view level) {
    constexpr std::string_view kWords[] = {"emergency", "emergencies", "sos",
                                           "panic",     "mayday",      "distress"};
    constexpr std::size_t kLongest = 16;
    if (level.size() > kLongest) return false;
    auto word = lowered(level);
    return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

struct Settings {
    ReaderOptions reader;
    std::vector<Map> maps;
    DecoderOptions lowi;
};

// "map" or "map:FILE"; the value is the map's text.
bool is_map(const std::string& name) {
    return name == "map" || name.starts_with("map:");
}

// Empty: it was taken.
std::string take_option(const std::string& name, const std::string& value, Settings& settings) {
    static constexpr std::string_view kExpected =
        "there are: zone +HH:MM, unit METRIC UNIT, and gauge, counter, meter, increment METRIC";
    static constexpr std::pair<std::string_view, SeriesKind> kKinds[] = {
        {"gauge", SeriesKind::Gauge},
        {"counter", SeriesKind::Counter},
        {"meter", SeriesKind::Meter},
        {"increment", SeriesKind::Increment},
    };
    // Options of the decoder of LOWIs, for those on topics that only their keys tell.
    if (name.starts_with("lowi.")) {
        settings.lowi.emplace_back(name.substr(5), value);
        return {};
    }
    if (is_map(name)) {
        auto map = parse_map(name.size() > 4 ? name.substr(4) : name, value);
        if (!map) return map.error().text;
        settings.maps.push_back(std::move(map).value());
        return {};
    }
    if (name == "zone") {
        int minutes = 0;
        if (!zone_from_text(value, minutes)) return std::string(kExpected);
        settings.reader.zone_minutes = minutes;
        return {};
    }
    auto gap = value.find(' ');
    auto metric = value.substr(0, gap);
    if (metric.empty()) return std::string(kExpected);
    if (name == "unit") {
        settings.reader.overrides[metric].unit =
            gap == std::string::npos ? "" : value.substr(gap + 1);
        return {};
    }
    for (const auto& [word, kind] : kKinds) {
        if (name != word || gap != std::string::npos) continue;
        settings.reader.overrides[metric].kind = kind;
        return {};
    }
    return std::string(kExpected);
}

std::unique_ptr<Decoder> make(const DecoderOptions& given, std::string& problem) {
    Settings settings;
    for (const auto& [name, value] : given) {
        auto refusal = take_option(name, value, settings);
        if (refusal.empty()) continue;
        problem = is_map(name)
                      ? refusal
                      : fmt::format("json: cannot use option \"{} {}\"; {}", name, value, refusal);
        return nullptr;
    }
    return std::make_unique<JsonDecoder>(std::move(settings.reader), std::move(settings.maps),
                                         std::move(settings.lowi));
}

}  // namespace

DecoderKind json_decoder() {
    return {"json",
            "numbers, booleans and states, bare, in JSON or in simple text; with maps",
            {"#"},
            make};
}

}  // namespace martlet::telemetry
