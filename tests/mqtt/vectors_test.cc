// Every line of tests/mqtt/vectors: decoded, and if good encoded again.

#include "tests/mqtt/vectors.h"

#include "tests/mqtt/describe.h"

#include <cstring>
#include <memory>

namespace martlet::mqtt {
namespace {

// A copy that ends where its memory ends, so that a sanitizer sees one byte too far.
class Tight {
  public:
    explicit Tight(ByteView bytes) : memory_(new std::uint8_t[bytes.size()]), size_(bytes.size()) {
        if (size_ > 0) std::memcpy(memory_.get(), bytes.data(), size_);
    }
    ByteView view() const { return {memory_.get(), size_}; }
    std::uint8_t& operator[](std::size_t i) { return memory_[i]; }

  private:
    std::unique_ptr<std::uint8_t[]> memory_;
    std::size_t size_;
};

std::string outcome(ReasonCode reason, const AnyPacket& any) {
    return reason == ReasonCode::Success ? describe_any(any) : std::string(reason_text(reason));
}

TEST(Vectors, DecodeAsExpected) {
    auto vectors = read_vectors();
    ASSERT_GT(vectors.size(), 250u);
    for (const Vector& vector : vectors) {
        Tight body(vector.body);
        AnyPacket any;
        ReasonCode reason = decode_any(vector.first, body.view(), vector.version, any);
        EXPECT_EQ(outcome(reason, any), vector.expected) << vector.where;
    }
}

TEST(Vectors, EncodeAgain) {
    for (const Vector& vector : read_vectors()) {
        if (!vector.is_good()) continue;
        AnyPacket any;
        ASSERT_EQ(decode_any(vector.first, vector.body, vector.version, any), ReasonCode::Success)
            << vector.where;
        auto frame = encode_any(any, vector.version);
        FrameHead head{};
        ASSERT_EQ(read_frame_head(frame, head), FrameState::Complete) << vector.where;
        ASSERT_EQ(head.packet_size(), frame.size()) << vector.where;
        AnyPacket again;
        ASSERT_EQ(decode_any(head.first, ByteView(frame).subspan(head.size), vector.version, again),
                  ReasonCode::Success)
            << vector.where;
        EXPECT_EQ(describe_any(again), vector.expected) << vector.where;
    }
}

// hardening.md, row 2.
TEST(Vectors, hardening_02_EveryTruncation) {
    for (const Vector& vector : read_vectors()) {
        if (!vector.is_good()) continue;
        for (std::size_t size = 0; size < vector.body.size(); size++) {
            Tight body(ByteView(vector.body).first(size));
            for (Version version : {Version::V31, Version::V311, Version::V5}) {
                AnyPacket any;
                if (decode_any(vector.first, body.view(), version, any) == ReasonCode::Success) {
                    encode_any(any, version);
                    EXPECT_FALSE(describe_any(any).empty());
                }
            }
        }
    }
}

TEST(Vectors, EveryByteChanged) {
    for (const Vector& vector : read_vectors()) {
        Tight body(vector.body);
        for (std::size_t at = 0; at < vector.body.size(); at++) {
            for (unsigned value = 0; value < 256; value++) {
                body[at] = static_cast<std::uint8_t>(value);
                AnyPacket any;
                if (decode_any(vector.first, body.view(), vector.version, any) ==
                    ReasonCode::Success) {
                    EXPECT_FALSE(describe_any(any).empty());
                }
            }
            body[at] = vector.body[at];
        }
    }
}

// hardening.md, row 3: whatever the first byte says of whichever body, in each version.
TEST(Vectors, hardening_03_EveryFirstByte) {
    for (const Vector& vector : read_vectors()) {
        Tight body(vector.body);
        for (unsigned first = 0; first < 256; first++) {
            for (Version version : {Version::V31, Version::V311, Version::V5}) {
                AnyPacket any;
                if (decode_any(static_cast<std::uint8_t>(first), body.view(), version, any) ==
                    ReasonCode::Success) {
                    EXPECT_FALSE(describe_any(any).empty());
                }
            }
        }
    }
}

// The answer to a refused CONNECT must fit the version that the client speaks.
TEST(Vectors, VersionIsFilledWhenRefused) {
    auto version_of = [](ByteView body) {
        Connect packet;
        packet.version = Version::V31;
        EXPECT_NE(decode(0, body, packet), ReasonCode::Success);
        return packet.version;
    };
    std::vector<std::uint8_t> v5 = {0, 4, 'M', 'Q', 'T', 'T', 5, 1, 0, 0};
    std::vector<std::uint8_t> v9 = {0, 4, 'M', 'Q', 'T', 'T', 9, 2, 0, 0};
    std::vector<std::uint8_t> v311 = {0, 4, 'M', 'Q', 'T', 'T', 4, 1, 0, 0};
    std::vector<std::uint8_t> wrong = {0, 4, 'M', 'Q', 'T', 'T', 3, 2, 0, 0};
    EXPECT_EQ(version_of(v5), Version::V5);
    EXPECT_EQ(version_of(v9), Version::V5);
    EXPECT_EQ(version_of(v311), Version::V311);
    EXPECT_EQ(version_of(wrong), Version::V311);
}

}  // namespace
}  // namespace martlet::mqtt
