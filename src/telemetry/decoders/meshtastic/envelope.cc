#include "telemetry/decoders/meshtastic/envelope.h"

#include "mqtt/topic.h"
#include "telemetry/decoders/meshtastic/cipher.h"
#include "telemetry/decoders/meshtastic/data_form.h"
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

bool parse(std::string_view bytes, wire::Data& data) {
    return data.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

void take_data(wire::Data& data, Packet& packet) {
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
    // Firmware that has the bits says where it began; zero is not sent.
    if (data.has_bitfield() && !packet.hop_start) packet.hop_start = 0;
}

// Nothing else tells whether the key was right. Ports for private use are not listed, so that for
// them the form of the whole must do: data_form.cc says how seldom it deceives. For a message that
// an unusual encoder wrote, a port with a name does: of 30 million messages of random bytes, from 4
// to 230, 7 had one and a payload.
bool is_plausible(std::string_view bytes, const wire::Data& data) {
    bool has_name = data.portnum() != 0 && !port_name(data.portnum()).empty();
    bool has_content = !data.payload().empty() || data.want_response();
    return has_content && (has_name || is_as_nodes_write(bytes));
}

void read_header(const wire::MeshPacket& from, Packet& packet) {
    packet.from = from.from();
    packet.to = from.to();
    packet.id = from.id();
    packet.channel_number = from.channel();
    packet.time = sound_time(from.rx_time(), packet.received).value_or(packet.received);
    // Zeros are not sent: without both it was not heard by radio. No signal is as strong as 0 dBm.
    bool is_heard = from.rx_rssi() != 0 || from.rx_snr() != 0;
    if (is_heard) packet.radio.snr_db = from.rx_snr();
    if (from.rx_rssi() != 0) packet.radio.rssi_dbm = from.rx_rssi();
    packet.hop_limit = from.hop_limit();
    // Old firmware does not say it.
    if (from.hop_start() != 0) packet.hop_start = from.hop_start();
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
        wire::Data data;
        if (!parse(inner.decoded(), data)) return "packet is not sound";
        take_data(data, packet);
        return "";
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
    wire::Data data;
    for (const ChannelKey* candidate : candidates) {
        if (!apply_cipher(candidate->key, packet.from, packet.id, packet.encrypted, plain)) {
            continue;
        }
        if (!parse(plain, data) || !is_plausible(plain, data)) continue;
        take_data(data, packet);
        packet.encrypted.clear();
        return true;
    }
    return false;
}

}  // namespace martlet::telemetry::meshtastic
