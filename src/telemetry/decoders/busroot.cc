// The decoder of Busroot's production signals: one JSON object with any of the known keys. v2 names
// the station in the topic, v1 the device, whose station an option tells. Steps and resets are made
// of the kinds of the series later, not here.

#include "base/hash_map.h"
#include "telemetry/decoders/busroot/address.h"
#include "telemetry/decoders/busroot/counting.h"
#include "telemetry/decoders/busroot/signals.h"
#include "telemetry/decoders/key_list.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/decoders/registry.h"
#include "telemetry/json_faults.h"
#include "telemetry/payload_json.h"
#include "telemetry/payload_time.h"
#include "telemetry/time_key.h"

#include <algorithm>
#include <optional>

namespace martlet::telemetry {

namespace {

using namespace busroot;

constexpr std::size_t kHintedKeysMax = 3;
constexpr std::size_t kHintedBytesMax = 32;
// Unknown keys whose meaning is remembered; past it, all are forgotten.
constexpr std::size_t kRememberedKeysMax = 1'024;

bool has_value(const JsonLeaf* leaf) {
    return leaf != nullptr && leaf->type != LeafType::Null;
}

class BusrootDecoder : public Decoder {
  public:
    // Stations by device id; both with their account in front: "acme/press-07", "acme/PRESS7".
    BusrootDecoder(TextMap<std::string> stations, Counting counting)
        : stations_(std::move(stations)), counting_(std::move(counting)) {}

    void decode(const Incoming& message, Decoded& out) override;

  private:
    struct Lists {
        KeyList unknown;
        KeyList refused;
        KeyList ignored;
        std::string why_refused;  // the first of them
        std::string hint;
        std::size_t hinted = 0;
        std::string time_hint;
        std::optional<Time> time;  // that the message tells of itself
        std::uint8_t time_rank = 0;
    };
    // What a key that is no signal may be, by its name alone.
    struct OtherKey {
        std::string_view meant;  // the signal; empty: none
        TimeKey time;
    };

    std::string id_of(const Address& address) const;
    void add_signal(const Signal& signal, Time time, Decoded& out, Lists& lists) const;
    void add_other(const JsonLeaf& leaf, Time received, Lists& lists);
    bool take_time(const TimeKey& key, const JsonLeaf& leaf, Time received, Lists& lists) const;
    OtherKey other_key(const JsonLeaf& leaf);
    static void refuse(std::string_view key, std::string_view why, Lists& lists);
    void tell(const Lists& lists, Decoded& out) const;

    TextMap<std::string> stations_;
    Counting counting_;
    TextMap<OtherKey> others_;
    PayloadJson json_;
};

std::string join(std::string_view account, std::string_view name) {
    std::string id(account);
    if (!id.empty()) id += '/';
    id += name;
    return id;
}

std::string BusrootDecoder::id_of(const Address& address) const {
    auto id = join(address.account, address.name);
    if (address.kind == Address::Kind::Station) return id;
    auto found = stations_.find(id);
    return found == stations_.end() ? id : found->second;
}

void BusrootDecoder::decode(const Incoming& message, Decoded& out) {
    Address address = address_of(message.topic);
    if (address.kind == Address::Kind::None) {
        auto meant = message.payload.empty() ? std::string() : meant_topic(message.topic);
        if (meant.empty()) return;
        out.verdict = Verdict::Unreadable;
        out.problem = "not a topic of Busroot";
        out.hint = "did you mean " + meant + '?';
        return;
    }
    out.sender = {"station", id_of(address)};
    if (address.kind == Address::Kind::RawData || message.payload.empty()) return;
    auto problem = json_.read(message.payload);
    if (problem.empty() && !json_.is_object()) problem = "not an object";
    if (!problem.empty()) {
        out.verdict = Verdict::Unreadable;
        out.problem = problem;
        return;
    }
    Lists lists;
    for (const Signal& signal : signals()) add_signal(signal, message.received, out, lists);
    for (const JsonLeaf& leaf : json_.leaves()) {
        if (!leaf.path.empty() && find_signal(leaf.path) == nullptr)
            add_other(leaf, message.received, lists);
    }
    if (lists.time) {
        for (Sample& sample : out.samples) sample.time = *lists.time;
    }
    tell(lists, out);
    counting_.look_at(message.received, out);
}

void BusrootDecoder::tell(const Lists& lists, Decoded& out) const {
    SourceNote note;
    note.source = out.sender;
    lists.unknown.write("unknown_keys", note);
    lists.refused.write("refused_keys", note);
    lists.ignored.write("ignored_aliases", note);
    if (!note.facts.empty()) out.notes.push_back(std::move(note));
    out.hint = lists.hint.empty() ? lists.time_hint : lists.hint;
    out.problem = lists.why_refused;
    tell_faults(json_.faults(), out);
    if (out.problem.empty() && !lists.hint.empty()) out.problem = "misspelt key";
    if (out.is_empty()) return;
    bool is_lost = out.samples.empty() && !out.problem.empty();
    out.verdict = is_lost ? Verdict::Unreadable : Verdict::Read;
}

void BusrootDecoder::refuse(std::string_view key, std::string_view why, Lists& lists) {
    lists.refused.add(key);
    if (!lists.why_refused.empty()) return;
    lists.why_refused = key;
    lists.why_refused += ": ";
    lists.why_refused += why;
}

void BusrootDecoder::add_signal(const Signal& signal, Time time, Decoded& out, Lists& lists) const {
    const JsonLeaf* leaf = json_.find(signal.key);
    const JsonLeaf* alias = signal.alias.empty() ? nullptr : json_.find(signal.alias);
    auto key = signal.key;
    if (has_value(leaf) && has_value(alias)) lists.ignored.add(signal.alias);
    if (!has_value(leaf)) {
        leaf = alias;
        key = signal.alias;
    }
    if (!has_value(leaf)) {
        // A bad value is not one that was left out.
        for (auto lost : {signal.key, signal.alias}) {
            if (!lost.empty() && has_fault(json_.faults(), lost)) lists.refused.add(lost);
        }
        return;
    }
    Value value;
    auto why = read_signal(signal, *leaf, value);
    if (!why.empty()) return refuse(key, why, lists);
    Sample& sample = out.samples.emplace_back();
    sample.source = out.sender;
    sample.metric = signal.key;
    sample.unit = signal.unit;
    sample.kind = signal.kind;
    sample.time = time;
    sample.value = std::move(value);
}

// An object or an array as the value of a signal is a value that is refused.
void BusrootDecoder::add_other(const JsonLeaf& leaf, Time received, Lists& lists) {
    auto first = leaf.path.substr(0, leaf.path.find('.'));
    if (find_signal(first) != nullptr) return refuse(first, "expected a number", lists);
    OtherKey other = other_key(leaf);
    if (take_time(other.time, leaf, received, lists)) return;
    if (!lists.unknown.add(leaf.path) || lists.hinted == kHintedKeysMax) return;
    if (other.meant.empty()) return;
    lists.hinted++;
    if (!lists.hint.empty()) lists.hint += "; ";
    lists.hint += '\'' + lists.unknown.last() + "': did you mean ";
    lists.hint += other.meant;
    lists.hint += '?';
}

// False: it tells no time that can be used.
bool BusrootDecoder::take_time(const TimeKey& key, const JsonLeaf& leaf, Time received,
                               Lists& lists) const {
    bool is_record =
        key.use == TimeUse::Record || key.use == TimeUse::Perhaps || key.use == TimeUse::Date;
    if (!is_record || leaf.depth != 1) return false;
    Time time = 0;
    auto value = time_of_member(key, leaf, std::nullopt, received, time);
    if (value == TimeValue::Told) {
        if (!lists.time || key.rank < lists.time_rank) {
            lists.time = time;
            lists.time_rank = key.rank;
        }
        return true;
    }
    if (value == TimeValue::NotTime || !lists.time_hint.empty()) return false;
    lists.time_hint = "the time '" + plain_text(leaf.path, kHintedBytesMax);
    lists.time_hint += value == TimeValue::WrongClock
                           ? "' is not understood or wrong; the arrival counts"
                           : "' has no zone; the arrival counts (expected 2026-01-01T10:00:00Z)";
    return false;
}

// A right key in the wrong place is found as well: {"signals":{"rssi":-61}}.
BusrootDecoder::OtherKey BusrootDecoder::other_key(const JsonLeaf& leaf) {
    if (auto found = others_.find(leaf.path); found != others_.end()) return found->second;
    if (others_.size() >= kRememberedKeysMax) others_.clear();
    auto dot = leaf.path.rfind('.');
    auto last = dot == std::string_view::npos ? leaf.path : leaf.path.substr(dot + 1);
    OtherKey other{meant_signal(last), time_key(leaf.key())};
    constexpr std::size_t kRememberedBytesMax = 64;
    if (leaf.path.size() <= kRememberedBytesMax) others_.emplace(std::string(leaf.path), other);
    return other;
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
    Counting counting;
    for (const auto& [name, value] : options) {
        if (name == "station" && take_station(value, stations)) continue;
        if (name == "counted_by" && counting.take_option(value)) continue;
        problem = "busroot: cannot use option \"";
        problem += name;
        problem += ' ';
        problem += value;
        problem +=
            "\"; there are station ACCOUNT/DEVICE STATION, and counted_by ACCOUNT/STATION "
            "good=complete|count bad=complete|count";
        return nullptr;
    }
    return std::make_unique<BusrootDecoder>(std::move(stations), std::move(counting));
}

// Below prefixes of up to three levels; deeper ones are for `telemetry_rule`.
std::vector<std::string_view> default_filters() {
    static const std::vector<std::string> filters = [] {
        std::vector<std::string> all;
        for (std::string_view prefix : {"", "+/", "+/+/", "+/+/+/"}) {
            for (std::string_view filter :
                 {"busroot/v2/+/signals/+", "busroot/v2/dau/#", "busroot/v1/#"})
                all.push_back(std::string(prefix) + std::string(filter));
        }
        return all;
    }();
    return {filters.begin(), filters.end()};
}

}  // namespace

DecoderKind busroot_decoder() {
    return {"busroot", "Busroot production signals by station (v2) and by device (v1)",
            default_filters(), make};
}

}  // namespace martlet::telemetry
