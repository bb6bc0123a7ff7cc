#include "mqtt/frame.h"

#include <vector>

namespace martlet::mqtt {
namespace {

FrameState read(std::vector<std::uint8_t> bytes, FrameHead& head) {
    return read_frame_head(ByteView(bytes), head);
}

TEST(Frame, Lengths) {
    for (std::uint32_t length :
         {0u, 1u, 127u, 128u, 16383u, 16384u, 2097151u, 2097152u, kRemainingLengthMax}) {
        std::uint8_t bytes[5] = {0x30};
        auto size = static_cast<std::size_t>(write_varint(length, bytes + 1) - bytes);
        EXPECT_EQ(size, 1 + varint_size(length));
        FrameHead head{};
        ASSERT_EQ(read_frame_head(ByteView(bytes, size), head), FrameState::Complete);
        EXPECT_EQ(head.remaining_length, length);
        EXPECT_EQ(head.size, size);
        EXPECT_EQ(head.packet_size(), size + length);
        for (std::size_t part = 0; part < size; part++) {
            EXPECT_EQ(read_frame_head(ByteView(bytes, part), head), FrameState::NeedMore);
        }
    }
}

TEST(Frame, FlagsAndType) {
    FrameHead head{};
    ASSERT_EQ(read({0x3D, 0x00}, head), FrameState::Complete);
    EXPECT_EQ(head.type(), PacketType::Publish);
    EXPECT_EQ(head.flags(), 13);
}

TEST(Frame, MQTT_1_5_5_1_FiveLengthBytes) {
    FrameHead head{};
    EXPECT_EQ(read({0x30, 0xFF, 0xFF, 0xFF, 0xFF}, head), FrameState::Malformed);
    EXPECT_EQ(read({0x30, 0x80, 0x80, 0x80, 0x80, 0x01}, head), FrameState::Malformed);
    EXPECT_EQ(read({0x30, 0x80, 0x80, 0x80}, head), FrameState::NeedMore);
}

TEST(Frame, TypeZeroIsRefusedAtOnce) {
    FrameHead head{};
    EXPECT_EQ(read({0x0F, 0x00}, head), FrameState::Malformed);
    EXPECT_EQ(read({0x00, 0x80}, head), FrameState::Malformed);
}

}  // namespace
}  // namespace martlet::mqtt
