#include "broker/out_queue.h"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <map>
#include <random>

namespace martlet::broker {
namespace {

using mqtt::Qos;

Body* body_of(std::uint32_t number) {
    Body* body = Body::make(sizeof number);
    std::memcpy(body->data(), &number, sizeof number);
    return body;
}

std::uint32_t number_of(const OutEntry& entry) {
    std::uint32_t number;
    std::memcpy(&number, entry.message->data(), sizeof number);
    return number;
}

// The same thing, slow and plain: a list of those that wait, and a map of those in flight.
struct Model {
    struct Sent {
        std::uint32_t number;
        OutState state;
    };
    std::deque<std::uint32_t> queued;
    std::map<std::uint32_t, Sent> sent;  // by how many were sent before
    std::uint32_t count = 0;             // sent, ever

    static std::uint16_t id_of(std::uint32_t place) {
        return static_cast<std::uint16_t>(place % 65535 + 1);
    }
    std::uint32_t in_flight() const {
        std::uint32_t n = 0;
        for (const auto& [place, s] : sent) n += s.state != OutState::WaitResend;
        return n;
    }
    std::uint32_t to_resend() const {
        return static_cast<std::uint32_t>(sent.size()) - in_flight();
    }
};

class Pair {
  public:
    explicit Pair(std::uint64_t seed) : random_(seed) {}

    void step() {
        switch (random_() % 8) {
            case 0:
            case 1:
                return push();
            case 2:
            case 3:
                return send();
            case 4:
            case 5:
                return acknowledge();
            case 6:
                return advance_qos2();
            default:
                if (random_() % 50 == 0) return reconnect();
                return resend();
        }
    }
    void compare() {
        ASSERT_EQ(queue_.queued(), model_.queued.size());
        ASSERT_EQ(queue_.in_flight(), model_.in_flight());
        ASSERT_EQ(queue_.to_resend(), model_.to_resend());
        for (std::uint32_t i = 0; i < queue_.queued(); i++)
            ASSERT_EQ(number_of(queue_.at(queue_.sent() + i)), model_.queued[i]);
        for (const auto& [place, sent] : model_.sent) {
            OutEntry* entry = queue_.find(Model::id_of(place));
            ASSERT_NE(entry, nullptr) << "id " << Model::id_of(place);
            ASSERT_EQ(entry->packet_id, Model::id_of(place));
            ASSERT_EQ(entry->state, sent.state);
            if (entry->message == nullptr) continue;
            ASSERT_EQ(number_of(*entry), sent.number);
        }
        auto id = static_cast<std::uint16_t>(random_());
        bool is_known = false;
        for (const auto& [place, sent] : model_.sent) is_known |= Model::id_of(place) == id;
        ASSERT_EQ(queue_.find(id) != nullptr, is_known) << "id " << id;
    }

  private:
    void push() {
        if (model_.queued.size() > 30) return;
        OutEntry entry;
        entry.message = body_of(next_);
        entry.qos = random_() % 2 ? Qos::AtLeastOnce : Qos::ExactlyOnce;
        queue_.push(entry);
        model_.queued.push_back(next_++);
    }
    void send() {
        if (model_.queued.empty() || model_.to_resend() > 0 || model_.sent.size() > 40) return;
        bool once = queue_.at(queue_.sent()).qos == Qos::AtLeastOnce;
        OutState state = once ? OutState::WaitPuback : OutState::WaitPubrec;
        OutEntry& entry = queue_.send_next(state);
        ASSERT_EQ(entry.packet_id, Model::id_of(model_.count));
        model_.sent[model_.count++] = {model_.queued.front(), state};
        model_.queued.pop_front();
    }
    auto any_sent() {
        auto it = model_.sent.begin();
        std::advance(it, static_cast<long>(random_() % model_.sent.size()));
        return it;
    }
    void acknowledge() {
        if (model_.sent.empty()) return;
        auto it = any_sent();
        queue_.finish(*queue_.find(Model::id_of(it->first)));
        model_.sent.erase(it);
    }
    void advance_qos2() {
        if (model_.sent.empty()) return;
        auto it = any_sent();
        if (it->second.state != OutState::WaitPubrec) return;
        OutEntry* entry = queue_.find(Model::id_of(it->first));
        OutQueue::release(*entry);
        entry->state = it->second.state = OutState::WaitPubcomp;
    }
    void reconnect() {
        queue_.postpone_all();
        for (auto& [place, sent] : model_.sent)
            if (sent.state != OutState::WaitPubcomp) sent.state = OutState::WaitResend;
    }
    void resend() {
        OutEntry* entry = queue_.resend_next();
        for (auto& [place, sent] : model_.sent) {
            if (sent.state != OutState::WaitResend) continue;
            ASSERT_NE(entry, nullptr);
            ASSERT_EQ(entry->packet_id, Model::id_of(place)) << "not in the order of sending";
            sent.state = entry->state;
            return;
        }
        ASSERT_EQ(entry, nullptr);
    }

    std::mt19937_64 random_;
    OutQueue queue_;
    Model model_;
    std::uint32_t next_ = 0;
};

TEST(OutQueue, IsTheSameAsAPlainModelWhateverTheOrder) {
    for (std::uint64_t seed = 1; seed <= 20; seed++) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Pair pair(seed);
        for (int step = 0; step < 3000; step++) {
            pair.step();
            if (step % 16 == 0) pair.compare();
            ASSERT_FALSE(testing::Test::HasFailure()) << "step " << step;
        }
    }
}

TEST(OutQueue, PacketIdsGoFrom65535To1) {
    OutQueue queue;
    OutEntry first;
    first.qos = Qos::AtLeastOnce;
    for (std::uint32_t i = 0; i < 200'000; i++) {
        queue.push(first);
        queue.push(first);
        OutEntry& a = queue.send_next(OutState::WaitPuback);
        std::uint16_t a_id = a.packet_id;
        std::uint16_t b_id = queue.send_next(OutState::WaitPuback).packet_id;
        ASSERT_NE(a_id, 0);
        ASSERT_EQ(b_id, a_id == 65535 ? 1 : a_id + 1);
        // The younger one first, so that there is a hole across the wrap.
        ASSERT_NE(queue.find(b_id), nullptr);
        queue.finish(*queue.find(b_id));
        ASSERT_EQ(queue.find(b_id), nullptr);
        ASSERT_NE(queue.find(a_id), nullptr);
        queue.finish(*queue.find(a_id));
        ASSERT_TRUE(queue.empty());
    }
}

OutEntry entry_of(std::uint16_t packet_id, OutState state) {
    OutEntry entry;
    entry.qos = Qos::AtLeastOnce;
    entry.packet_id = packet_id;
    entry.state = state;
    return entry;
}

// After a restart: what lay between was acknowledged, or is lost.
TEST(OutQueue, StepsOverHolesBetweenPacketIds) {
    using Ids = std::initializer_list<std::uint16_t>;
    OutQueue queue;
    for (std::uint16_t id : Ids{65530, 65534, 3})
        queue.restore_sent(entry_of(id, OutState::WaitResend));
    queue.push(entry_of(9, OutState::Queued));
    queue.begin_ids_at(8193);
    queue.push(entry_of(0, OutState::Queued));
    EXPECT_EQ(queue.at(4).packet_id, 8193);
    EXPECT_EQ(queue.next_id(), 8194);
    for (std::uint16_t id : Ids{65530, 65534, 3}) ASSERT_NE(queue.find(id), nullptr) << id;
    for (std::uint16_t id : Ids{65529, 65531, 65535, 1, 2, 4, 9, 8193})
        EXPECT_EQ(queue.find(id), nullptr) << id;
    queue.send_next(OutState::WaitPuback);
    queue.send_next(OutState::WaitPuback);
    for (std::uint16_t id : Ids{65534, 8193, 65530, 9, 3}) {
        OutEntry* entry = queue.find(id);
        ASSERT_NE(entry, nullptr) << id;
        EXPECT_EQ(entry->packet_id, id);
        queue.finish(*entry);
        EXPECT_EQ(queue.find(id), nullptr) << id;
    }
    EXPECT_TRUE(queue.empty());
}

TEST(OutQueue, GivesNewPacketIdsToEntriesThatWaitAgain) {
    OutQueue queue;
    for (int i = 0; i < 5; i++) queue.push(entry_of(0, OutState::Queued));
    for (int i = 0; i < 3; i++) queue.send_next(OutState::WaitPuback);
    queue.requeue([](const OutEntry& entry) { return entry.packet_id % 2 == 1; });
    EXPECT_EQ(queue.queued(), 3u);
    for (std::uint16_t id = 6; id <= 8; id++) {
        queue.send_next(OutState::WaitPuback);
        ASSERT_NE(queue.find(id), nullptr) << id;
        EXPECT_EQ(queue.find(id)->packet_id, id);
    }
}

TEST(OutQueue, NoIdComesRoundAgainWhileTheOldestIsInFlight) {
    OutQueue queue;
    queue.restore_sent(entry_of(100, OutState::WaitPuback));
    queue.begin_ids_at(60'000);
    std::uint32_t sent = 0;
    for (; queue.has_packet_id(); sent++) {
        queue.push(entry_of(0, OutState::Queued));
        queue.finish(queue.send_next(OutState::WaitPuback));
    }
    EXPECT_EQ(queue.next_id(), 100);
    EXPECT_EQ(sent, 65'535u - 60'000u + 100u);
    queue.finish(*queue.find(100));
    EXPECT_TRUE(queue.has_packet_id());
}

TEST(OutQueue, DropsItsHoldsOnMessages) {
    Body* body = body_of(1);
    BodyRef hold = BodyRef::adopt(body);
    {
        OutQueue queue;
        for (int i = 0; i < 20; i++) {
            OutEntry entry;
            entry.message = BodyRef(hold).release();
            queue.push(entry);
        }
        queue.drop_next();
        queue.finish(queue.send_next(OutState::WaitPuback));
        OutQueue::release(queue.send_next(OutState::WaitPubrec));
        EXPECT_FALSE(hold->is_unique());
    }
    EXPECT_TRUE(hold->is_unique());
}

}  // namespace
}  // namespace martlet::broker
