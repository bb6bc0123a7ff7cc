// Vehicles and other things that move: the generic scheme of topics, OwnTracks, VSS, OBD bridges,
// and by a rule of the configuration trackers that send their own JSON or NMEA.

#include "telemetry/decoders/json/metric_words.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/decoders/registry.h"
#include "telemetry/decoders/vehicle/address.h"
#include "telemetry/decoders/vehicle/logbook.h"
#include "telemetry/decoders/vehicle/nmea.h"
#include "telemetry/decoders/vehicle/obd.h"
#include "telemetry/decoders/vehicle/object.h"
#include "telemetry/decoders/vehicle/options.h"
#include "telemetry/decoders/vehicle/owntracks.h"
#include "telemetry/decoders/vehicle/signals.h"
#include "telemetry/decoders/vehicle/traccar.h"
#include "telemetry/decoders/vehicle/vss.h"
#include "telemetry/decoders/vehicle/words.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

using namespace vehicle;

constexpr std::size_t kDetailsBytesMax = 8 * 1024;
constexpr std::size_t kPlainBytesMax = 8 * 1024;

void put_unreadable(std::string_view problem, Decoded& out) {
    out.verdict = Verdict::Unreadable;
    out.problem = problem;
}

bool looks_like_json(std::string_view text) {
    return !text.empty() && (text[0] == '{' || text[0] == '[');
}

std::string_view unquoted(std::string_view text) {
    bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
    return is_quoted ? text.substr(1, text.size() - 2) : text;
}

JsonLeaf text_leaf(std::string_view text) {
    JsonLeaf leaf;
    leaf.type = LeafType::Text;
    leaf.text = text;
    return leaf;
}

bool is_of_codes(std::string_view signal) {
    NamedSignal named = find_signal(signal);
    return named.signal != nullptr && named.signal->field == Field::Codes;
}

// "59.3293,18.0686" or with a speed. False: not that.
bool read_coordinates(std::string_view text, Reading& reading) {
    constexpr std::string_view kMetrics[] = {"lat", "lon", "speed"};
    double numbers[3] = {};
    std::size_t count = 0;
    while (!text.empty()) {
        std::string_view part = trimmed(take_part(text, ','));
        if (count == 3 || part.empty() || !as_number(text_leaf(part), numbers[count])) return false;
        count++;
    }
    if (count < 2) return false;
    for (std::size_t i = 0; i < count; i++) put_number(signal_of(kMetrics[i]), numbers[i], reading);
    return true;
}

// A payload without JSON.
Problem read_plain(const Address& address, std::string_view text, Reading& reading) {
    if (text.size() > kPlainBytesMax) return "too large";
    if (looks_like_nmea(text)) return read_nmea(text, reading);
    double number = 0;
    JsonLeaf leaf = text_leaf(unquoted(text));
    bool is_number = as_number(leaf, number);
    if ((!is_number || is_of_codes(address.signal)) && looks_like_obd(text))
        return read_obd(text, reading);
    if (!address.signal.empty()) {
        put_value(address.signal, leaf, reading);
        return {};
    }
    return read_coordinates(text, reading) ? Problem() : Problem("no form that is known");
}

class VehicleDecoder final : public Decoder {
  public:
    explicit VehicleDecoder(VehicleOptions options)
        : address_rules_(std::move(options.address)), logbook_(std::move(options.journey)) {}

    void decode(const Incoming& message, Decoded& out) override;

  private:
    void read_signals(Address& address, const Incoming& message, Decoded& out);
    void read_many(Address& address, const Incoming& message, Decoded& out);
    void read_event(const Address& address, const Incoming& message, Decoded& out);
    void read_emergency(const Address& address, const Incoming& message, Decoded& out);
    void read_codes(Address& address, const Incoming& message, Decoded& out);
    void read_status(const Address& address, const Incoming& message, Decoded& out);
    void read_track(const Address& address, const Incoming& message, Decoded& out);
    Event event_in_json(std::string_view payload) const;
    void put_event_place(Reading& reading) const;

    AddressRules address_rules_;
    Logbook logbook_;
    PayloadJson json_;
};

void VehicleDecoder::decode(const Incoming& message, Decoded& out) {
    Address address = address_of(message.topic, address_rules_);
    if (address.id.empty()) return put_unreadable("no vehicle in the topic", out);
    out.sender = Logbook::source_of(address.id);
    switch (address.branch) {
        case Branch::Talk:
            return;
        case Branch::Signals:
            read_signals(address, message, out);
            break;
        case Branch::Event:
            read_event(address, message, out);
            break;
        case Branch::Emergency:
            read_emergency(address, message, out);
            break;
        case Branch::Codes:
            read_codes(address, message, out);
            break;
        case Branch::Status:
            read_status(address, message, out);
            break;
        case Branch::OwnTracks:
            read_track(address, message, out);
            break;
    }
    if (out.verdict == Verdict::Nothing && !out.is_empty()) out.verdict = Verdict::Read;
}

void VehicleDecoder::read_signals(Address& address, const Incoming& message, Decoded& out) {
    std::string_view text = trimmed(message.payload);
    if (text.empty()) return;
    if (looks_like_json(text)) return read_many(address, message, out);
    Reading reading(message.received);
    Problem problem = read_plain(address, text, reading);
    if (!problem.empty()) return put_unreadable(problem, out);
    logbook_.enter(address.id, reading, out);
}

void VehicleDecoder::read_many(Address& address, const Incoming& message, Decoded& out) {
    std::vector<Reading> readings;
    if (Problem problem = json_.read(message.payload); !problem.empty()) {
        if (!is_of_codes(address.signal)) return put_unreadable(problem, out);
        // "[('P0301', 'Misfire')]", as some bridges print it.
        Reading& reading = readings.emplace_back(message.received);
        put_value(address.signal, text_leaf(message.payload), reading);
        return logbook_.enter(address.id, reading, out);
    }
    if (looks_like_traccar(json_)) {
        std::string told;
        readings.emplace_back(message.received);
        read_traccar(json_, readings.back(), told);
        bool is_better = !address.is_id_sure && !told.empty() && told.size() <= kIdBytesMax;
        if (is_better) address.id = told;
    } else if (Reading reading(message.received); read_viss(json_, reading)) {
        readings.push_back(std::move(reading));
    } else {
        read_object(json_, address.signal, message.received, readings);
    }
    for (Reading& reading : readings) logbook_.enter(address.id, reading, out);
}

// `type` and `text` of the object that was read.
Event VehicleDecoder::event_in_json(std::string_view payload) const {
    Event event;
    const JsonLeaf* type = json_.find("type");
    if (type != nullptr && type->type == LeafType::Text) {
        event.kind = metric_name(plain_text(type->text, 64));
    }
    const JsonLeaf* text = json_.find("text");
    if (text != nullptr && text->type == LeafType::Text) event.text = plain_text(text->text);
    if (payload.size() <= kDetailsBytesMax) {
        event.details = plain_text(payload, kDetailsBytesMax);
    }
    return event;
}

void VehicleDecoder::put_event_place(Reading& reading) const {
    for (const JsonLeaf& leaf : json_.leaves()) {
        NamedSignal named = find_signal(leaf.path);
        if (named.signal == nullptr) continue;
        Field field = named.signal->field;
        bool is_of_place = field == Field::Time || field == Field::Latitude ||
                           field == Field::Longitude || field == Field::Uncertainty;
        if (is_of_place) put(named, leaf, reading);
    }
}

void VehicleDecoder::read_event(const Address& address, const Incoming& message, Decoded& out) {
    std::string_view text = trimmed(message.payload);
    if (text.empty()) return;
    Reading reading(message.received);
    Event event;
    if (looks_like_json(text)) {
        Problem problem = json_.read(message.payload);
        if (problem.empty() && !json_.is_object()) problem = "not an object";
        if (!problem.empty()) return put_unreadable(problem, out);
        event = event_in_json(text);
        put_event_place(reading);
    } else {
        event.text = plain_text(text);
        if (event.text.empty()) return put_unreadable("not text", out);
    }
    if (event.kind.empty()) event.kind = "event";
    bool is_crash = event.kind == "crash" || event.kind == "sos" || event.kind == "rollover";
    bool is_warning = event.kind.starts_with("harsh") || event.kind == "over_speed";
    if (is_warning) event.severity = Severity::Warning;
    if (is_crash) event.severity = Severity::Critical;
    reading.events.push_back(std::move(event));
    logbook_.enter(address.id, reading, out);
}

void VehicleDecoder::read_emergency(const Address& address, const Incoming& message, Decoded& out) {
    std::string_view text = trimmed(message.payload);
    if (text.empty() && !message.retain) return;
    Reading reading(message.received);
    Event event;
    // Whatever a vehicle in need sends is told on, read or not.
    bool is_true = true;
    if (as_boolean(text_leaf(unquoted(text)), is_true) && !is_true) text = {};
    bool is_read =
        looks_like_json(text) && json_.read(message.payload).empty() && json_.is_object();
    if (is_read) {
        event = event_in_json(text);
        put_event_place(reading);
    } else {
        event.text = plain_text(text);
    }
    if (event.text.empty()) {
        event.text = event.kind;
    } else if (!event.kind.empty()) {
        event.text = event.kind + ": " + event.text;
    }
    event.kind = text.empty() ? "emergency_cleared" : "emergency";
    event.severity = text.empty() ? Severity::Info : Severity::Critical;
    reading.events.push_back(std::move(event));
    reading.measures.push_back({"emergency", "", SeriesKind::State, std::int64_t{!text.empty()}});
    logbook_.enter(address.id, reading, out);
}

void VehicleDecoder::read_codes(Address& address, const Incoming& message, Decoded& out) {
    std::string_view text = trimmed(message.payload);
    bool is_object = !text.empty() && text[0] == '{';
    address.signal = is_object ? "" : "dtc";
    if (!text.empty()) return read_signals(address, message, out);
    if (!message.retain) return;
    Reading reading(message.received);
    reading.codes.emplace();
    logbook_.enter(address.id, reading, out);
}

void VehicleDecoder::read_status(const Address& address, const Incoming& message, Decoded& out) {
    std::string_view text = trimmed(message.payload);
    if (text.empty()) return;
    if (looks_like_json(text)) {
        Problem problem = json_.read(message.payload);
        if (!problem.empty()) return put_unreadable(problem, out);
    }
    const JsonLeaf* leaf = nullptr;
    if (looks_like_json(text)) {
        for (std::string_view name : {"online", "status", "state"}) {
            if (leaf == nullptr) leaf = json_.find(name);
        }
    }
    JsonLeaf plain = text_leaf(unquoted(text));
    if (leaf == nullptr) leaf = &plain;
    bool is_online = false;
    if (!as_boolean(*leaf, is_online)) return put_unreadable("neither online nor offline", out);
    logbook_.enter_online(address.id, is_online, message.received, out);
}

void VehicleDecoder::read_track(const Address& address, const Incoming& message, Decoded& out) {
    if (message.payload.empty()) return;
    if (Problem problem = json_.read(message.payload); !problem.empty()) {
        return put_unreadable(problem, out);
    }
    Reading reading(message.received);
    OwnTracks track = read_owntracks(json_, reading);
    out.verdict = track.verdict;
    out.problem = track.problem;
    if (track.verdict != Verdict::Read) return;
    bool is_back = track.online == true && logbook_.is_known_offline(address.id);
    if (track.online == false || is_back) {
        logbook_.enter_online(address.id, is_back, message.received, out);
    }
    logbook_.enter(address.id, reading, out);
    if (out.is_empty()) out.verdict = Verdict::Nothing;
}

std::unique_ptr<Decoder> make_vehicle(const DecoderOptions& options, std::string& problem) {
    VehicleOptions read;
    if (!read_options(options, read, problem)) return nullptr;
    return std::make_unique<VehicleDecoder>(std::move(read));
}

}  // namespace

DecoderKind vehicle_decoder() {
    return {"vehicle",
            "vehicles and assets: generic topics, OwnTracks, VSS, OBD, NMEA, Traccar",
            {"vehicles/#", "owntracks/#", "vss/#", "obd/#", "car/obd/#"},
            make_vehicle};
}

}  // namespace martlet::telemetry
