// Any bytes as what stands inside a Meshtastic packet: the first two are the port, the third says
// how it comes (encrypted or not, which consent and policy), the rest is the payload. Mutations
// would rarely get through the envelope and never through the encryption.

#include "base/check.h"
#include "mqtt/topic.h"
#include "telemetry/decoders/meshtastic/cipher.h"
#include "telemetry/decoders/registry.h"
#include "telemetry/ledger_text.h"
#include "telemetry/payload_json.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <telemetry/proto/meshtastic.pb.h>

namespace {

using namespace martlet::telemetry;

constexpr char kDefaultKey[] = "\xd4\xf1\xbb\x3a\x20\x29\x07\x59\xf0\xbc\xff\xab\xcf\x4e\x69\x01";
constexpr const char* kPolicies[] = {"store", "hide", "require", "strict"};

std::string message_of(unsigned port, unsigned way, std::string payload) {
    meshtastic::wire::Data data;
    data.set_portnum(port);
    data.set_payload(std::move(payload));
    if ((way & 1) != 0) data.set_bitfield(way >> 1 & 1);
    if ((way & 4) != 0) data.set_request_id(5);
    meshtastic::wire::ServiceEnvelope envelope;
    envelope.set_channel_id("LongFast");
    auto& packet = *envelope.mutable_packet();
    packet.set_from(0x7c5b1e2a);
    packet.set_id(77);
    packet.set_channel(8);
    std::string encrypted;
    CHECK(meshtastic::apply_cipher({kDefaultKey, 16}, packet.from(), packet.id(),
                                   data.SerializeAsString(), encrypted));
    if ((way & 8) != 0) packet.set_encrypted(encrypted);
    if ((way & 8) == 0) packet.set_decoded(data.SerializeAsString());
    return envelope.SerializeAsString();
}

void require_sound(const Decoded& out) {
    for (const auto& note : out.notes) {
        CHECK(note.name.empty() || martlet::mqtt::is_valid_utf8(note.name));
        for (const auto& fact : note.facts) CHECK(martlet::mqtt::is_valid_utf8(fact.second));
    }
    for (const auto& sample : out.samples) {
        if (const auto* number = std::get_if<double>(&sample.value)) CHECK(std::isfinite(*number));
        CHECK(sample.time > 0);
    }
    for (const auto& position : out.positions) {
        CHECK(std::abs(position.latitude) <= 90 && std::abs(position.longitude) <= 180);
    }
    PayloadJson json;
    for (const auto& event : out.events) {
        CHECK(is_storable_text(event.text, std::size_t{1} << 16));
        CHECK(json.read(event.details).empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3 || size > 20'000) return 0;
    unsigned port = data[0] | static_cast<unsigned>(data[1]) << 8;
    unsigned way = data[2];
    std::string payload(reinterpret_cast<const char*>(data) + 3, size - 3);
    std::string message = message_of(port, way, std::move(payload));

    std::string problem;
    auto decoder = meshtastic_decoder().make({{"consent", kPolicies[way >> 4 & 3]}}, problem);
    CHECK(decoder != nullptr);
    Decoded out;
    constexpr Time kArrival = 1'763'640'300'000;
    decoder->decode({"msh/2/e/LongFast/!a1b2c3d4", message, kArrival, false, 0}, out);
    CHECK((out.verdict == Verdict::Unreadable) == (!out.problem.empty() && out.is_empty()));
    require_sound(out);
    Verdict first = out.verdict;
    out.clear();
    decoder->decode({"msh/2/e/LongFast/!0badcafe", message, kArrival + 1, false, 0}, out);
    bool is_again = out.verdict == Verdict::Duplicate || out.verdict == first;
    CHECK(is_again);
    require_sound(out);
    return 0;
}
