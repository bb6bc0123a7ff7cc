// Any packet: decoded, encoded, decoded. What the second encoding writes must be what the first
// wrote, to the byte. The first byte says the version, the second is the packet's own.

#include "tests/fuzz/mqtt_input.h"

namespace martlet::mqtt {
namespace {

struct Owned {
    AnyPacket any;
    std::vector<std::uint8_t> storage[2];
};

bool read(std::uint8_t first, ByteView body, Version& version, Owned& owned) {
    if (decode_any(first, body, version, owned.any) != ReasonCode::Success) return false;
    if (auto* connect = std::get_if<Connect>(&owned.any)) version = connect->version;
    auto* next = owned.storage;
    for (Properties* block : blocks_of(owned.any)) take_user_properties(*block, *next++);
    return true;
}

void round_trip(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return;
    Version version = version_from(data[0]);
    Owned once;
    if (!read(data[1], ByteView(data + 2, size - 2), version, once)) return;
    auto frame = encode_any(once.any, version);
    FrameHead head{};
    require(read_frame_head(frame, head) == FrameState::Complete);
    require(head.packet_size() == frame.size());
    Owned twice;
    require(read(head.first, ByteView(frame).subspan(head.size), version, twice));
    require(encode_any(twice.any, version) == frame);
}

}  // namespace
}  // namespace martlet::mqtt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    martlet::mqtt::round_trip(data, size);
    return 0;
}
