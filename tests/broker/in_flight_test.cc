// What was sent and not acknowledged, over a restart: packet ids, DUP and order.

#include "tests/broker/lasting_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace martlet::broker {
namespace {

using Texts = std::vector<std::string>;

class InFlight : public LastingTable {
  protected:
    // Subscribes, and answers nothing by itself.
    Client silent(const ConnectWish& wish = lasting()) {
        Client a = client("a");
        a.is_answering = false;
        a.open(wish);
        return a;
    }
    Client subscribed(const ConnectWish& wish = lasting()) {
        Client a = silent(wish);
        a.subscribe("t/#", kSub2);
        return a;
    }
    void publish(int number, const PublishWish& wish) {
        Client publisher = client("publisher");
        publisher.connect(lasting());
        publisher.publish("t/" + std::to_string(number), "x", wish);
        publisher.disconnect();
    }
    static ConnectWish with_window(std::uint16_t receive_maximum) {
        ConnectWish wish = lasting();
        wish.receive_maximum = receive_maximum;
        return wish;
    }
    static std::uint16_t id_of(const std::string& packet) {
        return static_cast<std::uint16_t>(std::stoul(packet.substr(packet.find(" m") + 2)));
    }
    // As it comes when it is sent again.
    static std::string again(const std::string& packet) {
        std::string text = packet;
        return text.insert(std::string("PUBLISH").size(), " dup");
    }
    // A kill, and a start after `edit` has seen each record and written others.
    template <typename Edit>
    void edit_journal(const Edit& edit) {
        table_.reset();
        disk_.kill();
        {
            journal::Group group;
            journal::Recovery recovery;
            auto visit = [&](journal::Key key, ByteView value) {
                Record record;
                ASSERT_TRUE(decode(value, record));
                edit(group, key, record);
            };
            auto log = journal::Log::open(disk_.folder(), TableOptions().log, visit, {}, recovery);
            ASSERT_TRUE(log.ok());
            ASSERT_TRUE(log.value()->append(group, true).ok());
        }
        start();
    }
    std::uint64_t live_records() { return table_->journal->log().stats().live_records; }
};

INSTANTIATE_TEST_SUITE_P(Shards, InFlight, testing::Values(1u, 2u));

// [MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-4.6.0-1]
TEST_P(InFlight, ComesAgainWithItsIdsDupAndOrder) {
    Client a = subscribed();
    for (int i = 0; i < 6; i++) publish(i, i % 2 ? kQos1 : kQos2);
    Texts first = a.messages();
    ASSERT_EQ(first.size(), 6u);
    a.say_ack(PacketType::Puback, id_of(first[1]));
    a.settle();
    first.erase(first.begin() + 1);
    for (std::string& packet : first) packet = again(packet);
    for (int round = 0; round < 3; round++) {
        restart();
        Client b = silent();
        EXPECT_EQ(b.messages(), first);
    }
}

TEST_P(InFlight, ALatePubackSettlesTheMessageThatHadItsId) {
    Client a = subscribed();
    for (int i = 1; i <= 4; i++) publish(i, kQos1);
    Texts first = a.messages();
    ASSERT_EQ(first.size(), 4u);
    a.say_ack(PacketType::Puback, id_of(first[0]));
    a.settle();
    restart();
    Client b = silent();
    EXPECT_EQ(b.messages().size(), 3u);
    b.say_ack(PacketType::Puback, id_of(first[2]));
    b.settle();
    restart();
    EXPECT_EQ(silent().messages(), (Texts{again(first[1]), again(first[3])}));
}

// A kill loses a copy that was sent and not written. Nobody acknowledged it to its publisher; its
// id is not given to another message.
TEST_P(InFlight, NoOtherMessageGetsTheIdOfACopyThatWasLost) {
    std::set<std::uint16_t> lost;
    for (int round = 0; round < 3; round++) {
        Client a = round == 0 ? subscribed() : silent();
        EXPECT_TRUE(a.messages().empty());
        Client publisher = client("publisher");
        publisher.connect();
        publisher.publish("t/0", "x", kQos1);
        Texts kept = a.messages();
        ASSERT_EQ(kept.size(), 1u);
        EXPECT_FALSE(lost.contains(id_of(kept[0]))) << kept[0];
        a.say_ack(PacketType::Puback, id_of(kept[0]));
        a.settle();
        table_->journal->is_paused = true;
        publisher.say_publish("t/1", "x", kQos1);
        publisher.settle();
        Texts heard = a.messages();
        ASSERT_EQ(heard.size(), 1u);
        EXPECT_EQ(heard[0].find("dup"), std::string::npos) << heard[0];
        EXPECT_TRUE(lost.insert(id_of(heard[0])).second) << heard[0];
        restart();
    }
}

TEST_P(InFlight, AfterAKillAllHaveDupThatMayHaveBeenSent) {
    Client a = subscribed(with_window(2));
    for (int i = 0; i < 6; i++) publish(i, i == 4 ? kQos2 : kQos1);
    EXPECT_EQ(a.messages().size(), 2u);
    for (int round = 0; round < 2; round++) {
        restart();
        if (round == 0) publish(6, kQos1);  // while it is away
    }
    Texts heard = silent(with_window(9)).messages();
    ASSERT_EQ(heard.size(), 7u);
    for (std::size_t i = 0; i < heard.size(); i++)
        EXPECT_EQ(heard[i].find("dup") != std::string::npos, i < 4) << heard[i];
}

TEST_P(InFlight, OnlyWhatWasSentHasDup) {
    subscribed().cut();
    for (int i = 0; i < 5; i++) publish(i, i == 3 ? kQos2 : kQos1);
    Client a = silent(with_window(2));
    Texts first = a.messages();
    ASSERT_EQ(first.size(), 2u);
    a.cut();
    table_->settle();
    restart();
    Client b = silent(with_window(9));
    Texts heard = b.messages();
    ASSERT_EQ(heard.size(), 5u);
    EXPECT_EQ(heard[0], again(first[0]));
    EXPECT_EQ(heard[1], again(first[1]));
    for (std::size_t i = 2; i < 5; i++) {
        EXPECT_EQ(heard[i].find("dup"), std::string::npos) << heard[i];
        EXPECT_EQ(id_of(heard[i]), id_of(first[0]) + i);
    }
}

TEST_P(InFlight, ALongQueueKeepsItsIdsAndOrder) {
    broker_.max_inflight_messages = 10;
    restart();
    subscribed().cut();
    {
        Client publisher = client("publisher");
        publisher.connect();
        for (int i = 0; i < 300; i++) publisher.say_publish("t/" + std::to_string(i), "x", kQos1);
        publisher.settle();
    }
    Texts seen;
    for (int round = 0; round < 8; round++) {
        Client a = silent();
        Texts heard = a.messages();
        ASSERT_GE(heard.size(), 10u);
        for (std::size_t i = 0; i < seen.size(); i++) EXPECT_EQ(heard[i], again(seen[i]));
        // All but the last four, the newest first.
        for (std::size_t i = 6; i-- > 0;) a.say_ack(PacketType::Puback, id_of(heard[i]));
        Texts more = a.messages();
        EXPECT_EQ(more.size(), 6u);
        seen.assign(heard.begin() + 6, heard.end());
        seen.insert(seen.end(), more.begin(), more.end());
        for (std::string& packet : seen)
            if (auto dup = packet.find(" dup"); dup != std::string::npos) packet.erase(dup, 4);
        restart();
    }
    Client a = client("a");
    a.open(lasting());
    EXPECT_EQ(a.payloads().size(), 300u - 8 * 6);
    table_->settle();
    EXPECT_EQ(live_records(), 2u);  // session, subscription
}

TEST_P(InFlight, WhatIsAcknowledgedAtOnceCostsNothing) {
    Client a = client("a");
    a.connect(lasting());
    a.subscribe("t/#", kSub1);
    Client publisher = client("publisher");
    publisher.connect();
    std::uint64_t commits = table_->journal->commits();
    table_->journal->is_paused = true;
    for (int i = 0; i < 1000; i++) {
        publisher.publish("t/1", "x", kQos1);
        EXPECT_EQ(a.payloads().size(), 1u);
        publisher.heard();
    }
    table_->journal->is_paused = false;
    table_->settle();
    EXPECT_EQ(table_->journal->commits(), commits);
    EXPECT_EQ(live_records(), 2u);
}

TEST_P(InFlight, TheEndOfASessionLeavesNothing) {
    subscribed().cut();
    publish(1, kQos1);
    silent().messages();
    Client publisher = client("publisher");
    publisher.connect();
    publisher.disconnect();
    EXPECT_EQ(live_records(), 3u);
    restart();
    Client a = client("a");
    a.connect();
    table_->settle();
    EXPECT_EQ(live_records(), 0u);
}

// PUBREC has come from both receivers. The shard of the last one removes the message, and the kill
// comes before the other shard has written that its copy is no longer needed.
TEST_P(InFlight, PubrelFollowsWhenTheMessageIsGoneAlready) {
    Client a = subscribed();
    publish(1, kQos2);
    Texts first = a.messages();
    ASSERT_EQ(first.size(), 1u);
    edit_journal([](journal::Group& group, journal::Key key, const Record& record) {
        if (std::holds_alternative<MessageRecord>(record)) group.remove(key);
        const auto* delivery = std::get_if<DeliveryRecord>(&record);
        if (delivery == nullptr || delivery->message_key != 0) return;
        DeliveryRecord shared = *delivery;
        shared.message_key = key + 1000;
        put(group, key, shared);
    });
    for (int round = 0; round < 2; round++) {
        Client b = silent();
        std::string heard = b.heard();
        EXPECT_NE(heard.find("PUBREL m" + std::to_string(id_of(first[0]))), std::string::npos)
            << heard;
        if (round == 0) restart();
    }
    Client b = client("a");
    b.open(lasting());
    b.heard();
    table_->settle();
    EXPECT_EQ(live_records(), 3u);  // two sessions, one subscription
}

// Deliveries of an earlier version have no packet id.
TEST_P(InFlight, AnOldJournalIsRead) {
    subscribed().cut();
    publish(1, kQos1);
    int deliveries = 0;
    edit_journal([&](journal::Group& group, journal::Key key, const Record& record) {
        const auto* delivery = std::get_if<DeliveryRecord>(&record);
        if (delivery == nullptr) return;
        deliveries++;
        EXPECT_NE(delivery->packet_id, 0);
        DeliveryRecord old = *delivery;
        old.packet_id = 0;
        put(group, key, old);
    });
    EXPECT_EQ(deliveries, 1);
    Client a = silent();
    Texts first = a.messages();
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0].find("dup"), std::string::npos);
    a.say_ack(PacketType::Puback, id_of(first[0]));
    a.settle();
    restart();
    EXPECT_TRUE(silent().messages().empty());
}

}  // namespace
}  // namespace martlet::broker
