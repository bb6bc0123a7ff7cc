// What a shard answers to those outside (broker/question.h).

#include "tests/broker/client.h"

#include <gtest/gtest.h>

namespace martlet::broker {
namespace {

using Kind = Question::Kind;

class QuestionTest : public testing::Test {
  protected:
    Answer ask(Kind kind, const std::string& client_id, std::size_t limit = 100,
               bool and_session = false) {
        auto question = std::make_unique<Question>();
        question->kind = kind;
        question->client_id = client_id;
        question->limit = limit;
        question->and_session = and_session;
        std::future<Answer> answer = question->done.get_future();
        auto letters = std::make_unique<LetterBatch>();
        letters->letters.emplace_back(QuestionLetter{std::move(question)});
        table_.post.post(0, std::move(letters));
        table_.settle();
        return answer.get();
    }
    std::string ids(const Answer& answer) {
        std::string text;
        for (const ClientFacts& facts : answer.clients) text += facts.client_id + " ";
        return text;
    }
    Client client(const std::string& name) { return {table_, name}; }

    Table table_;
};

TEST_F(QuestionTest, ClientsComeInOrderPageByPage) {
    std::vector<std::unique_ptr<Client>> clients;
    for (std::string name : {"d", "a", "c", "b"}) {
        clients.push_back(std::make_unique<Client>(table_, name));
        clients.back()->connect();
    }
    EXPECT_EQ(ids(ask(Kind::Clients, "", 3)), "a b c ");
    EXPECT_EQ(ids(ask(Kind::Clients, "b", 3)), "c d ");
    EXPECT_EQ(ids(ask(Kind::Clients, "d", 3)), "");
    EXPECT_EQ(ids(ask(Kind::Clients, "", 0)), "");
}

TEST_F(QuestionTest, MoreThanOneTurnCanLookAt) {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 5000; i++) {
        clients.push_back(std::make_unique<Client>(table_, "c" + std::to_string(10'000 + i)));
        clients.back()->open();
        if (i % 500 == 0) table_.settle();
    }
    table_.settle();
    EXPECT_EQ(ids(ask(Kind::Clients, "c14997", 5)), "c14998 c14999 ");
    EXPECT_EQ(ids(ask(Kind::Clients, "", 2)), "c10000 c10001 ");
}

TEST_F(QuestionTest, OneClient) {
    Client away = client("away");
    away.connect({.clean_start = false, .expiry = 600});
    away.subscribe("t/#", {.qos = Qos::AtLeastOnce});
    away.subscribe("$share/g/s", {.qos = Qos::ExactlyOnce});
    away.cut();
    Client publisher = client("publisher");
    publisher.connect({.keep_alive = 30});
    publisher.publish("t/1", "x", {.qos = Qos::AtLeastOnce});
    publisher.publish("t/2", "yy", {.qos = Qos::AtLeastOnce});

    Answer answer = ask(Kind::Client, "away");
    ASSERT_TRUE(answer.is_found);
    const ClientFacts& facts = answer.clients.front();
    EXPECT_FALSE(facts.is_online);
    EXPECT_EQ(facts.expiry_s, 600u);
    EXPECT_EQ(facts.subscriptions, 2u);
    EXPECT_EQ(facts.queued, 2u);
    EXPECT_TRUE(ask(Kind::Client, "publisher").clients.front().is_online);
    EXPECT_EQ(ask(Kind::Client, "publisher").clients.front().keep_alive_s, 30);
    EXPECT_FALSE(ask(Kind::Client, "nobody").is_found);

    Answer queue = ask(Kind::Queue, "away");
    ASSERT_EQ(queue.queue.size(), 2u);
    EXPECT_EQ(queue.queue[0].topic, "t/1");
    EXPECT_FALSE(queue.queue[0].is_in_flight);
    EXPECT_EQ(ask(Kind::Queue, "away", 1).queue.size(), 1u);

    Answer subscriptions = ask(Kind::Subscriptions, "away");
    ASSERT_EQ(subscriptions.subscriptions.size(), 2u);
    std::string filters =
        subscriptions.subscriptions[0].filter + " " + subscriptions.subscriptions[1].filter;
    EXPECT_NE(filters.find("$share/g/s"), std::string::npos);
    EXPECT_NE(filters.find("t/#"), std::string::npos);
}

TEST_F(QuestionTest, KickEndsTheConnectionAndSendsTheWill) {
    Client watcher = client("watcher");
    watcher.connect();
    watcher.subscribe("will");
    Client victim = client("victim");
    victim.connect(
        {.clean_start = false, .expiry = 600, .will_topic = "will", .will_payload = "gone"});
    EXPECT_TRUE(ask(Kind::Kick, "victim").is_found);
    EXPECT_EQ(victim.heard(), "DISCONNECT 98 | closed");
    EXPECT_EQ(watcher.payloads(), std::vector<std::string>{"gone"});
    // What it left stays.
    EXPECT_TRUE(ask(Kind::Client, "victim").is_found);
    EXPECT_FALSE(ask(Kind::Kick, "nobody").is_found);
}

TEST_F(QuestionTest, KickWithSessionLeavesNothing) {
    Client watcher = client("watcher");
    watcher.connect();
    watcher.subscribe("will");
    for (bool is_online : {true, false}) {
        Client victim = client("victim");
        victim.connect({.clean_start = false,
                        .expiry = 600,
                        .will_topic = "will",
                        .will_payload = "gone",
                        .will_delay = 100});
        victim.subscribe("t", {.qos = Qos::AtLeastOnce});
        if (!is_online) victim.cut();
        EXPECT_TRUE(ask(Kind::Kick, "victim", 0, true).is_found);
        EXPECT_FALSE(ask(Kind::Client, "victim").is_found);
    }
    table_.pass(std::chrono::seconds(200));
    EXPECT_TRUE(watcher.payloads().empty());
}

TEST_F(QuestionTest, PublishReachesSubscribers) {
    Client subscriber = client("subscriber");
    subscriber.connect();
    subscriber.subscribe("t");
    Publication publication;
    publication.topic = "t";
    std::string payload = "hello";
    publication.payload = as_bytes(payload);
    auto question = std::make_unique<Question>();
    question->kind = Kind::Publish;
    question->message = publication.message();
    std::future<Answer> answer = question->done.get_future();
    auto letters = std::make_unique<LetterBatch>();
    letters->letters.emplace_back(QuestionLetter{std::move(question)});
    table_.post.post(0, std::move(letters));
    table_.settle();
    EXPECT_TRUE(answer.get().is_found);
    EXPECT_EQ(subscriber.payloads(), std::vector<std::string>{"hello"});
}

}  // namespace
}  // namespace martlet::broker
