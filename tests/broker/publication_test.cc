#include "broker/publication.h"

#include "broker/frame_cache.h"
#include "broker/message_record.h"
#include "tests/broker/client.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace martlet::broker {
namespace {

// A packet in a read buffer, as net::Stream gives it, and the publication that points into it.
struct Read {
    BodyRef frame;
    mqtt::Publish packet;
    Publication publication;

    Read(const std::string& topic, const std::string& payload, const PublishWish& wish) {
        auto bytes = publish_frame(Version::V5, topic, payload, wish);
        frame = BodyRef::adopt(Body::make(sizeof(MessageHead) + bytes.size()));
        std::memcpy(frame->data() + sizeof(MessageHead), bytes.data(), bytes.size());
        mqtt::FrameHead head;
        ByteView view = frame->view().subspan(sizeof(MessageHead));
        CHECK(mqtt::read_frame_head(view, head) == mqtt::FrameState::Complete);
        CHECK(mqtt::decode(head.flags(), view.subspan(head.size), Version::V5, packet) ==
              ReasonCode::Success);
        publication.topic = packet.topic;
        publication.payload = packet.payload;
        publication.properties = packet.properties.raw;
        publication.qos = packet.qos;
        publication.retain = packet.retain;
        publication.frame = &frame;
    }
};

std::string told(const Publication& p) {
    FrameExtras extras;
    extras.topic = p.topic;
    std::uint16_t id = p.qos == Qos::AtMostOnce ? 0 : 9;
    auto encode = [&](std::uint8_t* out) {
        return encode_publish_head(p, Version::V5, p.qos, p.retain, false, id, extras,
                                   Milliseconds(1000), out);
    };
    std::vector<std::uint8_t> head(encode(nullptr));
    encode(head.data());
    head.insert(head.end(), p.payload.begin(), p.payload.end());
    mqtt::FrameHead frame;
    CHECK(mqtt::read_frame_head(head, frame) == mqtt::FrameState::Complete);
    CHECK(frame.packet_size() == head.size());
    mqtt::Publish packet;
    CHECK(mqtt::decode(frame.flags(), ByteView(head).subspan(frame.size), Version::V5, packet) ==
          ReasonCode::Success);
    return mqtt::describe(packet);
}

// As the disk gives back a message that it cannot read.
TEST(Publication, MayHaveNoTopic) {
    BodyRef body = body_of(MessageRecord(), 0);
    EXPECT_EQ(MessageView(body.get()).topic(), "");
    EXPECT_TRUE(MessageView(body.get()).payload().empty());
}

TEST(Publication, IsTheSameWhetherCopiedOrTakenOver) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 500; round++) {
        PublishWish wish;
        wish.qos = static_cast<Qos>(random() % 3);
        if (wish.qos != Qos::AtMostOnce) wish.packet_id = 9;
        wish.retain = random() % 2;
        if (random() % 3 == 0) wish.alias = 3;  // is not passed on
        if (random() % 2)
            wish.user_name = "name", wish.user_value = std::string(random() % 50, 'v');
        std::string payload(random() % 9000, 'p');
        Read read("a/b", payload, wish);
        std::string before = told(read.publication);
        Publication adopted = Publication::of(read.publication.message());
        EXPECT_EQ(told(adopted), before);
        read.publication.frame = nullptr;
        Read again("a/b", payload, wish);
        again.publication.frame = nullptr;
        EXPECT_EQ(told(Publication::of(again.publication.message())), before);
        EXPECT_EQ(before.find("alias"), std::string::npos);
    }
}

TEST(Publication, TakesALargeFrameOverAndCopiesASmallOne) {
    Read large("t", std::string(8000, 'x'), {});
    EXPECT_EQ(large.publication.message().get(), large.frame.get());
    Read small("t", "x", {});
    EXPECT_NE(small.publication.message().get(), small.frame.get());
    // Its properties are not passed on as they stand.
    Read with_alias("t", std::string(8000, 'x'), {.alias = 2});
    EXPECT_NE(with_alias.publication.message().get(), with_alias.frame.get());
}

TEST(Publication, DoesNotKeepALargeBufferForASmallMessage) {
    // What came while a connection was held lies in one buffer, and only its first packet may take
    // it over.
    Read read("t", std::string(4200, 'x'), {});
    BodyRef wide = BodyRef::adopt(Body::make(256 * 1024));
    std::memcpy(wide->data(), read.frame->data(), read.frame->size());
    auto moved = [&](const void* at) {
        return wide->data() + (static_cast<const std::uint8_t*>(at) - read.frame->data());
    };
    Publication p;
    p.topic = {reinterpret_cast<const char*>(moved(read.packet.topic.data())), 1};
    p.payload = {moved(read.packet.payload.data()), read.packet.payload.size()};
    p.frame = &wide;
    EXPECT_LT(p.message()->size(), 16u * 1024);
}

TEST(Publication, CarriesFurtherPropertiesInACopy) {
    Read read("t", "x", {.user_name = "a", .user_value = "1"});
    auto further = user_property("b", "2");
    Publication copy = read.publication.copy_with_properties(further);
    EXPECT_EQ(told(copy), "PUBLISH q0 't' 'x' user='b''2' user='a''1'");
    EXPECT_EQ(told(read.publication), "PUBLISH q0 't' 'x' user='a''1'");
}

TEST(FrameCache, GivesTheFrameThatAPlainEncoderWouldGive) {
    std::mt19937_64 random(2);
    FrameCache cache;
    for (int round = 0; round < 300; round++) {
        Read read("topic/" + std::to_string(round), std::string(random() % 5000, 'p'),
                  {.user_name = random() % 2 ? "n" : ""});
        cache.begin();
        for (int get = 0; get < 20; get++) {
            Version version = random() % 2 ? Version::V5 : Version::V311;
            auto qos = static_cast<Qos>(random() % 3);
            bool retain = random() % 2;
            EncodedFrame frame =
                cache.get(read.publication, version, qos, retain, Milliseconds(1000));
            std::vector<std::uint8_t> bytes(frame.head.begin(), frame.head.end());
            if (qos != Qos::AtMostOnce) {
                ASSERT_EQ(bytes[frame.packet_id_at] << 8 | bytes[frame.packet_id_at + 1], 0);
                bytes[frame.packet_id_at + 1] = 9;
            }
            bytes.insert(bytes.end(), frame.payload.begin(), frame.payload.end());
            ASSERT_EQ(bytes.size(), frame.size());
            PublishWish wish{.qos = qos, .retain = retain};
            if (version == Version::V5 && read.packet.properties.raw.size() > 0)
                wish.user_name = "n";
            if (qos != Qos::AtMostOnce) wish.packet_id = 9;
            ASSERT_EQ(bytes, publish_frame(version, read.packet.topic, as_text(read.packet.payload),
                                           wish));
        }
    }
}

}  // namespace
}  // namespace martlet::broker
