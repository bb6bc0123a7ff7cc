// The decoder of Busroot's production signals: one JSON object with any of the known keys. v2 names
// the station in the topic, v1 the device, whose station an option tells. Steps and resets are made
// of the kinds of the series later, not here.

#include "base/hash_map.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/decoders/registry.h"
#include "telemetry/payload_json.h"
#include "telemetry/topic_levels.h"

#include <algorithm>
#include <charconv>

namespace martlet::telemetry {

namespace {

struct Signal {
    std::string_view key;
    std::string_view alias;  // empty: none
    std::string_view unit;
    SeriesKind kind;
};

constexpr Signal kSignals[] = {
    {"production_complete_good", "production_complete", "", SeriesKind::Increment},
    {"production_count_good", "production_count", "", SeriesKind::Counter},
    {"production_complete_bad", "", "", SeriesKind::Increment},
    {"production_count_bad", "", "", SeriesKind::Counter},
    {"productive", "", "", SeriesKind::State},
    {"electrical_kwh", "", "kWh", SeriesKind::Meter},
    {"electrical_kwh_interval", "", "kWh", SeriesKind::Increment},
    {"rssi", "", "dBm", SeriesKind::Gauge},
    {"line_speed", "", "", SeriesKind::Gauge},
};

// Lists in facts are for people, who need not see more than this.
constexpr std::size_t kListedKeysMax = 16;
constexpr std::size_t kListedKeyBytesMax = 32;

bool is_known(std::string_view key) {
    return std::any_of(std::begin(kSignals), std::end(kSignals), [&](const Signal& signal) {
        return key == signal.key || (!signal.alias.empty() && key == signal.alias);
    });
}

bool has_value(const JsonLeaf* leaf) {
    return leaf != nullptr && leaf->type != LeafType::Null;
}

bool as_state(const JsonLeaf& leaf, Value& value) {
    bool is_on =
        leaf.type == LeafType::Text ? leaf.text == "1" || leaf.text == "true" : leaf.number == 1;
    bool is_off =
        leaf.type == LeafType::Text ? leaf.text == "0" || leaf.text == "false" : leaf.number == 0;
    bool is_scalar = leaf.type == LeafType::Boolean || leaf.type == LeafType::Integer ||
                     leaf.type == LeafType::Real || leaf.type == LeafType::Text;
    value = std::int64_t{is_on ? 1 : 0};
    return is_scalar && (is_on || is_off);
}

// Whole numbers stay whole. What counts cannot be negative.
bool as_signal(const Signal& signal, const JsonLeaf& leaf, Value& value) {
    if (signal.kind == SeriesKind::State) return as_state(leaf, value);
    double number = 0;
    if (!as_number(leaf, number)) return false;
    bool counts = signal.kind == SeriesKind::Increment || signal.kind == SeriesKind::Counter;
    if (counts && number < 0) return false;
    std::int64_t whole = leaf.integer;
    bool is_whole = leaf.type == LeafType::Integer;
    if (leaf.type == LeafType::Text) {
        auto* end = leaf.text.data() + leaf.text.size();
        auto result = std::from_chars(leaf.text.data(), end, whole);
        is_whole = result.ec == std::errc{} && result.ptr == end;
    }
    value = is_whole ? Value(whole) : Value(number);
    return true;
}

// Keys that people should hear of, each once, in the order of the message.
class KeyList {
  public:
    void add(std::string_view raw_key) {
        // All that is over the bound is one and the same.
        if (is_longer_) return;
        auto key = plain_text(raw_key, kListedKeyBytesMax);
        if (std::find(keys_.begin(), keys_.end(), key) != keys_.end()) return;
        if (keys_.size() < kListedKeysMax) {
            keys_.push_back(std::move(key));
        } else {
            is_longer_ = true;
        }
    }
    void write(std::string_view fact, SourceNote& note) const {
        if (keys_.empty()) return;
        std::string text;
        for (const auto& key : keys_) {
            if (!text.empty()) text += ", ";
            text += key;
        }
        if (is_longer_) text += ", ...";
        note.facts.emplace_back(fact, std::move(text));
    }

  private:
    std::vector<std::string> keys_;
    bool is_longer_ = false;
};

class BusrootDecoder : public Decoder {
  public:
    // Stations by device id; both with their account in front: "acme/press-07", "acme/PRESS7".
    explicit BusrootDecoder(TextMap<std::string> stations) : stations_(std::move(stations)) {}

    void decode(const Incoming& message, Decoded& out) override;

  private:
    // False: not a topic for signals. `out.sender` is told of raw data as well.
    bool read_topic(std::string_view topic, Decoded& out) const;
    std::string station_of(std::string_view account, std::string_view device) const;
    void add_signal(const Signal& signal, Time time, Decoded& out, KeyList& refused,
                    KeyList& ignored) const;

    TextMap<std::string> stations_;
    PayloadJson json_;
};

std::string join(std::string_view account, std::string_view name) {
    std::string id(account);
    id += '/';
    id += name;
    return id;
}

std::string BusrootDecoder::station_of(std::string_view account, std::string_view device) const {
    auto id = join(account, device);
    auto found = stations_.find(id);
    return found == stations_.end() ? id : found->second;
}

bool BusrootDecoder::read_topic(std::string_view topic, Decoded& out) const {
    auto levels = topic_levels(topic);
    if (levels.size() < 4 || levels[0] != "busroot") return false;
    if (levels[1] == "v2") {
        if (levels.size() != 5 || levels[3] != "signals") return false;
        if (levels[2].empty() || levels[4].empty()) return false;
        out.sender = {"station", join(levels[2], levels[4])};
        return true;
    }
    if (levels[1] != "v1") return false;
    bool is_raw = levels[2] == "dau";
    if (levels.size() != (is_raw ? 5u : 4u)) return false;
    auto account = levels[levels.size() - 2];
    auto device = levels.back();
    if (account.empty() || device.empty()) return false;
    out.sender = {"station", station_of(account, device)};
    return !is_raw;
}

void BusrootDecoder::decode(const Incoming& message, Decoded& out) {
    if (!read_topic(message.topic, out) || message.payload.empty()) return;
    auto problem = json_.read(message.payload);
    if (problem.empty() && !json_.is_object()) problem = "not an object";
    if (!problem.empty()) {
        out.verdict = Verdict::Unreadable;
        out.problem = problem;
        return;
    }
    KeyList unknown;
    KeyList refused;
    KeyList ignored;
    for (const Signal& signal : kSignals) {
        add_signal(signal, message.received, out, refused, ignored);
    }
    for (const JsonLeaf& leaf : json_.leaves()) {
        if (!is_known(leaf.path) && !leaf.path.empty()) unknown.add(leaf.path);
    }
    SourceNote note;
    note.source = out.sender;
    unknown.write("unknown_keys", note);
    refused.write("refused_keys", note);
    ignored.write("ignored_aliases", note);
    if (!note.facts.empty()) out.notes.push_back(std::move(note));
    if (!out.is_empty()) out.verdict = Verdict::Read;
}

void BusrootDecoder::add_signal(const Signal& signal, Time time, Decoded& out, KeyList& refused,
                                KeyList& ignored) const {
    const JsonLeaf* leaf = json_.find(signal.key);
    const JsonLeaf* alias = signal.alias.empty() ? nullptr : json_.find(signal.alias);
    auto key = signal.key;
    if (has_value(leaf) && has_value(alias)) ignored.add(signal.alias);
    if (!has_value(leaf)) {
        leaf = alias;
        key = signal.alias;
    }
    if (!has_value(leaf)) return;
    Value value;
    if (!as_signal(signal, *leaf, value)) return refused.add(key);
    Sample& sample = out.samples.emplace_back();
    sample.source = out.sender;
    sample.metric = signal.key;
    sample.unit = signal.unit;
    sample.kind = signal.kind;
    sample.time = time;
    sample.value = std::move(value);
}

// "acme/press-07 PRESS7".
bool take_station(const std::string& value, TextMap<std::string>& stations) {
    auto gap = value.find(' ');
    auto slash = value.find('/');
    if (gap == std::string::npos || gap + 1 == value.size()) return false;
    if (slash == std::string::npos || slash == 0 || slash + 1 >= gap) return false;
    auto station = value.substr(gap + 1);
    if (station.find('/') != std::string::npos) return false;
    stations[value.substr(0, gap)] = join(value.substr(0, slash), station);
    return true;
}

std::unique_ptr<Decoder> make(const DecoderOptions& options, std::string& problem) {
    TextMap<std::string> stations;
    for (const auto& [name, value] : options) {
        if (name == "station" && take_station(value, stations)) continue;
        problem = "busroot: cannot use option \"";
        problem += name;
        problem += ' ';
        problem += value;
        problem += "\"; there is station ACCOUNT/DEVICE STATION";
        return nullptr;
    }
    return std::make_unique<BusrootDecoder>(std::move(stations));
}

}  // namespace

DecoderKind busroot_decoder() {
    return {"busroot",
            "Busroot production signals by station (v2) and by device (v1)",
            {"busroot/v2/+/signals/+", "busroot/v1/#"},
            make};
}

}  // namespace martlet::telemetry
