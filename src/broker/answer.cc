// Questions from outside (broker/question.h).

#include "broker/message.h"
#include "broker/shard.h"

#include <algorithm>
#include <utility>

namespace martlet::broker {

namespace {

// Sessions that are looked at in one turn.
constexpr std::uint32_t kAtOnce = 4096;

bool by_id(const ClientFacts& a, const ClientFacts& b) {
    return a.client_id < b.client_id;
}

}  // namespace

void Shard::answer(std::unique_ptr<Question> question) {
    using Kind = Question::Kind;
    if (question->kind == Kind::Clients && look_at_clients(*question)) {
        // The rest in another turn.
        auto letters = std::make_unique<LetterBatch>();
        letters->letters.emplace_back(QuestionLetter{std::move(question)});
        return shared_.post.post(index_, std::move(letters));
    }
    if (question->kind == Kind::Publish) {
        Publication publication = Publication::of(question->message);
        bool is_removal = publication.retain && publication.payload.empty();
        if (has_memory_for_message(publication.topic, publication.retain, is_removal))
            question->answer.is_found = publish(publication, nullptr);
        else
            question->answer.is_refused = true, drop(DropReason::MemoryLimit);
    }
    Session* session = find_session(question->client_id);
    bool is_asked_for = question->kind != Kind::Clients && question->kind != Kind::Publish;
    if (is_asked_for && session != nullptr && !session->is_tap) {
        question->answer.is_found = true;
        if (question->kind == Kind::Client) question->answer.clients.push_back(facts_of(*session));
        if (question->kind == Kind::Queue) list_queue(*session, *question);
        if (question->kind == Kind::Subscriptions) list_subscriptions(*session, *question);
        if (question->kind == Kind::Kick) kick(*session, *question);
    }
    question->done.set_value(std::move(question->answer));
}

// Keeps the first `limit` of those that come after. True: there is more to look at.
bool Shard::look_at_clients(Question& question) {
    std::vector<ClientFacts>& found = question.answer.clients;
    std::uint32_t end = std::min(session_slots_.end(), question.next + kAtOnce);
    for (; question.next < end; question.next++) {
        const Session* session = session_slots_.at(question.next);
        if (session == nullptr || session->is_tap || session->is_over ||
            session->client_id <= question.client_id)
            continue;
        bool is_full = found.size() >= question.limit;
        if (is_full && (found.empty() || session->client_id >= found.front().client_id)) continue;
        if (is_full) {
            std::pop_heap(found.begin(), found.end(), by_id);
            found.pop_back();
        }
        found.push_back(facts_of(*session));
        std::push_heap(found.begin(), found.end(), by_id);
    }
    if (question.next < session_slots_.end()) return true;
    std::sort(found.begin(), found.end(), by_id);
    return false;
}

ClientFacts Shard::facts_of(const Session& session) const {
    ClientFacts facts;
    facts.client_id = session.client_id;
    facts.user_name = session.user_name;
    facts.expiry_s = session.expiry_s;
    facts.subscriptions = session.subscription_count;
    if (const Connection* connection = session.connection) {
        facts.is_online = true;
        facts.peer = connection->transport().peer();
        facts.version = connection->version();
        facts.keep_alive_s = connection->keep_alive_s_;
    }
    if (session.flow) {
        facts.queued = session.flow->out.queued();
        facts.queued_bytes = session.flow->out_bytes;
        facts.in_flight = session.flow->out.in_flight();
    }
    return facts;
}

void Shard::list_queue(const Session& session, Question& question) const {
    if (!session.flow) return;
    OutQueue& out = session.flow->out;
    for (std::uint32_t i = 0; i < out.size() && question.answer.queue.size() < question.limit;
         i++) {
        const OutEntry& entry = out.at(i);
        if (entry.state == OutState::Done) continue;
        QueuedFacts facts;
        facts.qos = entry.qos;
        facts.bytes = entry.bytes();
        facts.is_in_flight = entry.state != OutState::Queued;
        if (!entry.is_stored && entry.message != nullptr)
            facts.topic = MessageView(entry.message).topic();
        question.answer.queue.push_back(std::move(facts));
    }
}

void Shard::list_subscriptions(const Session& session, Question& question) {
    std::vector<SubscriptionFacts>& found = question.answer.subscriptions;
    for (const Subscription* s = session.subscriptions;
         s != nullptr && found.size() < question.limit; s = s->next) {
        std::string filter =
            s->is_shared ? "$share/" + s->share_key() : std::string(s->entry->filter());
        found.push_back({std::move(filter), s->qos});
    }
}

void Shard::kick(Session& session, Question& question) {
    if (question.and_session) {
        // It ends with its connection, without its will.
        session.expiry_s = 0;
        session.will.reset();
        if (session.connection != nullptr) session.connection->has_will_ = false;
    }
    if (session.connection != nullptr)
        session.connection->end(mqtt::ReasonCode::AdministrativeAction, "administrative action");
    else if (question.and_session)
        end_session(session);
}

}  // namespace martlet::broker
