#include "telemetry/decoders/meshtastic/counting.h"

#include <string>

namespace martlet::telemetry::meshtastic {

namespace {

constexpr std::size_t kChannelBytesMax = 128;

void put_radio(const Packet& packet, Findings& findings) {
    if (packet.radio.snr_db) findings.gauge("packet/rx_snr", "dB", *packet.radio.snr_db);
    if (packet.radio.rssi_dbm) findings.gauge("packet/rx_rssi", "dBm", *packet.radio.rssi_dbm);
    if (packet.hops_away) findings.gauge("packet/hops_away", "", *packet.hops_away);
    // Map reports never were on the air.
    if (packet.id != 0 && packet.hop_limit) {
        findings.gauge("packet/hop_limit", "", *packet.hop_limit);
        if (packet.hop_start) findings.gauge("packet/hop_start", "", *packet.hop_start);
    }
    if (packet.want_ack) findings.state("packet/want_ack", *packet.want_ack);
    if (packet.is_via_mqtt) findings.state("packet/via_mqtt", *packet.is_via_mqtt);
}

void put_way(const Packet& packet, Findings& findings) {
    if (packet.is_via_mqtt) findings.flag("via_mqtt", *packet.is_via_mqtt);
    std::string channel = clean_name(packet.channel, kChannelBytesMax);
    if (!channel.empty()) findings.fact("channel", channel);
    if (packet.gateway != 0) findings.fact("gateway", node_text(packet.gateway));
}

std::string_view consent_text(Consent consent) {
    if (consent == Consent::Unknown) return "unknown";
    return consent == Consent::Yes ? "yes" : "no";
}

}  // namespace

void put_packet(std::string_view port, Told told, Findings& findings) {
    // Facts are of the newest packet.
    if (told != Told::LongAgo) put_way(findings.packet(), findings);
    if (told != Told::Not) return;
    if (port.empty()) port = "OTHER";
    std::string metric = "packets/";
    metric += port;
    findings.traffic(port);
    findings.increment("packets");
    findings.increment(metric);
    put_radio(findings.packet(), findings);
}

void put_consent(Told told, Findings& findings) {
    Consent consent = findings.packet().consent;
    if (told != Told::LongAgo) findings.fact("ok_to_mqtt", consent_text(consent));
    // Old firmware does not say it, and is no no.
    if (consent == Consent::Unknown) return;
    findings.state("packet/ok_to_mqtt", consent == Consent::Yes);
    if (consent == Consent::No) findings.increment("packets_without_consent");
}

}  // namespace martlet::telemetry::meshtastic
