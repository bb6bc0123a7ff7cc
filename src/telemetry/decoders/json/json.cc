// The decoder of whatever has no decoder of its own: numbers, booleans and well-known state words,
// bare or anywhere in JSON. `apricot/value` <- 512 is the metric "value" of the source "apricot";
// an object on `lab/room1` holds metrics of the source "lab/room1".

#include "base/ascii.h"
#include "base/hash_map.h"
#include "telemetry/decoders/json/metric_words.h"
#include "telemetry/decoders/registry.h"
#include "telemetry/payload_json.h"
#include "telemetry/payload_time.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kNameBytesMax = 128;
// One message may not bring more series than this; what is over is counted in a fact.
constexpr std::size_t kValuesMax = 256;
constexpr std::size_t kPositionsMax = 16;
constexpr std::size_t kNamesRememberedMax = 10'000;

// What a member of this name is for.
enum class Role : std::uint8_t { Metric, Time, Latitude, Longitude, TooLong };

struct Name {
    Role role = Role::Metric;
    std::string metric;
    std::string unit;
    SeriesKind kind = SeriesKind::Gauge;
    bool is_identity = false;
    bool is_unit_guessed = true;
};

// How the operator overrides what the name tells.
struct Override {
    std::optional<std::string> unit;
    std::optional<SeriesKind> kind;
};

struct Options {
    std::optional<int> zone_minutes;
    TextMap<Override> overrides;
};

constexpr std::string_view kTimes[] = {"ts", "timestamp", "time", "datetime", "tst"};
constexpr std::string_view kLatitudes[] = {"lat", "latitude"};
constexpr std::string_view kLongitudes[] = {"lon", "lng", "long", "longitude"};
constexpr std::string_view kAltitudes[] = {"alt", "altitude", "ele", "elevation"};
constexpr std::string_view kHeadings[] = {"heading", "course", "bearing", "cog"};
constexpr std::string_view kAccuracies[] = {"acc", "accuracy"};

template <typename List>
bool is_one_of(const List& list, std::string_view word) {
    return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

Role role_of(std::string_view path) {
    auto dot = path.rfind('.');
    auto last = lowered(path.substr(dot == std::string_view::npos ? 0 : dot + 1));
    if (dot == std::string_view::npos && is_one_of(kTimes, last)) return Role::Time;
    if (is_one_of(kLatitudes, last)) return Role::Latitude;
    if (is_one_of(kLongitudes, last)) return Role::Longitude;
    return Role::Metric;
}

// Whole numbers stay whole, also those that came as text.
Value number_value(const JsonLeaf& leaf, double number) {
    if (leaf.type == LeafType::Integer) return leaf.integer;
    if (leaf.type == LeafType::Text) {
        std::int64_t whole = 0;
        auto* end = leaf.text.data() + leaf.text.size();
        auto result = std::from_chars(leaf.text.data(), end, whole);
        if (result.ec == std::errc{} && result.ptr == end) return whole;
    }
    return number;
}

// A name only hints at a unit. A value that cannot be in it shows that it is in another one:
// sensors of pressure also tell pascals, those with a battery millivolts. Better none than a wrong
// one.
std::string_view fitting_unit(std::string_view unit, double number) {
    double size = std::abs(number);
    if (unit == "hPa") {
        if (size >= 300 && size <= 1200) return unit;
        return size >= 30'000 && size <= 120'000 ? "Pa" : "";
    }
    // A strength in per cent.
    if (unit == "dBm" && number > 30) return "";
    if (unit == "V" && size >= 1000) return size < 100'000 ? "mV" : "";
    return unit;
}

// Metrics of Shelly's first generation, whose names say something else elsewhere. The energy begins
// again with the device.
struct ShellyMetric {
    std::string_view metric;
    std::string_view unit;
    SeriesKind kind;
};
constexpr ShellyMetric kShellyMetrics[] = {
    {"energy", "W·min", SeriesKind::Counter},
    {"returned_energy", "W·min", SeriesKind::Counter},
    {"total", "Wh", SeriesKind::Meter},
    {"total_returned", "Wh", SeriesKind::Meter},
};

class JsonDecoder : public Decoder {
  public:
    explicit JsonDecoder(Options options) : options_(std::move(options)) {}

    void decode(const Incoming& message, Decoded& out) override;

  private:
    void decode_bare(const Incoming& message, const JsonLeaf& leaf, Decoded& out);
    void decode_leaves(const Incoming& message, Decoded& out);
    bool add_shelly(const Incoming& message, const JsonLeaf& leaf, const Name& name, Decoded& out);
    void add_value(const JsonLeaf& leaf, const Name& name, Decoded& out);
    void add_sample(const Name& name, Value value, SeriesKind kind, Decoded& out);
    bool add_position(const JsonLeaf& latitude, Decoded& out);
    bool has_latitude_beside(const JsonLeaf& longitude);
    template <typename List>
    bool number_beside(const JsonLeaf& leaf, const List& names, double& number);
    Time time_of(Time received);
    const Name& name_of(std::string_view path);

    Options options_;
    PayloadJson json_;
    TextMap<Name> names_;
    Time time_ = 0;  // of the message that is being read
    std::size_t left_out_ = 0;
    std::size_t look_ups_ = 0;
};

void JsonDecoder::decode(const Incoming& message, Decoded& out) {
    left_out_ = 0;
    look_ups_ = 0;
    time_ = message.received;
    auto problem = json_.read(message.payload);
    if (problem == "empty") return;
    if (problem.empty() && (json_.is_object() || json_.is_array())) {
        decode_leaves(message, out);
    } else if (problem.empty()) {
        decode_bare(message, json_.leaves().front(), out);
    } else if (message.payload.find_first_of("{[") ==
               message.payload.find_first_not_of(" \t\r\n")) {
        out.verdict = Verdict::Unreadable;
        out.problem = problem;
    } else {
        JsonLeaf text;
        text.type = LeafType::Text;
        text.text = message.payload;
        decode_bare(message, text, out);
    }
    if (!out.samples.empty() || !out.positions.empty()) out.verdict = Verdict::Read;
    if (left_out_ == 0) return;
    out.notes.push_back({out.sender, {}, {{"values_left_out", std::to_string(left_out_)}}});
}

void JsonDecoder::decode_bare(const Incoming& message, const JsonLeaf& leaf, Decoded& out) {
    auto slash = message.topic.rfind('/');
    bool has_parent = slash != std::string_view::npos && slash != 0;
    auto last =
        slash == std::string_view::npos ? std::string_view() : message.topic.substr(slash + 1);
    out.sender = {"topic",
                  std::string(has_parent ? message.topic.substr(0, slash) : message.topic)};
    const Name& name = name_of(!has_parent || last.empty() ? "value" : last);
    if (name.role == Role::TooLong) {
        left_out_++;
    } else if (!add_shelly(message, leaf, name, out)) {
        add_value(leaf, name, out);
    }
}

// False: it is none of those.
bool JsonDecoder::add_shelly(const Incoming& message, const JsonLeaf& leaf, const Name& name,
                             Decoded& out) {
    if (!message.topic.starts_with("shellies/") || !name.is_unit_guessed) return false;
    auto found = std::find_if(std::begin(kShellyMetrics), std::end(kShellyMetrics),
                              [&](const ShellyMetric& row) { return row.metric == name.metric; });
    if (found == std::end(kShellyMetrics)) return false;
    Name shelly = name;
    shelly.unit = found->unit;
    shelly.kind = found->kind;
    add_value(leaf, shelly, out);
    return true;
}

void JsonDecoder::decode_leaves(const Incoming& message, Decoded& out) {
    out.sender = {"topic", std::string(message.topic)};
    time_ = time_of(message.received);
    for (const JsonLeaf& leaf : json_.leaves()) {
        if (leaf.type == LeafType::Null) continue;
        const Name& name = name_of(leaf.path);
        if (name.role == Role::Time) continue;
        if (name.role == Role::Latitude && add_position(leaf, out)) continue;
        if (name.role == Role::Longitude && has_latitude_beside(leaf)) continue;
        if (name.role == Role::TooLong || out.samples.size() == kValuesMax) {
            double number = 0;
            if (as_number(leaf, number)) left_out_++;
            continue;
        }
        add_value(leaf, name, out);
    }
}

void JsonDecoder::add_value(const JsonLeaf& leaf, const Name& name, Decoded& out) {
    double number = 0;
    Value state;
    if (leaf.type == LeafType::Boolean) {
        add_sample(name, leaf.integer, SeriesKind::State, out);
    } else if (as_number(leaf, number)) {
        if (leaf.type == LeafType::Text && name.is_identity) return;
        add_sample(name, number_value(leaf, number), name.kind, out);
        std::string& unit = out.samples.back().unit;
        if (name.is_unit_guessed) unit = fitting_unit(unit, number);
    } else if (leaf.type == LeafType::Text && state_word(leaf.text, state)) {
        add_sample(name, std::move(state), SeriesKind::State, out);
    }
}

void JsonDecoder::add_sample(const Name& name, Value value, SeriesKind kind, Decoded& out) {
    Sample& sample = out.samples.emplace_back();
    sample.source = out.sender;
    sample.metric = name.metric;
    if (kind != SeriesKind::State) sample.unit = name.unit;
    sample.kind = kind;
    sample.time = time_;
    sample.value = std::move(value);
}

// A number that stands in the same object under one of these names.
template <typename List>
bool JsonDecoder::number_beside(const JsonLeaf& leaf, const List& names, double& number) {
    auto dot = leaf.path.rfind('.');
    auto prefix = dot == std::string_view::npos ? std::string_view() : leaf.path.substr(0, dot + 1);
    for (const JsonLeaf& other : json_.leaves()) {
        if (!other.path.starts_with(prefix)) continue;
        if (!is_one_of(names, lowered(other.path.substr(prefix.size()).substr(0, 15)))) continue;
        if (as_number(other, number)) return true;
    }
    return false;
}

// True: it is part of a place, sound or not, and so no value of its own.
bool JsonDecoder::add_position(const JsonLeaf& latitude, Decoded& out) {
    Position position;
    if (!as_number(latitude, position.latitude) || ++look_ups_ > kPositionsMax) return false;
    if (!number_beside(latitude, kLongitudes, position.longitude)) return false;
    bool is_on_earth = std::abs(position.latitude) <= 90 && std::abs(position.longitude) <= 180;
    // Receivers say 0, 0 when they have not found themselves yet.
    if (!is_on_earth || (position.latitude == 0 && position.longitude == 0)) return true;
    position.source = out.sender;
    position.time = time_;
    number_beside(latitude, kAltitudes, position.altitude_m);
    number_beside(latitude, kHeadings, position.heading_deg);
    number_beside(latitude, kAccuracies, position.uncertainty_m);
    out.positions.push_back(std::move(position));
    return true;
}

bool JsonDecoder::has_latitude_beside(const JsonLeaf& longitude) {
    double number = 0;
    return ++look_ups_ <= 2 * kPositionsMax && as_number(longitude, number) &&
           number_beside(longitude, kLatitudes, number);
}

Time JsonDecoder::time_of(Time received) {
    Time time = received;
    for (const JsonLeaf& leaf : json_.leaves()) {
        if (leaf.path.size() > 9 || name_of(leaf.path).role != Role::Time) continue;
        if (payload_time(leaf, options_.zone_minutes, received, time)) break;
    }
    return time;
}

const Name& JsonDecoder::name_of(std::string_view path) {
    static const Name too_long{.role = Role::TooLong, .metric = {}, .unit = {}};
    // Not remembered, since it may be as long as the payload.
    if (path.size() > kNameBytesMax) return too_long;
    auto found = names_.find(path);
    if (found != names_.end()) return found->second;
    if (names_.size() >= kNamesRememberedMax) names_.clear();
    Name name;
    auto words = metric_words(path);
    name.role = role_of(path);
    name.metric = path.empty() ? "value" : metric_name(path);
    name.unit = words.unit;
    name.is_unit_guessed = !words.is_unit_said;
    name.kind = words.kind;
    name.is_identity = words.is_identity;
    auto said = options_.overrides.find(name.metric);
    if (said != options_.overrides.end()) {
        name.unit = said->second.unit.value_or(name.unit);
        name.is_unit_guessed = false;
        name.kind = said->second.kind.value_or(name.kind);
    }
    return names_.emplace(std::string(path), std::move(name)).first->second;
}

bool take_option(const std::string& name, const std::string& value, Options& options) {
    if (name == "zone") {
        int minutes = 0;
        if (!zone_from_text(value, minutes)) return false;
        options.zone_minutes = minutes;
        return true;
    }
    auto gap = value.find(' ');
    auto metric = value.substr(0, gap);
    if (metric.empty()) return false;
    if (name == "unit") {
        options.overrides[metric].unit = gap == std::string::npos ? "" : value.substr(gap + 1);
        return true;
    }
    static constexpr std::pair<std::string_view, SeriesKind> kKinds[] = {
        {"gauge", SeriesKind::Gauge},
        {"counter", SeriesKind::Counter},
        {"meter", SeriesKind::Meter},
        {"increment", SeriesKind::Increment},
    };
    for (const auto& [word, kind] : kKinds) {
        if (name != word) continue;
        options.overrides[metric].kind = kind;
        return gap == std::string::npos;
    }
    return false;
}

std::unique_ptr<Decoder> make(const DecoderOptions& given, std::string& problem) {
    Options options;
    for (const auto& [name, value] : given) {
        if (take_option(name, value, options)) continue;
        problem = "json: cannot use option \"";
        problem += name;
        problem += ' ';
        problem += value;
        problem +=
            "\"; there are: zone +HH:MM, unit METRIC UNIT, and gauge, counter, meter, increment "
            "METRIC";
        return nullptr;
    }
    return std::make_unique<JsonDecoder>(std::move(options));
}

}  // namespace

DecoderKind json_decoder() {
    return {"json", "numbers, booleans and state words, bare or anywhere in JSON", {"#"}, make};
}

}  // namespace martlet::telemetry
