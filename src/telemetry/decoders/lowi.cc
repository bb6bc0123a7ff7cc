// The decoder of the LOWI energy gateway: one flat JSON object for each channel, numbers as numbers
// or as text. Channel 0 is the house's P1 meter. No time in the payload: the arrival counts. All
// channels are metrics of one source, "CH0/power_import" and so on. Its topics have a shape that
// others' may have as well: what is none of its own is read as anything else is, by `json`.

#include "telemetry/decoders/plain_text.h"
#include "telemetry/decoders/registry.h"
#include "telemetry/payload_json.h"

#include <cmath>
#include <optional>

namespace martlet::telemetry {

namespace {

// What a field's raw number is divided by, so that 5123456 Wh are exactly 5123.456 kWh.
struct Divisors {
    double none = 1;
    double current = 100;  // told in 1/100 A
    double energy = 1000;  // told in Wh
    double gas = 1000;     // told in litres
    double water = 1000;
};

struct Field {
    std::string_view key;
    std::string_view metric;
    std::string_view unit;
    SeriesKind kind;
    double Divisors::*divisor;
};

// The energy of the hour, day and month begins again at 0 by the clock: gauges, no counters.
constexpr Field kFields[] = {
    {"U", "voltage", "V", SeriesKind::Gauge, &Divisors::none},
    {"I", "current", "A", SeriesKind::Gauge, &Divisors::current},
    {"PI", "power_import", "W", SeriesKind::Gauge, &Divisors::none},
    {"PE", "power_export", "W", SeriesKind::Gauge, &Divisors::none},
    {"P", "power", "W", SeriesKind::Gauge, &Divisors::none},
    {"T", "tariff", "", SeriesKind::State, &Divisors::none},
    {"CIH", "energy_import_high", "kWh", SeriesKind::Meter, &Divisors::energy},
    {"CIL", "energy_import_low", "kWh", SeriesKind::Meter, &Divisors::energy},
    {"CEH", "energy_export_high", "kWh", SeriesKind::Meter, &Divisors::energy},
    {"CEL", "energy_export_low", "kWh", SeriesKind::Meter, &Divisors::energy},
    {"CG", "gas", "m³", SeriesKind::Meter, &Divisors::gas},
    {"CW", "water", "m³", SeriesKind::Meter, &Divisors::water},
    {"HC", "energy_hour", "kWh", SeriesKind::Gauge, &Divisors::energy},
    {"DC", "energy_day", "kWh", SeriesKind::Gauge, &Divisors::energy},
    {"MC", "energy_month", "kWh", SeriesKind::Gauge, &Divisors::energy},
    {"CH", "energy_high", "kWh", SeriesKind::Meter, &Divisors::energy},
    {"CL", "energy_low", "kWh", SeriesKind::Meter, &Divisors::energy},
    {"REL", "relay", "", SeriesKind::State, &Divisors::none},
    {"RSSI", "rssi", "dBm", SeriesKind::Gauge, &Divisors::none},
};

// Texts that say what a channel is.
constexpr std::pair<std::string_view, std::string_view> kFacts[] = {
    {"Name", "name"}, {"Type", "type"}, {"Units", "units"}};
constexpr std::size_t kFactBytesMax = 64;

// Below this the measured power says little about the current.
constexpr double kCheckedPowerMin = 200;

bool is_channel(std::string_view level) {
    if (!level.starts_with("CH") || level.size() < 3 || level.size() > 5) return false;
    return level.find_first_not_of("0123456789", 2) == std::string_view::npos;
}

// `SERIAL/SET/REL/CH4`: somebody switches a relay.
bool is_order(std::string_view topic) {
    return topic.find("/SET/REL/") != std::string_view::npos;
}

// Whose channel the topic is about; owners may rename the first level, so that any text is a
// serial number. `SERIAL/PUB/CH0`, `SERIAL/CH0`, `SERIAL/ANYTHING/CH0`; under a prefix as well.
bool read_topic(std::string_view topic, std::string& serial, std::string_view& channel) {
    auto slash = topic.rfind('/');
    if (slash == std::string_view::npos || !is_channel(topic.substr(slash + 1))) return false;
    channel = topic.substr(slash + 1);
    auto before = topic.substr(0, slash);
    serial = before.substr(0, before.rfind('/'));
    return !serial.empty();
}

// "0" and "1", also as "ON" and "OFF".
bool as_state(const JsonLeaf& leaf, std::int64_t& state) {
    double number = 0;
    if (leaf.type == LeafType::Boolean) {
        state = leaf.integer;
        return true;
    }
    if (as_number(leaf, number)) {
        state = number == 1 ? 1 : 0;
        return number == 0 || number == 1;
    }
    state = leaf.text == "ON" ? 1 : 0;
    return leaf.type == LeafType::Text && (leaf.text == "ON" || leaf.text == "OFF");
}

// What came whole and needs no scale stays whole.
Value scaled(double number, double divisor) {
    constexpr double kExactMax = 1e15;
    if (divisor == 1 && number == std::trunc(number) && std::abs(number) < kExactMax) {
        return static_cast<std::int64_t>(number);
    }
    return number / divisor;
}

class LowiDecoder : public Decoder {
  public:
    LowiDecoder(const Divisors& divisors, std::unique_ptr<Decoder> others)
        : divisors_(divisors), others_(std::move(others)) {}

    void decode(const Incoming& message, Decoded& out) override;

  private:
    bool is_own(const Incoming& message, std::string_view problem) const;
    void add_field(const Field& field, Time time, Decoded& out);
    void add_net_power(Time time, Decoded& out);
    void add_facts(Decoded& out);
    void check_current(SourceNote& note);
    Sample& add_sample(const Field& field, Time time, Decoded& out);
    std::optional<double> number(std::string_view key) const;

    Divisors divisors_;
    std::unique_ptr<Decoder> others_;
    PayloadJson json_;
    std::string channel_;  // "CH0/", of the message that is being read
};

void LowiDecoder::decode(const Incoming& message, Decoded& out) {
    std::string_view channel;
    SourceId source{"lowi", {}};
    if (message.payload.empty() || is_order(message.topic)) return;
    if (!read_topic(message.topic, source.id, channel)) return others_->decode(message, out);
    auto problem = json_.read(message.payload);
    if (problem.empty() && !json_.is_object()) problem = "not an object";
    if (!is_own(message, problem)) return others_->decode(message, out);
    out.sender = std::move(source);
    channel_ = channel;
    channel_ += '/';
    if (!problem.empty()) {
        out.verdict = Verdict::Unreadable;
        out.problem = problem;
        return;
    }
    for (const Field& field : kFields) add_field(field, message.received, out);
    add_net_power(message.received, out);
    if (out.samples.empty()) return;
    out.verdict = Verdict::Read;
    add_facts(out);
}

// On `SERIAL/PUB/CH0` it is, whatever it says. On other topics it says who it is.
bool LowiDecoder::is_own(const Incoming& message, std::string_view problem) const {
    auto before = message.topic.substr(0, message.topic.rfind('/'));
    if (before.ends_with("/PUB")) return true;
    if (!problem.empty()) return false;
    return json_.find("ident") != nullptr || json_.find("device_CH") != nullptr;
}

Sample& LowiDecoder::add_sample(const Field& field, Time time, Decoded& out) {
    Sample& sample = out.samples.emplace_back();
    sample.source = out.sender;
    sample.metric = channel_;
    sample.metric += field.metric;
    sample.unit = field.unit;
    sample.kind = field.kind;
    sample.time = time;
    return sample;
}

void LowiDecoder::add_field(const Field& field, Time time, Decoded& out) {
    const JsonLeaf* leaf = json_.find(field.key);
    if (leaf == nullptr) return;
    std::int64_t state = 0;
    double number = 0;
    if (field.kind == SeriesKind::State) {
        if (as_state(*leaf, state)) add_sample(field, time, out).value = state;
    } else if (as_number(*leaf, number)) {
        add_sample(field, time, out).value = scaled(number, divisors_.*field.divisor);
    }
}

void LowiDecoder::add_net_power(Time time, Decoded& out) {
    static constexpr Field kNet{"", "power_net", "W", SeriesKind::Gauge, &Divisors::none};
    auto power_in = number("PI");
    auto power_out = number("PE");
    if (power_in && power_out) {
        add_sample(kNet, time, out).value = scaled(*power_in - *power_out, 1);
    }
}

void LowiDecoder::add_facts(Decoded& out) {
    SourceNote note;
    note.source = out.sender;
    const JsonLeaf* ident = json_.find("ident");
    if (ident != nullptr && ident->type == LeafType::Text && ident->text != out.sender.id) {
        note.facts.emplace_back("ident", plain_text(ident->text, kFactBytesMax));
    }
    for (const auto& [key, fact] : kFacts) {
        const JsonLeaf* leaf = json_.find(key);
        if (leaf == nullptr || leaf->type != LeafType::Text || leaf->text.empty()) continue;
        note.facts.emplace_back(channel_ + std::string(fact),
                                plain_text(leaf->text, kFactBytesMax));
    }
    check_current(note);
    if (!note.facts.empty()) out.notes.push_back(std::move(note));
}

// Whether the scale of the current fits what power and voltage say: firmwares differ by ten.
void LowiDecoder::check_current(SourceNote& note) {
    auto power = number("P");
    auto voltage = number("U");
    auto current = number("I");
    if (!power || !voltage || !current || std::abs(*power) < kCheckedPowerMin) return;
    double ratio = *voltage * *current / divisors_.current / std::abs(*power);
    bool fits = ratio > 0.3 && ratio < 3;
    note.facts.emplace_back(channel_ + "current_scale", fits ? "fits" : "does not fit power");
}

std::optional<double> LowiDecoder::number(std::string_view key) const {
    const JsonLeaf* leaf = json_.find(key);
    double value = 0;
    if (leaf == nullptr || !as_number(*leaf, value)) return std::nullopt;
    return value;
}

// A scale of 0.01 is a division by exactly 100.
bool read_scale(const std::string& text, double& divisor) {
    double scale = 0;
    if (!as_number(text, scale) || scale <= 0 || scale < 1e-9 || scale > 1e9) return false;
    divisor = 1 / scale;
    double whole = std::round(divisor);
    if (whole >= 1 && std::abs(divisor - whole) < whole * 1e-9) divisor = whole;
    return true;
}

std::unique_ptr<Decoder> make(const DecoderOptions& options, std::string& problem) {
    static constexpr std::pair<std::string_view, double Divisors::*> kScales[] = {
        {"current_scale", &Divisors::current},
        {"energy_scale", &Divisors::energy},
        {"gas_scale", &Divisors::gas},
        {"water_scale", &Divisors::water},
    };
    Divisors divisors;
    for (const auto& [name, value] : options) {
        bool is_taken = false;
        for (const auto& [word, divisor] : kScales) {
            if (name == word) is_taken = read_scale(value, divisors.*divisor);
        }
        if (is_taken) continue;
        problem = "lowi: cannot use option \"";
        problem += name;
        problem += ' ';
        problem += value;
        problem +=
            "\"; there are current_scale, energy_scale, gas_scale and water_scale, each with a "
            "number above 0";
        return nullptr;
    }
    auto others = json_decoder().make({}, problem);
    return std::make_unique<LowiDecoder>(divisors, std::move(others));
}

}  // namespace

DecoderKind lowi_decoder() {
    return {
        "lowi",
        "LOWI energy gateway: P1 meter and channels",
        {"+/PUB/+", "+/SET/REL/+", "+/CH0",   "+/CH1",   "+/CH2",   "+/CH3",   "+/CH4",   "+/CH5",
         "+/CH6",   "+/CH7",       "+/CH8",   "+/CH9",   "+/+/CH0", "+/+/CH1", "+/+/CH2", "+/+/CH3",
         "+/+/CH4", "+/+/CH5",     "+/+/CH6", "+/+/CH7", "+/+/CH8", "+/+/CH9"},
        make};
}

}  // namespace martlet::telemetry
