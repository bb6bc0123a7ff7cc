#pragma once

// A client in the simulation: it publishes, subscribes, answers when it likes, loses its line and
// comes back, and writes into the ledger what it did and saw. It obeys the protocol; what is
// random is what it does next.

#include "tests/broker/client.h"
#include "tests/sim/ledger.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace martlet::sim {

using broker::Line;
using broker::Table;
using mqtt::PacketType;
using mqtt::Version;

struct ActorOptions {
    int number = 0;
    std::uint32_t shard = 0;
    Version version = Version::V5;
    bool is_durable = false;
    std::vector<std::string> filters;  // never two that match one topic
    std::vector<std::string> topics;   // to publish to
    std::string retained_topic;        // its own; empty: it publishes nothing
    std::optional<Qos> qos;            // that it always asks with; else any
    bool is_fickle = false;            // durable, but it ends its session now and then
};

class Actor {
  public:
    Actor(Table& table, Ledger& ledger, ActorOptions options)
        : table_(&table),
          ledger_(ledger),
          options_(std::move(options)),
          id_(table.id_on(options_.shard, "actor" + std::to_string(options_.number))) {}

    const ActorOptions& options() const { return options_; }
    // The number of the line on which CONNACK was read; 0: none.
    std::uint64_t line_number() const { return is_ready() ? line_number_ : 0; }
    bool is_online() const { return line_ != nullptr && line_->is_open(); }
    bool is_ready() const { return is_online() && has_connack_; }
    // Nothing of its own is under way.
    bool is_at_rest() const {
        return is_ready() && flights_.empty() && answers_.empty() && line_->from_broker.empty() &&
               pending_.empty();
    }

    void connect(std::mt19937_64& random);
    void lose_line();
    // The broker is gone, and its memory with it.
    void change_table(Table& table);
    void publish(std::mt19937_64& random, bool retain);
    void subscribe(std::mt19937_64& random);
    void unsubscribe(std::mt19937_64& random);
    // Reads up to `most` packets, then says up to `most` of the answers that it owes.
    void read(std::size_t most);
    void answer(std::size_t most);
    Line* line() { return line_; }

  private:
    struct Flight {
        std::uint16_t packet_id = 0;
        std::size_t message = 0;
        bool is_released = false;  // PUBREC came
    };
    struct Pending {
        std::uint16_t packet_id = 0;
        std::size_t interval = 0;
        bool is_subscribe = true;
    };

    void say(const std::vector<std::uint8_t>& bytes) {
        line_->to_broker.insert(line_->to_broker.end(), bytes.begin(), bytes.end());
    }
    void say_publish(const Flight& flight, bool dup);
    std::uint16_t next_id();
    void note_line_end();
    void give_session_up();
    void hear(const mqtt::AnyPacket& any);
    void hear_connack(const mqtt::Connack& packet);
    void refuse();
    void hold(std::uint16_t packet_id, std::size_t message);
    void hear_publish(const mqtt::Publish& packet);
    void hear_ack(const mqtt::TypedAck& packet);
    void hear_suback(const mqtt::TypedSuback& packet);

    Table* table_;
    Ledger& ledger_;
    ActorOptions options_;
    std::string id_;
    Line* line_ = nullptr;
    bool has_connack_ = false;
    bool has_session_ = false;  // the broker has told of a session that lasts
    bool is_ending_ = false;    // the next CONNACK is that of a new session
    int session_ = 0;
    std::uint64_t line_number_ = 0;
    std::uint16_t packet_id_ = 0;
    std::deque<Flight> flights_;
    std::vector<Pending> pending_;
    struct Answer {
        std::vector<std::uint8_t> bytes;
        std::size_t delivery = SIZE_MAX;  // in the ledger; kNone: it answers none
    };
    static constexpr std::size_t kNone = SIZE_MAX;
    std::deque<Answer> answers_;
    std::set<std::uint16_t> received_;  // QoS 2, not yet released
    // QoS 1, not acknowledged on any line: the message of each packet id (promise 8).
    struct Held {
        std::size_t message = 0;
        int crashes = 0;  // before it came
    };
    std::map<std::uint16_t, Held> held_;
    std::set<std::string> known_;       // filters that may be subscribed
    std::set<std::string> ever_known_;  // in this session
};

inline void Actor::connect(std::mt19937_64& random) {
    if (line_ != nullptr) note_line_end();
    broker::ConnectWish wish;
    wish.version = options_.version;
    // Until it has been told so it cannot know whether the session has ended.
    if (options_.is_fickle && random() % 3 == 0) is_ending_ = true;
    if (is_ending_) give_session_up();
    wish.clean_start = !options_.is_durable || is_ending_;
    if (options_.version == Version::V5) {
        if (options_.is_durable) wish.expiry = UINT32_MAX;
        wish.receive_maximum = static_cast<std::uint16_t>(1 + random() % 12);
    }
    line_ = &table_->open_line(table_->shared.home_of(id_));
    line_->gives_frames = line_number_ % 2 == 1;
    has_connack_ = false;
    line_number_++;
    ledger_.tick();
    say(broker::connect_frame(id_, wish));
}

// What the client wrote and the broker has not read, and the other way round, is lost in part.
inline void Actor::lose_line() {
    if (line_ == nullptr) return;
    line_->to_broker.resize(line_->to_broker.size() / 2);
    line_->is_cut = true;
    note_line_end();
    line_ = nullptr;
}

inline void Actor::change_table(Table& table) {
    table_ = &table;
    if (line_ == nullptr) return;
    line_ = nullptr;
    note_line_end();
}

inline void Actor::note_line_end() {
    ledger_.tick();
    answers_.clear();
    pending_.clear();
    has_connack_ = false;
    if (!options_.is_durable) give_session_up();
}

inline void Actor::give_session_up() {
    Moment at = ledger_.tick();
    held_.clear();
    for (Interval& i : ledger_.intervals) {
        if (i.client != options_.number) continue;
        if (i.is_shared) ledger_.left_groups.insert(i.filter);
        if (i.given_up == kNever) i.given_up = at;
    }
    for (const Flight& flight : flights_) ledger_.messages[flight.message].is_repeated = true;
    flights_.clear();
    received_.clear();
}

inline std::uint16_t Actor::next_id() {
    do {
        packet_id_ = static_cast<std::uint16_t>(packet_id_ % 65535 + 1);
    } while (std::any_of(flights_.begin(), flights_.end(),
                         [&](const Flight& f) { return f.packet_id == packet_id_; }));
    return packet_id_;
}

inline void Actor::publish(std::mt19937_64& random, bool retain) {
    if (flights_.size() >= 10) return;
    Message message;
    message.publisher = options_.number;
    message.retain = retain;
    message.topic =
        retain ? options_.retained_topic : options_.topics[random() % options_.topics.size()];
    // One QoS for each retained topic: a QoS 1 message that is repeated would else rightly take the
    // place of a newer one of QoS 2, which is not taken a second time.
    message.qos =
        static_cast<Qos>(retain ? 1 + static_cast<unsigned>(options_.number) % 2 : random() % 3);
    message.line = line_number_;
    message.started = ledger_.tick();
    ledger_.messages.push_back(message);
    Flight flight{0, ledger_.messages.size() - 1, false};
    if (message.qos != Qos::AtMostOnce) {
        flight.packet_id = next_id();
        flights_.push_back(flight);
    }
    say_publish(flight, false);
}

inline void Actor::say_publish(const Flight& flight, bool dup) {
    const Message& message = ledger_.messages[flight.message];
    broker::PublishWish wish;
    wish.qos = message.qos;
    wish.retain = message.retain;
    wish.dup = dup;
    wish.packet_id = flight.packet_id;
    // Every eighth is large enough to travel by reference.
    std::string payload = std::to_string(flight.message) + " ";
    if (flight.message % 8 == 0) payload.append(5000, 'x');
    say(broker::publish_frame(options_.version, message.topic, payload, wish));
}

inline void Actor::subscribe(std::mt19937_64& random) {
    Interval interval;
    interval.client = options_.number;
    interval.filter = options_.filters[random() % options_.filters.size()];
    mqtt::ParsedFilter parsed;
    CHECK(mqtt::parse_filter(interval.filter, parsed));
    interval.plain = parsed.filter;
    interval.is_shared = parsed.is_shared;
    interval.qos = static_cast<Qos>(parsed.is_shared ? 2 : random() % 3);
    if (options_.qos) interval.qos = *options_.qos;
    interval.is_durable = options_.is_durable;
    known_.insert(interval.filter);
    interval.is_new = ever_known_.insert(interval.filter).second;
    interval.line = line_number_;
    interval.asked = ledger_.tick();
    for (Interval& old : ledger_.intervals) {
        bool is_same = old.client == interval.client && old.filter == interval.filter;
        if (!is_same) continue;
        if (old.replaced == kNever) old.replaced = interval.asked;
        if (old.given_up == kNever) old.qos = std::min(old.qos, interval.qos);
    }
    ledger_.intervals.push_back(interval);
    pending_.push_back({next_id(), ledger_.intervals.size() - 1, true});
    broker::SubscribeWish wish;
    wish.qos = interval.qos;
    say(broker::subscribe_frame(options_.version, packet_id_, interval.filter, wish));
}

inline void Actor::unsubscribe(std::mt19937_64& random) {
    if (known_.empty()) return;
    auto it = known_.begin();
    std::advance(it, static_cast<long>(random() % known_.size()));
    Moment at = ledger_.tick();
    std::size_t newest = ledger_.intervals.size();
    for (std::size_t i = 0; i < ledger_.intervals.size(); i++) {
        Interval& interval = ledger_.intervals[i];
        if (interval.client != options_.number || interval.filter != *it) continue;
        if (interval.given_up == kNever) interval.given_up = at;
        newest = i;
    }
    if (newest == ledger_.intervals.size()) return;
    pending_.push_back({next_id(), newest, false});
    say(broker::unsubscribe_frame(options_.version, packet_id_, *it));
}

inline void Actor::read(std::size_t most) {
    if (line_ == nullptr) return;
    std::vector<std::uint8_t>& bytes = line_->from_broker;
    for (std::size_t read = 0; read < most; read++) {
        mqtt::FrameHead head;
        if (mqtt::read_frame_head(bytes, head) != mqtt::FrameState::Complete) return;
        if (bytes.size() < head.packet_size()) return;
        std::vector<std::uint8_t> frame(bytes.begin(),
                                        bytes.begin() + static_cast<long>(head.packet_size()));
        bytes.erase(bytes.begin(), bytes.begin() + static_cast<long>(head.packet_size()));
        mqtt::AnyPacket any;
        ByteView body = ByteView(frame).subspan(head.size);
        auto reason = mqtt::decode_any(head.first, body, options_.version, any);
        ASSERT_EQ(reason, mqtt::ReasonCode::Success) << "unsound packet";
        ledger_.tick();
        hear(any);
    }
}

inline void Actor::answer(std::size_t most) {
    for (; most > 0 && is_ready() && !answers_.empty(); most--) {
        const std::vector<std::uint8_t>& frame = answers_.front().bytes;
        if (answers_.front().delivery != kNone)
            ledger_.deliveries[answers_.front().delivery].is_answered = true;
        if (frame[0] == static_cast<std::uint8_t>(PacketType::Puback) << 4)
            held_.erase(static_cast<std::uint16_t>(frame[2] << 8 | frame[3]));
        say(frame);
        answers_.pop_front();
    }
}

inline void Actor::hear(const mqtt::AnyPacket& any) {
    if (const auto* connack = std::get_if<mqtt::Connack>(&any)) return hear_connack(*connack);
    if (const auto* publish = std::get_if<mqtt::Publish>(&any)) return hear_publish(*publish);
    if (const auto* ack = std::get_if<mqtt::TypedAck>(&any)) return hear_ack(*ack);
    if (const auto* suback = std::get_if<mqtt::TypedSuback>(&any)) return hear_suback(*suback);
    // DISCONNECT comes when a newer line took over, and that is then line_.
    FAIL() << "actor " << options_.number << " heard " << mqtt::describe_any(any);
}

// There is no room for its session: it comes back later.
inline void Actor::refuse() {
    EXPECT_GT(ledger_.full_disks, 0);
    lose_line();
}

inline void Actor::hear_connack(const mqtt::Connack& packet) {
    if (packet.reason != mqtt::ReasonCode::Success) return refuse();
    has_connack_ = true;
    bool is_new = !options_.is_durable || is_ending_;
    if (has_session_ || is_new) {
        EXPECT_EQ(packet.session_present, !is_new);
    }
    has_session_ = true;
    is_ending_ = false;
    if (is_new) {
        ledger_.sessions[options_.number] = ++session_;
        known_.clear();
        ever_known_.clear();
        for (Interval& i : ledger_.intervals) {
            if (i.client == options_.number && i.gone == kNever) i.gone = ledger_.now();
        }
    }
    for (Flight& flight : flights_) {
        ledger_.messages[flight.message].is_repeated = true;
        if (flight.is_released)
            say(broker::ack_frame(PacketType::Pubrel, options_.version, flight.packet_id));
        else
            say_publish(flight, true);
    }
}

// Promise 8. A copy that died with the broker is never acknowledged, and its id comes round again
// one day.
inline void Actor::hold(std::uint16_t packet_id, std::size_t message) {
    auto [it, is_new] = held_.try_emplace(packet_id, Held{message, ledger_.crashes});
    if (is_new) return;
    if (ledger_.crashes == it->second.crashes) {
        EXPECT_EQ(it->second.message, message)
            << "packet id " << packet_id << " of client " << options_.number;
    }
    it->second = {message, ledger_.crashes};
}

inline void Actor::hear_publish(const mqtt::Publish& packet) {
    bool is_once = packet.qos == Qos::AtLeastOnce;
    bool is_known = packet.qos == Qos::ExactlyOnce && !received_.insert(packet.packet_id).second;
    if (packet.qos != Qos::AtMostOnce) {
        auto type = is_once ? PacketType::Puback : PacketType::Pubrec;
        answers_.push_back({broker::ack_frame(type, options_.version, packet.packet_id),
                            is_once ? ledger_.deliveries.size() : kNone});
    }
    if (is_known) return;
    std::string payload(as_text(packet.payload));
    std::size_t message = std::stoul(payload);
    ASSERT_LT(message, ledger_.messages.size());
    if (packet.qos == Qos::AtLeastOnce) hold(packet.packet_id, message);
    EXPECT_EQ(ledger_.messages[message].topic, packet.topic);
    EXPECT_EQ(payload.size() > 5000, message % 8 == 0);
    ledger_.deliveries.push_back({options_.number, message, packet.qos, packet.dup, packet.retain,
                                  ledger_.now(), options_.is_durable, session_, line_number_,
                                  !is_once});
}

inline void Actor::hear_ack(const mqtt::TypedAck& packet) {
    std::uint16_t id = packet.ack.packet_id;
    if (packet.type == PacketType::Pubrel) {
        received_.erase(id);
        answers_.push_back({broker::ack_frame(PacketType::Pubcomp, options_.version, id)});
        return;
    }
    auto it = std::find_if(flights_.begin(), flights_.end(),
                           [&](const Flight& f) { return f.packet_id == id; });
    ASSERT_NE(it, flights_.end()) << "an answer to nothing";
    Message& message = ledger_.messages[it->message];
    if (packet.ack.reason == mqtt::ReasonCode::QuotaExceeded) {
        // Nobody may have it, or some; it is not said again.
        EXPECT_GT(ledger_.full_disks, 0);
        message.is_repeated = message.is_refused = true;
        flights_.erase(it);
        return;
    }
    ASSERT_FALSE(mqtt::is_error(packet.ack.reason));
    if (packet.type != PacketType::Pubcomp && message.acknowledged == kNever) {
        message.acknowledged = ledger_.now();
        message.is_unwanted = packet.ack.reason == mqtt::ReasonCode::NoMatchingSubscribers;
    }
    if (packet.type != PacketType::Pubrec) {
        flights_.erase(it);
        return;
    }
    it->is_released = true;
    answers_.push_back({broker::ack_frame(PacketType::Pubrel, options_.version, id)});
}

inline void Actor::hear_suback(const mqtt::TypedSuback& packet) {
    ASSERT_FALSE(pending_.empty());
    Pending pending = pending_.front();
    pending_.erase(pending_.begin());
    ASSERT_EQ(pending.packet_id, packet.suback.packet_id);
    ASSERT_EQ(pending.is_subscribe, packet.type == PacketType::Suback);
    if (pending.is_subscribe) {
        if (packet.suback.codes.empty() || packet.suback.codes.front() >= 0x80) {
            EXPECT_GT(ledger_.full_disks, 0);
            return;
        }
        ledger_.intervals[pending.interval].granted = ledger_.now();
        return;
    }
    const std::string filter = ledger_.intervals[pending.interval].filter;
    for (std::size_t i = 0; i <= pending.interval; i++) {
        Interval& interval = ledger_.intervals[i];
        if (interval.client == options_.number && interval.filter == filter &&
            interval.gone == kNever)
            interval.gone = ledger_.now();
    }
    bool is_asked_again = false;
    for (std::size_t i = pending.interval + 1; i < ledger_.intervals.size(); i++)
        is_asked_again |=
            ledger_.intervals[i].client == options_.number && ledger_.intervals[i].filter == filter;
    if (!is_asked_again) known_.erase(filter);
}

}  // namespace martlet::sim
