// Any packet: decoded, encoded, decoded. What the second encoding writes must be what the first
// wrote, to the byte. The first byte says the version, the second is the packet's own.

#include "tests/fuzz/mqtt_input.h"

namespace martlet::mqtt {
namespace {

bool read(std::uint8_t first, ByteView body, Version& version, AnyPacket& any) {
    if (decode_any(first, body, version, any) != ReasonCode::Success) return false;
    if (auto* connect = std::get_if<Connect>(&any)) version = connect->version;
    return true;
}

void round_trip(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return;
    Version version = version_from(data[0]);
    AnyPacket once;
    if (!read(data[1], ByteView(data + 2, size - 2), version, once)) return;
    auto frame = encode_any(once, version);
    FrameHead head{};
    require(read_frame_head(frame, head) == FrameState::Complete);
    require(head.packet_size() == frame.size());
    AnyPacket twice;
    require(read(head.first, ByteView(frame).subspan(head.size), version, twice));
    require(encode_any(twice, version) == frame);
}

}  // namespace
}  // namespace martlet::mqtt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    martlet::mqtt::round_trip(data, size);
    return 0;
}
