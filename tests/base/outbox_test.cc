#include "base/outbox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace martlet {
namespace {

std::string gathered(const Outbox& outbox, std::size_t pieces_max = 4096) {
    std::vector<iovec> pieces(pieces_max);
    std::size_t used = outbox.gather(pieces.data(), pieces.size());
    std::string text;
    for (std::size_t i = 0; i < used; i++) {
        text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    }
    return text;
}

BodyRef body_of(std::string_view text) {
    BodyRef body = BodyRef::adopt(Body::make(text.size()));
    std::memcpy(body->data(), text.data(), text.size());
    return body;
}

TEST(Outbox, GivesBackInOrderWhatWasCopiedAndWhatWasReferenced) {
    Outbox outbox;
    BodyRef body = body_of("-large-");
    outbox.append(as_bytes("head"));
    outbox.append_shared(body.get(), body->view().subspan(1, 5));
    outbox.append(as_bytes("tail"));
    EXPECT_EQ(outbox.size(), 13u);
    EXPECT_EQ(gathered(outbox), "headlargetail");
}

TEST(Outbox, HoldsABodyUntilItsLastByteHasLeft) {
    Outbox outbox;
    BodyRef body = body_of("0123456789");
    outbox.append_shared(body.get(), body->view());
    EXPECT_FALSE(body->is_unique());
    outbox.consume(9);
    EXPECT_FALSE(body->is_unique());
    EXPECT_EQ(gathered(outbox), "9");
    outbox.consume(1);
    EXPECT_TRUE(body->is_unique());
    EXPECT_TRUE(outbox.empty());
}

TEST(Outbox, ClearAndDestructionLetGoOfBodies) {
    BodyRef body = body_of("x");
    {
        Outbox outbox;
        outbox.append_shared(body.get(), body->view());
        outbox.clear();
        EXPECT_TRUE(body->is_unique());
        EXPECT_TRUE(outbox.empty());
        outbox.append_shared(body.get(), body->view());
    }
    EXPECT_TRUE(body->is_unique());
}

TEST(Outbox, DropsAllBehindThePacketsThatHaveBegun) {
    Outbox outbox;
    BodyRef body = body_of(std::string(5000, 'b'));
    for (int i = 0; i < 100; i++) {
        outbox.append(as_bytes("<"));
        outbox.append_shared(body.get(), body->view());
    }
    outbox.consume(5001 + 1 + 10);
    outbox.drop_unbegun();
    EXPECT_EQ(outbox.size(), 4990u) << "the rest of a payload that is under way";
    outbox.append(as_bytes("end"));
    EXPECT_EQ(gathered(outbox), std::string(4990, 'b') + "end");
    outbox.clear();
    EXPECT_TRUE(body->is_unique());
}

TEST(Outbox, WhatIsLeftEndsWithAWholePacket) {
    for (std::size_t consumed : {0u, 1u, 1999u, 2000u, 5000u, 40'000u}) {
        Outbox outbox;
        std::string packet = std::string(698, 'x') + "\r\n";
        for (int i = 0; i < 100; i++) outbox.append(as_bytes(packet));
        outbox.consume(consumed);
        outbox.drop_unbegun();
        EXPECT_EQ((outbox.size() + consumed) % packet.size(), 0u);
        EXPECT_TRUE(gathered(outbox).ends_with("x\r\n"));
        EXPECT_LE(outbox.size(), 16384u);
    }
}

TEST(Outbox, WhatIsOnItsWayStays) {
    for (std::size_t begun : {0u, 1u, 100u, 5001u, 5002u, 16'384u, 400'000u}) {
        Outbox outbox;
        BodyRef body = body_of(std::string(5000, 'b'));
        for (int i = 0; i < 100; i++) {
            outbox.append(as_bytes("<"));
            outbox.append_shared(body.get(), body->view());
        }
        std::string all = gathered(outbox);
        outbox.drop_unbegun(begun);
        EXPECT_GE(outbox.size(), begun);
        EXPECT_LT(outbox.size(), begun + 2 * 5001);
        EXPECT_EQ(outbox.size() % 5001, 0u);
        EXPECT_EQ(gathered(outbox), all.substr(0, outbox.size()));
    }
}

TEST(Outbox, NothingAppendedIsNothingHeld) {
    Outbox outbox;
    outbox.append({});
    iovec piece;
    EXPECT_TRUE(outbox.empty());
    EXPECT_EQ(outbox.gather(&piece, 1), 0u);
    outbox.consume(0);
    EXPECT_TRUE(outbox.empty());
}

TEST(Outbox, RoomIsContiguousWhateverTheSize) {
    Outbox outbox;
    std::string model;
    for (std::size_t size : {1u, 2'000u, 100u, 16'000u, 400u, 70'000u, 3u}) {
        std::uint8_t* room = outbox.extend(size);
        std::memset(room, static_cast<int>('a' + size % 26), size);
        model.append(size, static_cast<char>('a' + size % 26));
    }
    EXPECT_EQ(gathered(outbox), model);
}

TEST(Outbox, GatherStopsAtItsCount) {
    Outbox outbox;
    BodyRef body = body_of("ab");
    for (int i = 0; i < 5; i++) outbox.append_shared(body.get(), body->view());
    EXPECT_EQ(gathered(outbox, 2), "abab");
    EXPECT_EQ(outbox.size(), 10u);
}

TEST(Outbox, PrependedBytesComeFirst) {
    BodyRef body = body_of("-large-");
    for (std::size_t size : {1u, 10u, 16u, 17u, 127u}) {
        std::string head(size, 'h');
        Outbox copied, shared, empty;
        copied.append(as_bytes("copied"));
        shared.append_shared(body.get(), body->view());
        for (Outbox* outbox : {&copied, &shared, &empty}) {
            std::string before = gathered(*outbox);
            outbox->prepend(as_bytes(head));
            outbox->append(as_bytes("tail"));
            outbox->prepend(as_bytes("2"));
            EXPECT_EQ(gathered(*outbox), "2" + head + before + "tail") << size;
            EXPECT_EQ(outbox->size(), 1 + size + before.size() + 4);
        }
    }
}

// The head of a frame in front of what one turn has said.
TEST(Outbox, AFewBytesInFrontOfCopiedOnesAreOnePiece) {
    Outbox outbox;
    outbox.append(as_bytes("packet"));
    outbox.prepend(as_bytes("0123456789"));
    iovec pieces[4];
    EXPECT_EQ(outbox.gather(pieces, 4), 1u);
}

class OutboxModel : public testing::TestWithParam<unsigned> {};

TEST_P(OutboxModel, BehavesAsAString) {
    std::mt19937 random(GetParam());
    Outbox outbox;
    std::string model;
    for (int step = 0; step < 3'000; step++) {
        std::size_t size = random() % (random() % 10 == 0 ? 40'000 : 300);
        std::string text(size, static_cast<char>('a' + random() % 26));
        switch (random() % 5) {
            case 0:
                text.resize(std::min<std::size_t>(size, 140));
                outbox.prepend(as_bytes(text));
                model.insert(0, text);
                break;
            case 1:
                outbox.append(as_bytes(text));
                model += text;
                break;
            case 2: {
                BodyRef body = body_of(text);
                outbox.append_shared(body.get(), body->view());
                model += text;
                break;
            }
            default:
                size = std::min(random() % 3 == 0 ? model.size() : size, model.size());
                outbox.consume(size);
                model.erase(0, size);
        }
        ASSERT_EQ(outbox.size(), model.size()) << "seed " << GetParam();
        if (step % 10 != 0) continue;
        ASSERT_EQ(gathered(outbox), model) << "seed " << GetParam();
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, OutboxModel, testing::Range(0u, 6u));

}  // namespace
}  // namespace martlet
