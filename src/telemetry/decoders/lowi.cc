// The decoder of the LOWI energy gateway: one flat JSON object for each channel, numbers as numbers
// or as text. Channel 0 is the house's P1 meter. No time in the payload: the arrival counts. All
// channels are metrics of one source, "CH0/power_import" and so on; `ident` names it. Its topics
// have a shape that others' may have as well: what is none of its own is read as anything else is,
// by `json`.

#include "base/text.h"
#include "telemetry/decoders/key_list.h"
#include "telemetry/decoders/lowi/fields.h"
#include "telemetry/decoders/lowi/gateways.h"
#include "telemetry/decoders/lowi/recognise.h"
#include "telemetry/decoders/lowi/scales.h"
#include "telemetry/decoders/registry.h"
#include "telemetry/json_faults.h"
#include "telemetry/ledger_decimal.h"
#include "telemetry/payload_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

namespace martlet::telemetry {

namespace {

using namespace lowi;

// The tariff in words is told when it changes, and again after this time.
constexpr Time kTariffToldEvery = 3'600'000;

class LowiDecoder : public Decoder {
  public:
    LowiDecoder(Scales scales, std::unique_ptr<Decoder> others)
        : scales_(std::move(scales)), others_(std::move(others)) {}

    void decode(const Incoming& message, Decoded& out) override;

  private:
    void read_numbers();
    void read_channel(const Incoming& message, Decoded& out);
    CurrentReading current_reading() const;
    void add_field(FieldPlace place, Time time, Decoded& out);
    void add_net_power(Time time, Decoded& out);
    void add_tariff_name(Channel& channel, Time time, Decoded& out);
    bool is_told_as_is(const Field& field) const;
    void refuse(std::string_view key, std::string_view why);
    KeyList unknown_keys(Decoded& out) const;
    void tell_others(Decoded& out);
    void add_facts(const Place& place, const Channel& channel, Decoded& out);
    void add_name(SourceNote& note);
    void add_current_facts(const Channel& channel, SourceNote& note);
    void add_active_counter(SourceNote& note);
    void add_fact(std::string_view name, std::string_view text, SourceNote& note);
    void add_told_fact(std::string_view name, std::string_view text, SourceNote& note);
    Sample& add_sample(const Field& field, Time time, Decoded& out);
    std::optional<double> number(FieldPlace place) const;
    std::string_view text(TextPlace place) const;

    Scales scales_;
    std::unique_ptr<Decoder> others_;
    PayloadJson json_;
    Gateways gateways_;

    // Of the message that is being read.
    std::string channel_;  // "CH0/"
    Divisors divisors_;
    bool is_current_set_ = false;
    Leaves leaves_{};
    std::array<double, kFieldCount> numbers_{};  // NaN: none
    std::string_view units_text_;
    StatedUnits units_;
    KeyList refused_;
    std::string_view why_refused_;  // the first of them
    std::optional<std::int64_t> tariff_;
};

void LowiDecoder::decode(const Incoming& message, Decoded& out) {
    if (message.payload.empty() || is_order(message.topic)) return;
    Place place = place_of(message.topic);
    auto problem = json_.read(message.payload);
    if (problem.empty() && !json_.is_object()) problem = "not an object";
    leaves_ = find_leaves(json_);
    if (!is_own(place, json_, leaves_)) return others_->decode(message, out);
    channel_ = channel_of(place, leaves_);
    out.sender = {"lowi", gateways_.id_of(place, ident_of(leaves_))};
    if (problem.empty() && out.sender.id.empty()) problem = "no ident on a topic of several LOWIs";
    if (!problem.empty()) {
        out.verdict = Verdict::Unreadable;
        out.problem = problem;
        return;
    }
    Channel& channel = gateways_.channel(out.sender.id, channel_);
    channel_ += '/';
    refused_ = {};
    why_refused_ = {};
    units_text_ = text(Units);
    units_ = stated_units(units_text_);
    read_numbers();
    divisors_ = scales_.of(out.sender.id, is_current_set_);
    if (!is_current_set_) {
        channel.current.learn(current_reading());
        divisors_.current = channel.current.divisor();
    }
    read_channel(message, out);
    if (!out.samples.empty()) {
        out.verdict = Verdict::Read;
        add_tariff_name(channel, message.received, out);
        add_facts(place, channel, out);
    }
    tell_others(out);
}

void LowiDecoder::read_numbers() {
    for (std::size_t i = 0; i < kFieldCount; i++) {
        numbers_[i] = std::numeric_limits<double>::quiet_NaN();
        if (leaves_[i] != nullptr) as_number(*leaves_[i], numbers_[i]);
    }
}

void LowiDecoder::read_channel(const Incoming& message, Decoded& out) {
    tariff_.reset();
    for (std::size_t i = 0; i < kFieldCount; i++)
        add_field(static_cast<FieldPlace>(i), message.received, out);
    add_net_power(message.received, out);
}

Sample& LowiDecoder::add_sample(const Field& field, Time time, Decoded& out) {
    Sample& sample = out.samples.emplace_back();
    sample.source = out.sender;
    sample.metric.reserve(channel_.size() + field.metric.size());
    sample.metric = channel_;
    bool is_as_is = is_told_as_is(field);
    sample.metric += is_as_is && units_.is_volume ? field.volume_metric : field.metric;
    sample.unit = is_as_is ? units_.unit : field.unit;
    sample.kind = field.kind;
    sample.time = time;
    if (!units_.unit.empty() && units_.unit == sample.unit) sample.unit_source = UnitSource::Stated;
    return sample;
}

// `Units` contradicts the documented unit.
bool LowiDecoder::is_told_as_is(const Field& field) const {
    if (units_.instead_of.empty() || units_.instead_of != field.unit) return false;
    return !units_.is_volume || !field.volume_metric.empty();
}

// An empty text is no value.
bool is_left_out(const JsonLeaf& leaf) {
    return leaf.type == LeafType::Null || (leaf.type == LeafType::Text && leaf.text.empty());
}

void LowiDecoder::add_field(FieldPlace place, Time time, Decoded& out) {
    if (leaves_[place] == nullptr) return;
    const Field& field = fields()[place];
    std::int64_t state = 0;
    if (field.kind == SeriesKind::State) {
        if (is_left_out(*leaves_[place])) return;
        if (!as_state(*leaves_[place], state)) return refuse(field.key, "expected 0 or 1");
        add_sample(field, time, out).value = state;
        if (place == Tariff) tariff_ = state;
    } else if (auto told = number(place)) {
        double divisor = is_told_as_is(field) ? 1 : divisors_.*field.divisor;
        add_sample(field, time, out).value = scaled(*told, divisor);
    } else if (!is_left_out(*leaves_[place])) {
        refuse(field.key, "not a number");
    }
}

void LowiDecoder::refuse(std::string_view key, std::string_view why) {
    refused_.add(key);
    if (why_refused_.empty()) why_refused_ = why;
}

KeyList LowiDecoder::unknown_keys(Decoded& out) const {
    KeyList unknown;
    auto known = leaves_.size() -
                 static_cast<std::size_t>(std::count(leaves_.begin(), leaves_.end(), nullptr));
    // Nearly always all are known.
    if (known == json_.leaves().size()) return unknown;
    for (const JsonLeaf& leaf : json_.leaves()) {
        if (leaf.path.empty() || is_known_key(leaf.path) || !unknown.add(leaf.path)) continue;
        auto meant = meant_key(leaf.path);
        if (meant.empty() || !out.hint.empty()) continue;
        out.hint = fmt::format("'{}': did you mean {}?", unknown.last(), meant);
    }
    return unknown;
}

// The values that were not kept, as facts and as the reason.
void LowiDecoder::tell_others(Decoded& out) {
    KeyList unknown = unknown_keys(out);
    if (!why_refused_.empty())
        out.problem = fmt::format("{}: '{}'", why_refused_, refused_.first());
    for (const JsonFault& fault : json_.faults()) {
        const JsonLeaf* leaf = json_.find(fault.path);
        if (leaf != nullptr && leaf->type == LeafType::Null && is_known_key(fault.path))
            refused_.add(fault.path);
    }
    if (!refused_.is_empty() || !unknown.is_empty()) {
        if (out.notes.empty()) out.notes.emplace_back().source = out.sender;
        add_fact("unknown_keys", unknown.text(), out.notes.back());
        add_fact("refused_keys", refused_.text(), out.notes.back());
    }
    tell_faults(json_.faults(), out);
    if (!out.problem.empty() && out.samples.empty()) out.verdict = Verdict::Unreadable;
    if (out.problem.empty() && !out.hint.empty()) out.problem = "misspelt key";
    if (!out.samples.empty() || unknown.is_empty()) return;
    out.verdict = Verdict::Unreadable;
    if (out.problem.empty()) out.problem = "no key of a LOWI";
}

void LowiDecoder::add_net_power(Time time, Decoded& out) {
    auto power_in = number(PowerImport);
    auto power_out = number(PowerExport);
    if (power_in && power_out) {
        add_sample(kNetPower, time, out).value =
            scaled(decimal_difference(*power_in, *power_out), 1);
    }
}

void LowiDecoder::add_tariff_name(Channel& channel, Time time, Decoded& out) {
    if (!tariff_) return;
    bool is_recent = time >= channel.tariff_told && time - channel.tariff_told < kTariffToldEvery;
    if (channel.tariff == *tariff_ && is_recent) return;
    channel.tariff = static_cast<int>(*tariff_);
    channel.tariff_told = time;
    add_sample(kTariffName, time, out).value = std::string(*tariff_ == 1 ? "day" : "night");
}

// Words of ours.
void LowiDecoder::add_fact(std::string_view name, std::string_view text, SourceNote& note) {
    if (text.empty()) return;
    auto& [full_name, value] = note.facts.emplace_back();
    full_name.reserve(channel_.size() + name.size());
    full_name = channel_;
    full_name += name;
    value = text;
}

void LowiDecoder::add_told_fact(std::string_view name, std::string_view text, SourceNote& note) {
    add_fact(name, short_text(text), note);
}

void LowiDecoder::add_facts(const Place& place, const Channel& channel, Decoded& out) {
    SourceNote& note = out.notes.emplace_back();
    note.source = out.sender;
    note.facts.reserve(6);
    // Where it speaks, when the topic does not say who it is.
    if (place.root.find(out.sender.id) == std::string_view::npos)
        note.facts.emplace_back("topic", short_text(place.root));
    add_name(note);
    add_told_fact("type", text(DataType), note);
    add_told_fact("units", units_text_, note);
    add_current_facts(channel, note);
    add_active_counter(note);
    if (note.facts.empty()) out.notes.pop_back();
}

// Some firmwares name the channel beside the set of data, others one of them only.
void LowiDecoder::add_name(SourceNote& note) {
    auto name = text(ChannelName);
    add_told_fact("name", name.empty() ? text(DataName) : name, note);
}

CurrentReading LowiDecoder::current_reading() const {
    CurrentReading reading;
    reading.current = number(Current).value_or(0);
    reading.voltage = number(Voltage);
    reading.is_plug = leaves_[Relay] != nullptr;
    auto power_in = number(PowerImport);
    auto power_out = number(PowerExport);
    double net = power_in.value_or(0) - power_out.value_or(0);
    reading.power = number(Power);
    // A meter's own power may be told as 0 beside what it imports.
    reading.is_net_power = (power_in || power_out) && (net != 0 || !reading.power);
    if (reading.is_net_power) reading.power = net;
    if (reading.power) *reading.power *= units_.watts;
    if (units_.unit == "mA") reading.stated = CurrentUnit::Milliamperes;
    if (units_.unit == "A") reading.stated = CurrentUnit::Amperes;
    return reading;
}

void LowiDecoder::add_current_facts(const Channel& channel, SourceNote& note) {
    if (!number(Current)) return;
    add_fact("current_scale", current_fit(current_reading(), divisors_.current), note);
    if (is_current_set_ || channel.current.unit() == CurrentUnit::Hundredths) return;
    add_fact("current_unit", channel.current.is_milliampere() ? "mA" : "A", note);
}

// The meter that runs at this tariff, by the name of its series.
void LowiDecoder::add_active_counter(SourceNote& note) {
    if (!tariff_) return;
    bool is_day = *tariff_ == 1;
    if (number(ImportHigh) || number(ImportLow)) {
        bool is_export = number(PowerExport).value_or(0) > number(PowerImport).value_or(0);
        FieldPlace high = is_export ? ExportHigh : ImportHigh;
        FieldPlace low = is_export ? ExportLow : ImportLow;
        add_fact("active_counter", fields()[is_day ? high : low].metric, note);
    } else if (number(EnergyHigh) || number(EnergyLow)) {
        const Field& field = fields()[is_day ? EnergyHigh : EnergyLow];
        bool is_volume = units_.is_volume && is_told_as_is(field);
        add_fact("active_counter", is_volume ? field.volume_metric : field.metric, note);
    }
}

std::optional<double> LowiDecoder::number(FieldPlace place) const {
    if (std::isnan(numbers_[place])) return std::nullopt;
    return numbers_[place];
}

std::string_view LowiDecoder::text(TextPlace place) const {
    const JsonLeaf* leaf = leaves_[place];
    return leaf != nullptr && leaf->type == LeafType::Text ? leaf->text : std::string_view();
}

std::unique_ptr<Decoder> make(const DecoderOptions& options, std::string& problem) {
    Scales scales;
    for (const auto& [name, value] : options) {
        if (scales.take(name, value)) continue;
        problem = "lowi: cannot use option \"";
        problem += name;
        problem += ' ';
        problem += value;
        problem +=
            "\"; there are current_scale, energy_scale, gas_scale and water_scale, each with a "
            "number above 0, or with a serial number and a number above 0";
        return nullptr;
    }
    auto others = json_decoder().make({}, problem);
    return std::make_unique<LowiDecoder>(std::move(scales), std::move(others));
}

// Below prefixes of up to three levels; deeper ones are for `telemetry_rule`.
std::vector<std::string_view> default_filters() {
    static const std::vector<std::string> filters = [] {
        std::vector<std::string> all;
        for (std::string_view prefix : {"", "+/", "+/+/", "+/+/+/"}) {
            all.push_back(std::string(prefix) + "+/PUB/+");
            all.push_back(std::string(prefix) + "+/SET/REL/+");
            for (char digit = '0'; digit <= '9'; digit++)
                all.push_back(std::string(prefix) + "+/CH" + digit);
        }
        return all;
    }();
    return {filters.begin(), filters.end()};
}

}  // namespace

DecoderKind lowi_decoder() {
    return {"lowi", "LOWI energy gateway: P1 meter and channels", default_filters(), make};
}

}  // namespace martlet::telemetry
