// What may be read and written, at every place where it is asked, and after a reload.

#include "tests/auth/temporary_folder.h"
#include "tests/broker/client.h"

#include <gtest/gtest.h>

namespace martlet::broker {
namespace {

using Strings = std::vector<std::string>;
const ConnectWish kDurable{.clean_start = false, .expiry = 100'000};
const PublishWish kOnce{.qos = Qos::AtLeastOnce};
const PublishWish kRetained{.qos = Qos::AtLeastOnce, .retain = true};

class Acl : public testing::Test {
  protected:
    TableOptions options(const std::string& rules, std::uint32_t shards = 2) {
        TableOptions options;
        options.shards = shards;
        options.broker.max_queued_messages = 0;
        options.listener.auth.allow_anonymous = true;
        options.listener.auth.acl_file = folder_.write("acl", rules);
        return options;
    }
    void reload(Table& table, const TableOptions& options) {
        auto snapshot = snapshot_of(options);
        for (std::uint32_t shard = 0; shard < table.shards.size(); shard++) {
            auto batch = std::make_unique<LetterBatch>();
            batch->letters.emplace_back(ReloadLetter{snapshot});
            table.post.post(shard, std::move(batch));
        }
        EXPECT_TRUE(table.settle());
    }
    TemporaryFolder folder_;
};

TEST_F(Acl, ALimitedClientsWildcardIsFilteredAtDelivery) {
    Table table(options("topic readwrite open/#\ntopic write secret/#\n"));
    Client a(table, "a", 1), b(table, "b", 0);
    a.connect();
    b.connect();
    EXPECT_EQ(a.subscribe("#", {.qos = Qos::AtLeastOnce}), "SUBACK m1 01");
    b.publish("open/1", "1", kOnce);
    b.publish("secret/1", "2", kOnce);
    b.publish("secret/1", "3");
    b.publish("open/1", "4");
    EXPECT_EQ(a.payloads(), (Strings{"1", "4"}));
    EXPECT_EQ(table.dropped(DropReason::DeniedRead), 2u);
    EXPECT_EQ(a.subscribe("secret/#"), "SUBACK m2 87");
    Client old(table, "old", 1);
    old.connect({.version = Version::V311});
    EXPECT_EQ(old.subscribe("secret/#"), "SUBACK m1 00");
}

TEST_F(Acl, ADeniedPublishIsToldInMqttFiveAndCounted) {
    Table table(options("topic read #\n"));
    Client a(table, "a"), old(table, "old");
    a.connect();
    old.connect({.version = Version::V311});
    a.publish("t", "x", kOnce);
    EXPECT_EQ(a.heard(), "PUBACK m1 87");
    a.publish("t", "x", {.qos = Qos::ExactlyOnce});
    EXPECT_EQ(a.heard(), "PUBREC m2 87");
    old.publish("t", "x", {.qos = Qos::ExactlyOnce});
    EXPECT_EQ(old.heard(), "PUBREC m1 00 | PUBCOMP m1 00");
    EXPECT_EQ(table.dropped(DropReason::DeniedWrite), 3u);
    // A refused PUBREC ends the exchange: the id may be used for something else at once.
    a.publish("t", "x", {.qos = Qos::ExactlyOnce, .packet_id = 2});
    EXPECT_EQ(a.heard(), "PUBREC m2 87");
}

TEST_F(Acl, AWillIsJudgedWhenItIsSent) {
    TableOptions open = options("topic readwrite #\n");
    Table table(open);
    Client a(table, "a", 0), watcher(table, "w", 1);
    watcher.connect();
    watcher.subscribe("#");
    ConnectWish wish;
    wish.will_topic = "w";
    a.connect(wish);
    reload(table, options("topic read #\n"));
    a.cut();
    EXPECT_EQ(watcher.heard(), "");
    EXPECT_EQ(table.dropped(DropReason::DeniedWrite), 1u);
}

// hardening row 10: access that was revoked delivers nothing more, wherever the message waits.
TEST_F(Acl, hardening_10_revoked_access_delivers_nothing) {
    TableOptions open = options("topic readwrite #\n");
    Table table(open);
    Client online(table, "online", 1), offline(table, "offline", 0), window(table, "window", 0);
    Client shared(table, "shared", 1), publisher(table, "p", 0);
    for (Client* c : {&online, &offline, &window, &shared}) {
        ConnectWish wish = kDurable;
        if (c == &window) wish.receive_maximum = 1;
        c->is_answering = false;
        c->connect(wish);
        c->subscribe(c == &shared ? "$share/g/t/#" : "t/#", {.qos = Qos::ExactlyOnce});
    }
    publisher.connect();
    publisher.publish("t/1", "in flight", {.qos = Qos::ExactlyOnce});
    offline.cut();
    shared.cut();
    publisher.publish("t/1", "queued", {.qos = Qos::ExactlyOnce});
    publisher.publish("t/1", "retained", kRetained);
    for (Client* c : {&online, &window}) c->heard();
    reload(table, options("topic write #\ntopic read other/#\n"));
    publisher.publish("t/1", "later", {.qos = Qos::ExactlyOnce});
    for (Client* c : {&online, &window}) EXPECT_EQ(c->heard(), "") << c->id();
    window.say_ack(PacketType::Pubrec, 1);
    window.say_ack(PacketType::Pubcomp, 1);
    EXPECT_EQ(window.heard(), "PUBREL m1 00");
    for (Client* c : {&online, &offline, &window, &shared}) {
        c->cut();
        c->is_answering = true;
        c->open(kDurable);
        EXPECT_EQ(c->messages(), Strings{}) << c->id();
        c->subscribe("#", {.qos = Qos::AtLeastOnce});
        EXPECT_EQ(c->messages(), Strings{}) << c->id();
    }
    EXPECT_EQ(table.sum([](const auto& c) -> const auto& { return c.queued_messages; }), 0u);
    // And back again: the rules are the last ones.
    reload(table, options("topic readwrite #\n"));
    EXPECT_EQ(online.subscribe("t/1"), "SUBACK m3 00 | PUBLISH q0 retain 't/1' 'retained'");
}

// hardening row 10: check_retain_source.
TEST_F(Acl, hardening_10_a_revoked_publishers_retained_message_is_not_given) {
    std::string common = "topic read #\n";
    TableOptions open = options(common + "pattern write %c/#\n");
    Table table(open);
    Client a(table, "a", 0), b(table, "b", 1);
    a.connect();
    b.connect();
    a.publish(a.id() + "/t", "x", kRetained);
    EXPECT_EQ(b.subscribe("#"), "SUBACK m1 00 | PUBLISH q0 retain '" + a.id() + "/t' 'x'");
    TableOptions closed = options(common);
    closed.broker.check_retain_source = false;
    reload(table, closed);
    EXPECT_EQ(b.subscribe("#"), "SUBACK m2 00 | PUBLISH q0 retain '" + a.id() + "/t' 'x'");
    closed.broker.check_retain_source = true;
    reload(table, closed);
    EXPECT_EQ(b.subscribe("#"), "SUBACK m3 00");
}

TEST_F(Acl, TheBrokersOwnTopicsBelongToTheBroker) {
    Table table;
    Client a(table, "a");
    a.connect();
    for (const char* topic : {"$SYS", "$SYS/broker/version", "$share/g/t", "$CONTROL/x"}) {
        a.publish(topic, "x", kOnce);
        EXPECT_NE(a.heard().find(" 87"), std::string::npos) << topic;
        ConnectWish wish;
        wish.will_topic = topic;
        Client w(table, "w");
        EXPECT_EQ(w.connect(wish), "CONNACK 87 | closed") << topic;
    }
    EXPECT_EQ(table.shared.retained.count(), 0u);
}

TEST_F(Acl, AReloadThatClosesTheDoorEndsWhoCameThroughIt) {
    TableOptions open = options("topic readwrite #\n");
    Table table(open);
    Client a(table, "a", 1);
    a.connect();
    auto snapshot = std::make_shared<Snapshot>(*snapshot_of(open));
    auth::Options closed = open.listener.auth;
    closed.allow_anonymous = false;
    snapshot->security[0] = auth::Security::open(closed).value();
    for (std::uint32_t shard = 0; shard < 2; shard++) {
        auto batch = std::make_unique<LetterBatch>();
        batch->letters.emplace_back(ReloadLetter{snapshot});
        table.post.post(shard, std::move(batch));
    }
    EXPECT_EQ(a.heard(), "DISCONNECT 87 | closed");
}

}  // namespace
}  // namespace martlet::broker
