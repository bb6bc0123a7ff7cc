// A stream as a server reads it: the version in the first byte, then frames, each decoded from
// bytes that are there.

#include "tests/fuzz/mqtt_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace martlet::mqtt;
    if (size == 0) return 0;
    Version version = version_from(data[0]);
    martlet::ByteView left(data + 1, size - 1);
    FrameHead head{};
    while (read_frame_head(left, head) == FrameState::Complete &&
           head.packet_size() <= left.size()) {
        require(head.size >= 2 && head.size <= 5);
        require(head.remaining_length <= kRemainingLengthMax);
        AnyPacket any;
        martlet::ByteView body = left.subspan(head.size, head.remaining_length);
        if (decode_any(head.first, body, version, any) == ReasonCode::Success) {
            if (auto* connect = std::get_if<Connect>(&any)) version = connect->version;
            require(!describe_any(any).empty());
        }
        left = left.subspan(head.packet_size());
    }
    return 0;
}
