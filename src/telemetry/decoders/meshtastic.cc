#include "base/text.h"
#include "telemetry/decoders/meshtastic/counting.h"
#include "telemetry/decoders/meshtastic/envelope.h"
#include "telemetry/decoders/meshtastic/findings.h"
#include "telemetry/decoders/meshtastic/json_mode.h"
#include "telemetry/decoders/meshtastic/names.h"
#include "telemetry/decoders/meshtastic/ports.h"
#include "telemetry/decoders/meshtastic/receptions.h"
#include "telemetry/decoders/meshtastic/republish.h"
#include "telemetry/decoders/registry.h"
#include "telemetry/json_faults.h"

#include <string>
#include <telemetry/proto/meshtastic.pb.h>
#include <utility>

namespace martlet::telemetry {

namespace meshtastic {
namespace {

// What is done with a packet of somebody else's whose sender says that it may not travel over MQTT.
// What a gateway sends of itself it has agreed to.
enum class ConsentPolicy : std::uint8_t {
    Store,    // kept and marked
    Hide,     // that it came is kept, what it says is not
    Require,  // nothing of it is kept
    Strict,   // the same; also of senders whose firmware is too old to say so
};

constexpr std::string_view kConsentHelp =
    "consent is store (keep all, marked), hide (keep that packets came, not what they say, when "
    "the "
    "sender does not consent), require (keep nothing of those) or strict (nor of those that cannot "
    "say)";

constexpr std::string_view kNoConsent = "no consent";
constexpr std::size_t kRootBytesMax = 128;
constexpr std::size_t kChannelBytesMax = 64;

using Fate = Receptions::Fate;

// The line that would make such packets readable.
std::string key_hint(const Packet& packet) {
    std::string channel = clean_name(packet.channel, kChannelBytesMax);
    return fmt::format("telemetry_option meshtastic key {} BASE64 (channel hash 0x{:02x})",
                       channel.empty() ? "NAME" : channel, packet.channel_number);
}

// A map report has no bit; its sender may have opted in within it.
bool is_consenting(const Packet& packet) {
    if (packet.port != Port::MapReport) return packet.consent == Consent::Yes;
    wire::MapReport report;
    return report.ParseFromArray(packet.payload.data(), static_cast<int>(packet.payload.size())) &&
           report.has_opted_report_location();
}

class MeshtasticDecoder final : public Decoder {
  public:
    // Empty: fine. Otherwise what is wrong.
    std::string set(std::string_view name, std::string_view value);
    void decode(const Incoming& message, Decoded& out) override;

  private:
    void read_status(const Incoming& message, const Topic& topic, Decoded& out);
    void read_packet(const Incoming& message, const Topic& topic, Decoded& out);
    void take(Packet& packet, const Topic& topic, bool is_again, Decoded& out);
    bool open(Packet& packet) const;
    Fate take_open(Findings& findings, bool is_json, Told told, Decoded& out);
    void take_closed(Findings& findings, Told told, Decoded& out) const;
    void put_gateways(Findings& findings) const;
    bool is_withheld(const Packet& packet) const;
    void pass_on(const Incoming& message, Packet& packet, Decoded& out);

    Keyring keyring_;
    ConsentPolicy policy_ = ConsentPolicy::Store;
    Receptions receptions_;
    Republisher republisher_;
    JsonMode json_;
};

std::string MeshtasticDecoder::set(std::string_view name, std::string_view value) {
    if (name == "key") return keyring_.add(value);
    if (name == "republish") return republisher_.set_prefix(value);
    if (name != "consent") {
        return fmt::format("There is no option {}; key, consent and republish are", name);
    }
    constexpr std::string_view kPolicies[] = {"store", "hide", "require", "strict"};
    for (std::size_t i = 0; i < std::size(kPolicies); i++) {
        if (kPolicies[i] != value) continue;
        policy_ = static_cast<ConsentPolicy>(i);
        return {};
    }
    return fmt::format("consent {} is unknown: {}", value, kConsentHelp);
}

void MeshtasticDecoder::decode(const Incoming& message, Decoded& out) {
    if (republisher_.is_passed_on(message.topic)) {
        // It was read as what it is a copy of.
        out.verdict = Verdict::Duplicate;
        return;
    }
    Topic topic = parse_topic(message.topic);
    // What clears a retained message.
    if (message.payload.empty()) return;
    switch (topic.kind) {
        case TopicKind::Status:
            return read_status(message, topic, out);
        case TopicKind::Packet:
        case TopicKind::Map:
        case TopicKind::Json:
            return read_packet(message, topic, out);
        case TopicKind::Other:
            out.verdict = Verdict::Unreadable;
            out.problem = "not a Meshtastic topic";
            return;
    }
}

// Until the middle of 2024 gateways had a will.
void MeshtasticDecoder::read_status(const Incoming& message, const Topic& topic, Decoded& out) {
    bool is_online = message.payload == "online";
    if (topic.gateway == 0 || (!is_online && message.payload != "offline")) {
        out.verdict = Verdict::Unreadable;
        out.problem = "neither online nor offline of a gateway";
        return;
    }
    Packet packet;
    packet.from = packet.gateway = topic.gateway;
    packet.received = packet.time = message.received;
    Findings findings(packet, out);
    findings.fact("mqtt_status", message.payload);
    findings.state("mqtt/online", is_online);
    out.sender = source_of(topic.gateway);
    out.verdict = Verdict::Read;
}

void MeshtasticDecoder::read_packet(const Incoming& message, const Topic& topic, Decoded& out) {
    Packet packet;
    packet.received = message.received;
    bool is_json = topic.kind == TopicKind::Json;
    std::string problem = is_json ? json_.read_packet(message.payload, topic, packet)
                                  : std::string(read_envelope(message.payload, topic, packet));
    if (!problem.empty()) {
        out.verdict = Verdict::Unreadable;
        out.problem = std::move(problem);
        if (packet.from != 0 && packet.from != kBroadcast) out.sender = source_of(packet.from);
        return;
    }
    if (is_json && json_.is_order()) return;
    take(packet, topic, message.is_again, out);
    if (is_json && out.verdict == Verdict::Read) out.problem = json_.left_out();
    // JSON does not say whether the sender consents.
    if (!is_json && !message.is_again) pass_on(message, packet, out);
}

// False: no key fits.
bool MeshtasticDecoder::open(Packet& packet) const {
    return packet.encrypted.empty() || (!packet.is_public_key && decrypt(keyring_, packet));
}

void MeshtasticDecoder::take(Packet& packet, const Topic& topic, bool is_again, Decoded& out) {
    const Receptions::Heard* heard = receptions_.find(packet);
    Fate fate = heard != nullptr ? heard->fate : Fate::Unread;
    Told told = is_again ? Told::LongAgo : heard != nullptr ? Told::Just : Told::Not;
    Findings findings(packet, out);
    out.sender = source_of(packet.from);
    if (fate == Fate::Kept) {
        out.verdict = Verdict::Duplicate;
    } else if (fate != Fate::Unread) {
        out.verdict = Verdict::Withheld;
        out.problem = kNoConsent;
    } else if (open(packet)) {
        fate = take_open(findings, topic.kind == TopicKind::Json, told, out);
    } else {
        take_closed(findings, told, out);
    }
    // Another gateway's copy may be sound.
    if (out.verdict == Verdict::Unreadable) return;
    bool is_new_reception = receptions_.note(packet, fate);
    if (fate == Fate::Withheld) out.sender = {};
    if (is_again) return;
    if (is_new_reception) {
        findings.gateway_increment("receptions");
        findings.gateway_fact("root", clean_text(topic.root, kRootBytesMax));
    }
    if (fate == Fate::Kept || fate == Fate::Hidden) put_gateways(findings);
}

Fate MeshtasticDecoder::take_open(Findings& findings, bool is_json, Told told, Decoded& out) {
    const Packet& packet = findings.packet();
    bool is_kept = !is_withheld(packet);
    if (is_kept || policy_ == ConsentPolicy::Hide) {
        put_packet(port_name(static_cast<std::uint32_t>(packet.port)), told, findings);
        if (!is_json && packet.port != Port::MapReport) put_consent(told, findings);
    }
    out.verdict = is_kept ? Verdict::Read : Verdict::Withheld;
    if (!is_kept) {
        out.problem = kNoConsent;
        return policy_ == ConsentPolicy::Hide ? Fate::Hidden : Fate::Withheld;
    }
    std::string problem;
    if (is_json) {
        json_.read_payload(findings);
    } else {
        problem = read_port(findings);
    }
    if (problem.empty()) return Fate::Kept;
    SourceId sender = std::move(out.sender);
    out.clear();
    out.sender = std::move(sender);
    out.verdict = Verdict::Unreadable;
    out.problem = std::move(problem);
    return Fate::Unread;
}

void MeshtasticDecoder::take_closed(Findings& findings, Told told, Decoded& out) const {
    const Packet& packet = findings.packet();
    if (told == Told::Just) {
        out.verdict = Verdict::Duplicate;
        return;
    }
    out.verdict = Verdict::Opaque;
    out.problem = packet.is_public_key ? "public-key message" : "unknown key";
    if (!packet.is_public_key) out.hint = key_hint(packet);
    if (is_withheld(packet)) {
        out.sender = {};
        return;
    }
    put_packet(packet.is_public_key ? "PUBLIC_KEY" : "UNKNOWN_KEY", told, findings);
}

// All that heard the sender's newest packet.
void MeshtasticDecoder::put_gateways(Findings& findings) const {
    std::string gateways;
    if (const Receptions::Heard* heard = receptions_.find(findings.packet())) {
        for (NodeId gateway : heard->gateways) {
            if (gateway == 0) continue;
            if (!gateways.empty()) gateways += ' ';
            gateways += node_text(gateway);
        }
    } else if (findings.packet().gateway != 0) {
        gateways = node_text(findings.packet().gateway);
    }
    if (!gateways.empty()) findings.fact("gateways", gateways);
}

bool MeshtasticDecoder::is_withheld(const Packet& packet) const {
    if (policy_ == ConsentPolicy::Store || packet.from == packet.gateway) return false;
    return packet.consent == Consent::No ||
           (policy_ == ConsentPolicy::Strict && packet.consent == Consent::Unknown);
}

// Each gateway's copy, if it says itself that it may: that another copy did is no proof for this
// one.
void MeshtasticDecoder::pass_on(const Incoming& message, Packet& packet, Decoded& out) {
    bool is_read = out.verdict == Verdict::Read || out.verdict == Verdict::Duplicate;
    if (!republisher_.is_on() || !is_read || !open(packet) || !is_consenting(packet)) return;
    republisher_.pass_on(message, out);
}

std::unique_ptr<Decoder> make(const DecoderOptions& options, std::string& problem) {
    auto decoder = std::make_unique<MeshtasticDecoder>();
    for (const auto& [name, value] : options) {
        problem = decoder->set(name, value);
        if (!problem.empty()) return nullptr;
    }
    return decoder;
}

}  // namespace
}  // namespace meshtastic

DecoderKind meshtastic_decoder() {
    return {"meshtastic",
            "Nodes of a Meshtastic mesh. Options: key [CHANNEL ]BASE64 (the default key is known); "
            "consent store, hide, require or strict: what becomes of packets whose sender does not "
            "consent to MQTT; republish PREFIX/: packets whose sender consents are published again "
            "under PREFIX/",
            {"msh/#"},
            meshtastic::make};
}

}  // namespace martlet::telemetry
