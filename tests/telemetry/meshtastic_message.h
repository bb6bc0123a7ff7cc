#pragma once

// Makes messages as Meshtastic gateways send them; for the decoder's tests.

#include "telemetry/decoders/meshtastic/cipher.h"
#include "telemetry/decoders/meshtastic/keyring.h"
#include "tests/telemetry/meshtastic_found.h"

#include <gtest/gtest.h>

#include <string>
#include <telemetry/proto/meshtastic.pb.h>

namespace martlet::telemetry {

namespace wire = meshtastic::wire;
inline constexpr std::string_view kTopic = "msh/EU_868/2/e/LongFast/!a1b2c3d4";
inline constexpr std::uint32_t kSender = 0x7c5b1e2a;
inline const std::string kSenderId = "!7c5b1e2a";
inline const std::string kDefaultKey(
    "\xd4\xf1\xbb\x3a\x20\x29\x07\x59\xf0\xbc\xff\xab\xcf\x4e\x69\x01");

// A message as a gateway sends it; tests change what they are about.
struct Message {
    wire::ServiceEnvelope envelope;
    wire::Data data;

    explicit Message(std::uint32_t port, const std::string& payload = "") {
        envelope.set_channel_id("LongFast");
        envelope.set_gateway_id("!a1b2c3d4");
        auto* packet = envelope.mutable_packet();
        packet->set_from(kSender);
        packet->set_to(0xffffffff);
        packet->set_id(77);
        packet->set_rx_time(1'763'640'000);
        packet->set_rx_rssi(-90);
        packet->set_hop_limit(3);
        packet->set_hop_start(3);
        data.set_portnum(port);
        data.set_payload(payload);
        data.set_bitfield(1);
    }

    wire::MeshPacket& packet() { return *envelope.mutable_packet(); }

    std::string plain() {
        packet().set_decoded(data.SerializeAsString());
        return envelope.SerializeAsString();
    }

    std::string encrypted(const std::string& channel, const std::string& key) {
        std::string out;
        envelope.set_channel_id(channel);
        packet().set_channel(meshtastic::channel_hash(channel, key));
        EXPECT_TRUE(meshtastic::apply_cipher(key, packet().from(), packet().id(),
                                             data.SerializeAsString(), out));
        packet().set_encrypted(out);
        return envelope.SerializeAsString();
    }
};

inline Found decode_once(const std::string& payload, const DecoderOptions& options = {}) {
    auto decoder = make_meshtastic(options);
    return decode(*decoder, kTopic, payload);
}

}  // namespace martlet::telemetry
