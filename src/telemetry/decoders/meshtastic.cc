#include "base/text.h"
#include "telemetry/decoders/meshtastic/envelope.h"
#include "telemetry/decoders/meshtastic/findings.h"
#include "telemetry/decoders/meshtastic/json_mode.h"
#include "telemetry/decoders/meshtastic/names.h"
#include "telemetry/decoders/meshtastic/ports.h"
#include "telemetry/decoders/meshtastic/receptions.h"
#include "telemetry/decoders/registry.h"

#include <string>
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

using Fate = Receptions::Fate;

std::string_view consent_text(Consent consent) {
    if (consent == Consent::Unknown) return "unknown";
    return consent == Consent::Yes ? "yes" : "no";
}

class MeshtasticDecoder final : public Decoder {
  public:
    // Empty: fine. Otherwise what is wrong.
    std::string set(std::string_view name, std::string_view value);
    void decode(const Incoming& message, Decoded& out) override;

  private:
    void read_status(const Incoming& message, const Topic& topic, Decoded& out);
    void read_packet(const Incoming& message, const Topic& topic, Decoded& out);
    void take(Packet& packet, const Topic& topic, Decoded& out);
    Fate take_open(Findings& findings, bool is_json, Decoded& out);
    void take_closed(Findings& findings, bool is_first, Decoded& out) const;
    static void put_packet(std::string_view port, Findings& findings);
    void put_gateways(Findings& findings) const;
    bool is_withheld(const Packet& packet) const;

    Keyring keyring_;
    ConsentPolicy policy_ = ConsentPolicy::Store;
    Receptions receptions_;
    JsonMode json_;
};

std::string MeshtasticDecoder::set(std::string_view name, std::string_view value) {
    if (name == "key") return keyring_.add(value);
    if (name != "consent") return fmt::format("There is no option {}; key and consent are", name);
    constexpr std::string_view kPolicies[] = {"store", "hide", "require", "strict"};
    for (std::size_t i = 0; i < std::size(kPolicies); i++) {
        if (kPolicies[i] != value) continue;
        policy_ = static_cast<ConsentPolicy>(i);
        return {};
    }
    return fmt::format("consent {} is unknown: {}", value, kConsentHelp);
}

void MeshtasticDecoder::decode(const Incoming& message, Decoded& out) {
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
    std::string_view problem = is_json ? json_.read_packet(message.payload, topic, packet)
                                       : read_envelope(message.payload, topic, packet);
    if (!problem.empty()) {
        out.verdict = Verdict::Unreadable;
        out.problem = problem;
        if (packet.from != 0 && packet.from != kBroadcast) out.sender = source_of(packet.from);
        return;
    }
    if (is_json && json_.is_order()) return;
    take(packet, topic, out);
}

void MeshtasticDecoder::take(Packet& packet, const Topic& topic, Decoded& out) {
    const Receptions::Heard* heard = receptions_.find(packet);
    Fate fate = heard != nullptr ? heard->fate : Fate::Unread;
    Findings findings(packet, out);
    out.sender = source_of(packet.from);
    if (fate == Fate::Kept) {
        out.verdict = Verdict::Duplicate;
    } else if (fate != Fate::Unread) {
        out.verdict = Verdict::Withheld;
        out.problem = kNoConsent;
    } else if (packet.encrypted.empty() || (!packet.is_public_key && decrypt(keyring_, packet))) {
        fate = take_open(findings, topic.kind == TopicKind::Json, out);
    } else {
        take_closed(findings, heard == nullptr, out);
    }
    // Another gateway's copy may be sound.
    if (out.verdict == Verdict::Unreadable) return;
    if (receptions_.note(packet, fate)) {
        findings.gateway_increment("receptions");
        findings.gateway_fact("root", clean_text(topic.root, kRootBytesMax));
    }
    if (fate == Fate::Kept || fate == Fate::Hidden) put_gateways(findings);
    if (fate == Fate::Withheld) out.sender = {};
}

Fate MeshtasticDecoder::take_open(Findings& findings, bool is_json, Decoded& out) {
    const Packet& packet = findings.packet();
    bool is_kept = !is_withheld(packet);
    if (is_kept || policy_ == ConsentPolicy::Hide) {
        put_packet(port_name(static_cast<std::uint32_t>(packet.port)), findings);
        bool is_told = !is_json && packet.port != Port::MapReport;
        if (is_told) findings.fact("ok_to_mqtt", consent_text(packet.consent));
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

void MeshtasticDecoder::take_closed(Findings& findings, bool is_first, Decoded& out) const {
    const Packet& packet = findings.packet();
    if (!is_first) {
        out.verdict = Verdict::Duplicate;
        return;
    }
    out.verdict = Verdict::Opaque;
    out.problem = packet.is_public_key ? "public-key message" : "unknown key";
    if (is_withheld(packet)) {
        out.sender = {};
        return;
    }
    put_packet(packet.is_public_key ? "PUBLIC_KEY" : "UNKNOWN_KEY", findings);
}

// What is known of every packet, whatever it says.
void MeshtasticDecoder::put_packet(std::string_view port, Findings& findings) {
    const Packet& packet = findings.packet();
    if (port.empty()) port = "OTHER";
    findings.traffic(port);
    std::string metric = "packets/";
    metric += port;
    findings.increment("packets");
    findings.increment(metric);
    if (packet.radio) {
        findings.gauge("packet/rx_snr", "dB", packet.radio->snr_db);
        findings.gauge("packet/rx_rssi", "dBm", packet.radio->rssi_dbm);
    }
    if (packet.hops_away) findings.gauge("packet/hops_away", "", *packet.hops_away);
    // Map reports never were on the air.
    if (packet.id != 0 && packet.hop_limit) {
        findings.gauge("packet/hop_limit", "", *packet.hop_limit);
        findings.gauge("packet/hop_start", "", packet.hop_start.value_or(0));
    }
    findings.state("packet/want_ack", packet.want_ack);
    findings.state("packet/via_mqtt", packet.is_via_mqtt);
    findings.flag("via_mqtt", packet.is_via_mqtt);
    if (!packet.channel.empty())
        findings.fact("channel", clean_text(packet.channel, kRootBytesMax));
    if (packet.gateway != 0) findings.fact("gateway", node_text(packet.gateway));
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
            "consent to MQTT",
            {"msh/#"},
            meshtastic::make};
}

}  // namespace martlet::telemetry
