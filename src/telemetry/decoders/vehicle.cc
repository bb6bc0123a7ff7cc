// Vehicles and other things that move: the generic scheme of topics, OwnTracks, VSS, OBD bridges,
// and by a rule of the configuration trackers that send their own JSON or NMEA.

#include "telemetry/decoders/registry.h"
#include "telemetry/decoders/vehicle/address.h"
#include "telemetry/decoders/vehicle/logbook.h"
#include "telemetry/decoders/vehicle/nmea.h"
#include "telemetry/decoders/vehicle/notice.h"
#include "telemetry/decoders/vehicle/obd.h"
#include "telemetry/decoders/vehicle/object.h"
#include "telemetry/decoders/vehicle/options.h"
#include "telemetry/decoders/vehicle/owntracks.h"
#include "telemetry/decoders/vehicle/place.h"
#include "telemetry/decoders/vehicle/signals.h"
#include "telemetry/decoders/vehicle/traccar.h"
#include "telemetry/decoders/vehicle/vss.h"
#include "telemetry/decoders/vehicle/words.h"
#include "telemetry/json_faults.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

using namespace vehicle;

constexpr std::size_t kPlainBytesMax = 8 * 1024;

void put_unreadable(std::string_view problem, Decoded& out) {
    out.verdict = Verdict::Unreadable;
    out.problem = problem;
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

// A payload without JSON.
Problem read_plain(const Address& address, std::string_view text, Reading& reading) {
    if (text.size() > kPlainBytesMax) return "too large";
    if (looks_like_nmea(text)) return read_nmea(text, reading);
    double number = 0;
    JsonLeaf leaf = text_leaf(unquoted(text));
    bool is_number = as_number(leaf, number);
    if ((!is_number || is_of_codes(address.signal)) && looks_like_obd(text))
        return read_obd(text, reading);
    bool is_place =
        is_place_name(last_word(address.signal)) && read_coordinates(leaf.text, reading);
    if (is_place) return {};
    if (!address.signal.empty()) {
        put_value(address.signal, leaf, reading);
        return {};
    }
    if (is_certain_emergency(leaf.text)) {
        put_alarm("status", leaf, reading);
        return {};
    }
    return read_coordinates(unquoted(text), reading) ? Problem() : Problem("no form that is known");
}

class VehicleDecoder final : public Decoder {
  public:
    explicit VehicleDecoder(VehicleOptions options)
        : address_rules_(std::move(options.address)), logbook_(std::move(options.journey)) {}

    void decode(const Incoming& message, Decoded& out) override;

  private:
    void read_signals(Address& address, const Incoming& message, Decoded& out);
    void read_many(Address& address, const Incoming& message, Decoded& out);
    void read_notice(const Address& address, const Incoming& message, Decoded& out);
    void read_alarm(Address& address, const Incoming& message, Decoded& out);
    void read_codes(Address& address, const Incoming& message, Decoded& out);
    void read_status(const Address& address, const Incoming& message, Decoded& out);
    void read_track(const Address& address, const Incoming& message, Decoded& out);
    void enter_all(const Address& address, std::vector<Reading>& readings, Decoded& out);

    AddressRules address_rules_;
    Logbook logbook_;
    PayloadJson json_;
};

void VehicleDecoder::decode(const Incoming& message, Decoded& out) {
    Address address = address_of(message.topic, address_rules_, message.filter);
    if (address.id.empty()) return put_unreadable("no vehicle in the topic", out);
    out.sender = Logbook::source_of(address.id);
    bool is_forwarded = address.branch != Branch::OwnTracks && address.branch != Branch::Talk &&
                        may_be_traccar(message.payload) && json_.read(message.payload).empty() &&
                        looks_like_traccar(json_);
    if (is_forwarded) address.branch = Branch::Signals;
    switch (address.branch) {
        case Branch::Talk:
            return;
        case Branch::Signals:
            read_signals(address, message, out);
            break;
        case Branch::Event:
        case Branch::Emergency:
            read_notice(address, message, out);
            break;
        case Branch::Alarm:
            read_alarm(address, message, out);
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
        read_traccar(json_, message.received, readings);
        bool is_told = std::any_of(readings.begin(), readings.end(),
                                   [](const Reading& reading) { return !reading.id.empty(); });
        if (!is_told && !address.is_id_sure)
            return put_unreadable("no vehicle in the payload", out);
    } else if (Reading reading(message.received); read_viss(json_, reading)) {
        readings.push_back(std::move(reading));
    } else {
        read_object(json_, address.signal, message.received, readings);
    }
    enter_all(address, readings, out);
    tell_faults(json_.faults(), out);
}

// A payload that names its vehicle knows better than a topic that may not.
void VehicleDecoder::enter_all(const Address& address, std::vector<Reading>& readings,
                               Decoded& out) {
    for (Reading& reading : readings) {
        bool is_better =
            !address.is_id_sure && !reading.id.empty() && reading.id.size() <= kIdBytesMax;
        const std::string id = is_better ? reading.id : address.id;
        logbook_.enter(id, reading, out);
    }
}

void VehicleDecoder::read_notice(const Address& address, const Incoming& message, Decoded& out) {
    bool is_empty = trimmed(message.payload).empty();
    bool is_emergency = address.branch == Branch::Emergency;
    // An empty retained message ends an emergency.
    if (is_empty && !(is_emergency && message.retain)) return;
    Reading reading(message.received);
    if (is_emergency) {
        read_emergency(message.payload, json_, reading);
    } else {
        Problem problem = read_event(message.payload, json_, reading);
        if (!problem.empty()) return put_unreadable(problem, out);
    }
    logbook_.enter(address.id, reading, out);
}

void VehicleDecoder::read_alarm(Address& address, const Incoming& message, Decoded& out) {
    std::string_view text = trimmed(message.payload);
    bool is_object = !text.empty() && text[0] == '{' && json_.read(message.payload).empty();
    Reading reading(message.received);
    if (is_object) {
        read_alarm_object(address.signal, json_, reading);
        logbook_.enter(address.id, reading, out);
        return tell_faults(json_.faults(), out);
    }
    if (!text.empty() || !message.retain) return read_signals(address, message, out);
    // Empty and retained: it is over.
    put_alarm(address.signal, text_leaf({}), reading);
    logbook_.enter(address.id, reading, out);
    if (out.is_empty()) out.verdict = Verdict::Nothing;
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
    // "SOS" is a state too.
    Reading reading(message.received);
    if (leaf == &plain && !looks_like_json(text)) put_alarm("status", plain, reading);
    if (looks_like_json(text)) {
        for (const JsonLeaf& member : json_.leaves()) put_alarm(member.path, member, reading);
    }
    bool has_alarm = !reading.alarms.empty();
    bool is_online = false;
    bool is_status = as_boolean(*leaf, is_online);
    if (!is_status && !has_alarm) return put_unreadable("neither online nor offline", out);
    if (is_status) logbook_.enter_online(address.id, is_online, message.received, out);
    if (has_alarm) logbook_.enter(address.id, reading, out);
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
    tell_faults(json_.faults(), out);
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
