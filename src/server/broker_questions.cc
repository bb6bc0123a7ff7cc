#include "server/broker_questions.h"

#include "base/text.h"
#include "broker/message.h"
#include "broker/publication.h"
#include "broker/reserved_topics.h"
#include "mqtt/secret_topic.h"
#include "mqtt/topic.h"

#include <algorithm>
#include <chrono>

namespace martlet::server {

namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr std::size_t kTopicBytesMax = 65'535;
constexpr std::string_view kSys = "$SYS/broker/";

std::string_view text_of(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view protocol_name(mqtt::Version version) {
    if (version == mqtt::Version::V5) return "5.0";
    return version == mqtt::Version::V311 ? "3.1.1" : "3.1";
}

http::ClientInfo info_of(const broker::ClientFacts& facts) {
    http::ClientInfo info;
    info.client_id = facts.client_id;
    info.user_name = facts.user_name;
    info.peer = facts.peer;
    info.is_online = facts.is_online;
    if (facts.is_online) info.protocol = protocol_name(facts.version);
    info.keep_alive_s = facts.keep_alive_s;
    info.expiry_s = facts.expiry_s == UINT32_MAX ? -1 : std::int64_t{facts.expiry_s};
    info.subscriptions = facts.subscriptions;
    info.queued = facts.queued;
    info.queued_bytes = facts.queued_bytes;
    info.in_flight = facts.in_flight;
    return info;
}

Error no_answer() {
    return Error{"The broker is too busy to answer; try again."};
}

// Client by client: each is asked for at its home.
Result<std::vector<http::SubscriptionInfo>> subscriptions_of_all(http::BrokerView& view,
                                                                 std::size_t limit) {
    constexpr std::size_t kPage = 1000;
    std::vector<http::SubscriptionInfo> found;
    std::string after;
    while (found.size() < limit) {
        auto page = view.clients(after, kPage);
        if (!page) return page.error();
        if (page.value().empty()) break;
        after = page.value().back().client_id;
        for (const http::ClientInfo& client : page.value()) {
            if (client.subscriptions == 0 || found.size() >= limit) continue;
            auto own = view.subscriptions(client.client_id, limit - found.size());
            if (!own) return own.error();
            for (http::SubscriptionInfo& one : own.value()) found.push_back(std::move(one));
        }
    }
    return found;
}

}  // namespace

std::future<broker::Answer> BrokerQuestions::ask(std::uint32_t shard,
                                                 std::unique_ptr<broker::Question> question) {
    std::future<broker::Answer> answer = question->done.get_future();
    auto letters = std::make_unique<broker::LetterBatch>();
    letters->letters.emplace_back(broker::QuestionLetter{std::move(question)});
    shared_.post.post(shard, std::move(letters));
    return answer;
}

Result<broker::Answer> BrokerQuestions::ask_home(Kind kind, std::string_view client_id,
                                                 std::size_t limit, bool and_session) {
    auto question = std::make_unique<broker::Question>();
    question->kind = kind;
    question->client_id = client_id;
    question->limit = limit;
    question->and_session = and_session;
    std::future<broker::Answer> answer = ask(shared_.home_of(client_id), std::move(question));
    if (answer.wait_for(kPatience) != std::future_status::ready) return no_answer();
    return answer.get();
}

std::vector<std::pair<std::string, std::string>> BrokerQuestions::values() {
    std::vector<std::pair<std::string, std::string>> values;
    for (http::RetainedInfo& info : retained("$SYS/broker/#", {}, SIZE_MAX))
        values.emplace_back(info.topic.substr(kSys.size()), std::move(info.payload));
    return values;
}

std::vector<http::RefusalInfo> BrokerQuestions::refusals(std::size_t limit) {
    std::vector<http::RefusalInfo> out;
    for (broker::RefusedRequest& one : shared_.refusals.newest(limit)) {
        broker::RefusalName name = broker::refusal_name(one.refusal);
        out.push_back({one.at_ms, std::string(name.request), std::string(name.reason),
                       std::move(one.peer), std::move(one.client_id), std::move(one.user_name),
                       std::move(one.why)});
    }
    return out;
}

Result<std::vector<http::ClientInfo>> BrokerQuestions::clients(std::string_view after,
                                                               std::size_t limit) {
    std::vector<std::future<broker::Answer>> answers;
    for (std::uint32_t shard = 0; shard < shared_.shards; shard++) {
        auto question = std::make_unique<broker::Question>();
        question->client_id = after;
        question->limit = limit;
        answers.push_back(ask(shard, std::move(question)));
    }
    auto deadline = std::chrono::steady_clock::now() + kPatience;
    std::vector<http::ClientInfo> found;
    for (auto& answer : answers) {
        if (answer.wait_until(deadline) != std::future_status::ready) return no_answer();
        for (const broker::ClientFacts& facts : answer.get().clients)
            found.push_back(info_of(facts));
    }
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.client_id < b.client_id; });
    if (found.size() > limit) found.resize(limit);
    return found;
}

Result<std::optional<http::ClientInfo>> BrokerQuestions::client(std::string_view client_id) {
    auto answer = ask_home(Kind::Client, client_id, 1);
    if (!answer) return answer.error();
    if (!answer.value().is_found) return std::optional<http::ClientInfo>();
    return std::optional(info_of(answer.value().clients.front()));
}

Result<std::vector<http::QueuedInfo>> BrokerQuestions::queue(std::string_view client_id,
                                                             std::size_t limit) {
    auto answer = ask_home(Kind::Queue, client_id, limit);
    if (!answer) return answer.error();
    std::vector<http::QueuedInfo> found;
    for (broker::QueuedFacts& facts : answer.value().queue) {
        http::QueuedInfo& info = found.emplace_back();
        info.is_in_journal_only = facts.topic.empty();
        info.topic = std::move(facts.topic);
        info.qos = static_cast<std::uint8_t>(facts.qos);
        info.is_in_flight = facts.is_in_flight;
        info.bytes = facts.bytes;
    }
    return found;
}

Result<bool> BrokerQuestions::kick(std::string_view client_id, bool and_session) {
    auto answer = ask_home(Kind::Kick, client_id, 0, and_session);
    if (!answer) return answer.error();
    return answer.value().is_found;
}

Result<std::vector<http::SubscriptionInfo>> BrokerQuestions::subscriptions(
    std::string_view client_id, std::size_t limit) {
    if (client_id.empty()) return subscriptions_of_all(*this, limit);
    auto answer = ask_home(Kind::Subscriptions, client_id, limit);
    if (!answer) return answer.error();
    std::vector<http::SubscriptionInfo> found;
    for (broker::SubscriptionFacts& facts : answer.value().subscriptions)
        found.push_back({std::string(client_id), std::move(facts.filter),
                         static_cast<std::uint8_t>(facts.qos)});
    return found;
}

// The tree is walked in stripes, each in topic order: what is asked for is the least of all.
std::vector<http::RetainedInfo> BrokerQuestions::retained(std::string_view filter,
                                                          std::string_view after,
                                                          std::size_t limit) {
    constexpr std::size_t kAtOnce = 256;
    std::vector<http::RetainedInfo> found;
    auto by_topic = [](const auto& a, const auto& b) { return a.topic < b.topic; };
    auto take = [&](const topics::RetainedMessage& retained) {
        broker::MessageView view(retained.body.get());
        std::string_view topic = view.topic();
        if (topic <= after) return;
        bool is_full = found.size() >= limit;
        if (is_full && (found.empty() || topic >= found.front().topic)) return;
        if (is_full) {
            std::pop_heap(found.begin(), found.end(), by_topic);
            found.pop_back();
        }
        found.push_back({std::string(topic), std::string(text_of(view.payload())),
                         static_cast<std::uint8_t>(view.head().qos)});
        std::push_heap(found.begin(), found.end(), by_topic);
    };
    topics::Retained::Position position;
    std::vector<topics::RetainedMessage> some;
    bool has_more = true;
    while (has_more) {
        some.clear();
        has_more = shared_.retained.next(filter, position, kAtOnce, some);
        for (const topics::RetainedMessage& retained : some) take(retained);
    }
    std::sort(found.begin(), found.end(), by_topic);
    return found;
}

std::string BrokerQuestions::shown(std::string_view topic) const {
    return mqtt::shown_topic(topic);
}

std::string BrokerQuestions::problem_of(const http::Publishing& message) const {
    if (message.topic.empty() || message.topic.size() > kTopicBytesMax ||
        !mqtt::is_valid_topic_name(message.topic))
        return "The topic must have 1 to 65535 bytes of UTF-8 and no wildcard.";
    if (broker::is_reserved(message.topic))
        return fmt::format("The topic '{}' is the broker's own.", message.topic);
    if (message.qos > 2) return "The QoS is 0, 1 or 2.";
    return {};
}

Status BrokerQuestions::publish(const http::Publishing& message) {
    if (std::string problem = problem_of(message); !problem.empty()) return Error{problem};
    broker::Publication publication;
    publication.topic = message.topic;
    publication.payload = as_bytes(message.payload);
    publication.qos = static_cast<mqtt::Qos>(message.qos);
    publication.retain = message.retain;
    auto question = std::make_unique<broker::Question>();
    question->kind = Kind::Publish;
    question->message = publication.message();
    std::future<broker::Answer> answer = ask(shared_.home_of(message.topic), std::move(question));
    if (answer.wait_for(kPatience) != std::future_status::ready) return no_answer();
    if (answer.get().is_refused)
        return Error{"The broker uses more memory than 'memory_limit' allows. Try again later."};
    return Done{};
}

}  // namespace martlet::server
