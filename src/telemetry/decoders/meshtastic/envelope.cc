#include "telemetry/decoders/meshtastic/envelope.h"

#include "mqtt/topic.h"
#include "telemetry/decoders/meshtastic/cipher.h"
#include "telemetry/decoders/meshtastic/names.h"

#include <telemetry/proto/meshtastic.pb.h>
#include <vector>

namespace martlet::telemetry::meshtastic {

namespace {

// On the air it is 233; what comes by other ways may be larger.
constexpr std::size_t kInnerBytesMax = 64 * 1024;

// Nodes allow 11.
constexpr std::size_t kChannelBytesMax = 64;

// The gateway's own packet was heard by nobody, and needed no hop.
std::optional<std::uint32_t> hops_away(const Packet& packet, bool has_bitfield) {
    std::uint32_t start = packet.hop_start.value_or(0);
    std::uint32_t limit = packet.hop_limit.value_or(0);
    // Old firmware does not say where it began.
    bool is_told = start > 0 || (limit == 0 && (has_bitfield || packet.from == packet.gateway));
    if (!is_told || limit > start) return std::nullopt;
    return start - limit;
}

bool read_data(std::string_view bytes, Packet& packet) {
    wire::Data data;
    if (!data.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
    packet.port = static_cast<Port>(data.portnum());
    packet.payload = std::move(*data.mutable_payload());
    packet.want_response = data.want_response();
    packet.is_reaction = data.emoji() != 0;
    packet.request_id = data.request_id();
    packet.reply_id = data.reply_id();
    if (data.has_bitfield()) {
        packet.consent = (data.bitfield() & 1) != 0 ? Consent::Yes : Consent::No;
    }
    packet.hops_away = hops_away(packet, data.has_bitfield());
    return true;
}

// Nothing else tells whether the key was right.
bool is_plausible(const Packet& packet) {
    return packet.port != Port::Unknown &&
           !port_name(static_cast<std::uint32_t>(packet.port)).empty() &&
           (!packet.payload.empty() || packet.want_response);
}

void read_header(const wire::MeshPacket& from, Packet& packet) {
    packet.from = from.from();
    packet.to = from.to();
    packet.id = from.id();
    packet.channel_number = from.channel();
    packet.time = sound_time(from.rx_time(), packet.received).value_or(packet.received);
    // Zeros are not sent: without both it was not heard by radio.
    if (from.rx_rssi() != 0 || from.rx_snr() != 0) {
        packet.radio = Radio{from.rx_snr(), from.rx_rssi()};
    }
    packet.hop_limit = from.hop_limit();
    packet.hop_start = from.hop_start();
    packet.hops_away = hops_away(packet, false);
    packet.want_ack = from.want_ack();
    packet.is_via_mqtt = from.via_mqtt();
    packet.is_public_key = from.pki_encrypted();
}

}  // namespace

std::string_view read_envelope(std::string_view payload, const Topic& topic, Packet& packet) {
    if (payload.size() > 2 * kInnerBytesMax) return "too large";
    wire::ServiceEnvelope envelope;
    if (!envelope.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
        return "not a Meshtastic envelope";
    }
    if (!envelope.has_packet()) return "no packet in the envelope";
    packet.channel = envelope.has_channel_id() ? envelope.channel_id() : topic.channel;
    if (packet.channel.size() > kChannelBytesMax) return "channel name is too long";
    if (!mqtt::is_valid_utf8(packet.channel)) return "channel name is not UTF-8";
    packet.gateway = node_from_text(envelope.gateway_id());
    if (packet.gateway == 0) packet.gateway = topic.gateway;

    const wire::MeshPacket& inner = envelope.packet();
    read_header(inner, packet);
    if (packet.from == 0 || packet.from == kBroadcast) return "no sender";
    if (inner.has_decoded()) {
        return read_data(inner.decoded(), packet) ? "" : "packet is not sound";
    }
    if (inner.encrypted().empty()) return "packet is empty";
    if (inner.encrypted().size() > kInnerBytesMax) return "too large";
    packet.encrypted = inner.encrypted();
    packet.is_public_key |= packet.channel == "PKI" && packet.channel_number == 0;
    return "";
}

bool decrypt(const Keyring& keyring, Packet& packet) {
    std::vector<const ChannelKey*> candidates;
    keyring.candidates(packet.channel, packet.channel_number, candidates);
    std::string plain;
    for (const ChannelKey* candidate : candidates) {
        if (!apply_cipher(candidate->key, packet.from, packet.id, packet.encrypted, plain)) {
            continue;
        }
        Packet attempt = packet;
        if (!read_data(plain, attempt) || !is_plausible(attempt)) continue;
        packet = std::move(attempt);
        packet.encrypted.clear();
        return true;
    }
    return false;
}

}  // namespace martlet::telemetry::meshtastic
