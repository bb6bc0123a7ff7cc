#pragma once

// What was published, who asked for what and when, and what came: the simulation's memory, and the
// promises that it holds the broker to. Moments are counted, not measured: `now` grows by one with
// each thing that a client writes or reads.
//
// The promises, for a run without queue limits:
// 1. Acknowledged means visible everywhere: a message whose PUBLISH is written after a SUBACK was
//    read, and acknowledged before the UNSUBSCRIBE is written, reaches that subscriber, whatever
//    the shards of the two. With QoS 1 or 2 and a durable session always; else while its line
//    lasts.
// 2. Nothing that is published after UNSUBACK was read is delivered by that subscription.
// 3. QoS 2 from end to end comes once; QoS 1 comes again only marked as DUP or when its publisher
//    repeated it; QoS 0 comes at most once.
// 4. Messages of one publisher, topic and QoS come first in the order of publishing, unless their
//    publisher repeated them. And whoever publishes after somebody else's acknowledgement was read,
//    through whatever shard, publishes behind it: at each subscriber the two come in that order.
// 5. Of one share group exactly one member gets a QoS 2 message, and at least one a QoS 1 message.
// One
//    of QoS 1 whose receiver's session ends before it has answered is given to another member.
// 6. A new subscription is given the state of each retained topic once, as a retained or as a live
//    message, and never an older one after a newer one.
//    And what a client hears of a retained topic on one line never goes back, however it repeats
//    its SUBSCRIBE or asks by several filters that match.
// 7. 0x10 (no matching subscribers) is not said of a message that promise 1 protects.
// 8. A packet id of QoS 1 that a durable session has not acknowledged is that of one message, over
//    connections (checked where it comes: sim/actor.h).

#include "mqtt/packets.h"
#include "mqtt/topic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace martlet::sim {

using mqtt::Qos;
using Moment = std::uint64_t;
inline constexpr Moment kNever = UINT64_MAX;

struct Message {
    int publisher = 0;
    std::string topic;
    Qos qos = Qos::AtMostOnce;
    bool retain = false;
    Moment started = 0;
    Moment acknowledged = kNever;  // PUBACK or PUBREC read
    std::uint64_t line = 0;        // that it was written to first
    bool is_repeated = false;
    bool is_refused = false;   // answered with 0x97
    bool is_unwanted = false;  // answered with 0x10
};

// One SUBSCRIBE and what became of it. Which parts of its life are certain is told by four moments.
struct Interval {
    int client = 0;
    std::string filter;         // as it stands in SUBSCRIBE
    std::string plain;          // without "$share/..."
    Qos qos = Qos::AtMostOnce;  // the least, when SUBSCRIBE was repeated
    bool is_durable = false;
    bool is_shared = false;
    bool is_new = false;       // for certain the first of its filter in the session
    std::uint64_t line = 0;    // on which it was asked for
    Moment asked = 0;          // SUBSCRIBE written
    Moment granted = kNever;   // SUBACK read
    Moment given_up = kNever;  // UNSUBSCRIBE written, or a session that ends lost its line
    Moment gone = kNever;      // UNSUBACK read, or the CONNACK of a new session
    Moment replaced = kNever;  // the next SUBSCRIBE for the same filter was written
};

struct Delivery {
    int client = 0;
    std::size_t message = 0;
    Qos qos = Qos::AtMostOnce;
    bool dup = false;
    bool retain = false;
    Moment at = 0;
    bool is_durable = false;  // the session that got it
    int session = 0;          // number of that session of the client
    std::uint64_t line = 0;
    bool is_answered = false;  // QoS 1: PUBACK was written
};

class Ledger {
  public:
    Moment tick() { return ++now_; }
    Moment now() const { return now_; }

    std::vector<Message> messages;
    std::vector<Interval> intervals;
    std::vector<Delivery> deliveries;
    // How often the broker died and came back. What was in flight with QoS 1 then comes again, and
    // is not marked when its publisher repeats it.
    int crashes = 0;
    // How often the disk was full.
    int full_disks = 0;
    // For each client the number of its newest session, and the filters of groups with a member
    // whose session ended.
    std::map<int, int> sessions;
    std::set<std::string> left_groups;
    // Clients with several filters that match one topic.
    std::set<int> watchers;

    // `lines` says for each client the number of the line that is open now.
    void check(const std::vector<std::uint64_t>& lines, bool is_short_of_credit) const;

    std::string tell(std::size_t message) const;
    // The disk was full: it may have been refused by an answer that was lost with its line, while a
    // later one of its publisher found room.
    bool may_be_late(const Message& m) const { return full_disks > 0 && m.is_repeated; }

  private:
    std::string tell(const Interval& interval) const;
    // A member of a group that others have left: what they give back may come late, or again.
    bool is_heir(int client) const {
        return std::any_of(intervals.begin(), intervals.end(), [&](const Interval& i) {
            return i.client == client && left_groups.contains(i.filter);
        });
    }
    using PerClient = std::map<std::pair<int, std::size_t>, std::vector<const Delivery*>>;

    bool is_protected(const Interval& i, const Message& m, const std::vector<std::uint64_t>& lines,
                      bool is_short_of_credit) const;
    void check_arrival(const PerClient& got, const std::vector<std::uint64_t>& lines,
                       bool is_short_of_credit) const;
    void check_permission() const;
    void check_copies(const PerClient& got) const;
    void check_order() const;
    void check_causes() const;
    void check_groups(const std::vector<std::uint64_t>& lines) const;
    void check_retained(const std::vector<std::uint64_t>& lines) const;
    void check_watchers() const;

    Moment now_ = 0;
};

inline std::string Ledger::tell(std::size_t message) const {
    const Message& m = messages[message];
    return "message " + std::to_string(message) + " of publisher " + std::to_string(m.publisher) +
           " to " + m.topic + " q" + std::to_string(static_cast<int>(m.qos)) +
           (m.retain ? " retained" : "") + " started " + std::to_string(m.started) +
           " acknowledged " + (m.acknowledged == kNever ? "-" : std::to_string(m.acknowledged)) +
           (m.is_repeated ? " repeated" : "");
}

inline std::string Ledger::tell(const Interval& i) const {
    auto moment = [](Moment at) { return at == kNever ? std::string("-") : std::to_string(at); };
    return "client " + std::to_string(i.client) + (i.is_durable ? " (durable) " : " ") + i.filter +
           " q" + std::to_string(static_cast<int>(i.qos)) + " asked " + moment(i.asked) +
           " granted " + moment(i.granted) + " repeated " + moment(i.replaced) + " given up " +
           moment(i.given_up) + " gone " + moment(i.gone);
}

inline void Ledger::check(const std::vector<std::uint64_t>& lines, bool is_short_of_credit) const {
    PerClient got;
    for (const Delivery& d : deliveries) got[{d.client, d.message}].push_back(&d);
    check_arrival(got, lines, is_short_of_credit);
    check_permission();
    check_copies(got);
    check_order();
    check_causes();
    check_groups(lines);
    check_retained(lines);
    check_watchers();
}

// Promise 1: whether this subscription must have brought this message by now.
inline bool Ledger::is_protected(const Interval& i, const Message& m,
                                 const std::vector<std::uint64_t>& lines,
                                 bool is_short_of_credit) const {
    if (!mqtt::matches(i.plain, m.topic)) return false;
    Moment end = i.given_up;
    if (i.granted > m.started || end <= m.started) return false;
    Qos qos = std::min(i.qos, m.qos);
    bool is_same_line = lines[static_cast<std::size_t>(i.client)] == i.line && i.gone == kNever;
    if (m.qos == Qos::AtMostOnce) {
        bool is_read = lines[static_cast<std::size_t>(m.publisher)] == m.line;
        return is_read && is_same_line && end == kNever && !is_short_of_credit;
    }
    if (m.acknowledged >= end) return false;
    if (qos == Qos::AtMostOnce) return is_same_line && end == kNever && !is_short_of_credit;
    return i.is_durable || (is_same_line && end == kNever);
}

inline void Ledger::check_arrival(const PerClient& got, const std::vector<std::uint64_t>& lines,
                                  bool is_short_of_credit) const {
    for (const Interval& i : intervals) {
        if (i.is_shared) continue;
        for (std::size_t m = 0; m < messages.size(); m++) {
            if (!is_protected(i, messages[m], lines, is_short_of_credit)) continue;
            EXPECT_TRUE(got.contains({i.client, m}))
                << "never came: " << tell(m) << " to " << tell(i);
            EXPECT_FALSE(messages[m].is_unwanted)
                << "0x10 for " << tell(m) << " in spite of " << tell(i);
        }
    }
}

// Promise 2.
inline void Ledger::check_permission() const {
    for (const Delivery& d : deliveries) {
        const Message& m = messages[d.message];
        bool is_allowed = false;
        for (const Interval& i : intervals) {
            if (i.client != d.client || !mqtt::matches(i.plain, m.topic)) continue;
            // A retained copy may have waited in the session since before UNSUBSCRIBE.
            is_allowed |= i.asked < d.at && (d.retain || i.gone > m.started);
        }
        EXPECT_TRUE(is_allowed) << "came unasked at " << d.at << " to client " << d.client << ": "
                                << tell(d.message);
    }
}

// Promise 3.
inline void Ledger::check_copies(const PerClient& got) const {
    for (const auto& [key, copies] : got) {
        if (watchers.contains(key.first)) continue;
        const Message& m = messages[key.second];
        int fresh = 0;
        Qos qos = Qos::AtMostOnce;
        for (const Delivery* d : copies) {
            if (d->retain) continue;
            qos = std::max(qos, d->qos);
            // What left with less than QoS 2 before the broker died comes again when its publisher
            // repeats it; and a session that ends with its line does not know what it got before.
            bool may_come_again = crashes > 0 && (d->qos == Qos::AtLeastOnce || m.is_repeated);
            bool is_exact = d->qos == Qos::ExactlyOnce && d->is_durable;
            if (may_come_again && !is_exact) continue;
            bool is_over = d->session != sessions.at(d->client);
            if (d->qos == Qos::AtLeastOnce && is_over && is_heir(d->client)) continue;
            fresh += d->qos == Qos::ExactlyOnce || !d->dup;
        }
        if (m.is_repeated && m.qos == Qos::AtLeastOnce) continue;
        std::string moments;
        for (const Delivery* d : copies) moments += " " + std::to_string(d->at);
        EXPECT_LE(fresh, 1) << "came " << fresh << " times to client " << key.first << " with q"
                            << static_cast<int>(qos) << " at" << moments << ": "
                            << tell(key.second);
    }
}

// Promise 4.
inline void Ledger::check_order() const {
    using Stream = std::tuple<int, int, std::string, Qos, Qos>;
    std::map<Stream, std::size_t> last;
    std::map<std::pair<int, std::size_t>, bool> seen;
    for (const Delivery& d : deliveries) {
        if (d.retain) continue;
        if (std::exchange(seen[{d.client, d.message}], true)) continue;
        const Message& m = messages[d.message];
        // A repetition may be the first that a later subscriber sees of it.
        if (m.is_repeated && m.qos == Qos::AtLeastOnce) continue;
        bool is_exact = d.qos == Qos::ExactlyOnce && d.is_durable;
        if (m.is_repeated && crashes > 0 && !is_exact) continue;
        if (may_be_late(m) || is_heir(d.client)) continue;
        auto [it, is_first] =
            last.try_emplace({d.client, m.publisher, m.topic, m.qos, d.qos}, d.message);
        if (is_first) continue;
        EXPECT_LT(it->second, d.message) << "out of order at client " << d.client << ": "
                                         << tell(d.message) << " after " << tell(it->second);
        it->second = d.message;
    }
}

// Promise 4, second half.
inline void Ledger::check_causes() const {
    using Stream = std::tuple<int, std::string, Qos>;
    std::map<Stream, std::size_t> latest;  // of those that came, the one that was started last
    std::map<std::pair<int, std::size_t>, bool> seen;
    for (const Delivery& d : deliveries) {
        const Message& m = messages[d.message];
        if (d.retain || d.qos == Qos::AtMostOnce || m.is_repeated || is_heir(d.client)) continue;
        if (std::exchange(seen[{d.client, d.message}], true)) continue;
        auto [it, is_first] = latest.try_emplace({d.client, m.topic, d.qos}, d.message);
        if (is_first) continue;
        EXPECT_GE(m.acknowledged, messages[it->second].started)
            << "came at client " << d.client
            << " behind what was published after it: " << tell(d.message) << " after "
            << tell(it->second);
        if (m.started > messages[it->second].started) it->second = d.message;
    }
}

// Promise 5. A group's members are durable and have no other subscription.
inline void Ledger::check_groups(const std::vector<std::uint64_t>& lines) const {
    std::map<std::string, std::vector<const Interval*>> groups;
    for (const Interval& i : intervals) {
        if (i.is_shared) groups[i.filter].push_back(&i);
    }
    for (const auto& [filter, members] : groups) {
        for (std::size_t m = 0; m < messages.size(); m++) {
            const Message& message = messages[m];
            if (message.qos == Qos::AtMostOnce) continue;
            bool is_due = false, is_ours = false;
            // Where members leave for good, one that stays must be there; and QoS 2 that was sent
            // to one that leaves goes to nobody else.
            bool may_leave = left_groups.contains(filter);
            bool is_exact = message.qos == Qos::ExactlyOnce;
            for (const Interval* i : members) {
                is_ours |= mqtt::matches(i->plain, message.topic);
                if (may_leave && (is_exact || i->given_up != kNever)) continue;
                is_due |= is_protected(*i, message, lines, false);
            }
            if (!is_ours) continue;
            std::size_t came = 0, copies = 0;
            for (const Delivery& d : deliveries) {
                auto is_his = [&](const Interval* i) { return i->client == d.client; };
                if (d.message != m || std::none_of(members.begin(), members.end(), is_his))
                    continue;
                bool is_over = d.session != sessions.at(d.client);
                came += d.is_answered;
                bool may_repeat = d.dup || is_over || crashes > 0;
                copies += d.qos == Qos::ExactlyOnce || !may_repeat;
            }
            if (is_due) {
                EXPECT_GE(came, 1u) << filter << " never got " << tell(m);
            }
            bool may_come_again = message.qos == Qos::AtLeastOnce && message.is_repeated;
            if (!may_come_again) {
                EXPECT_LE(copies, 1u) << filter << " got more than once " << tell(m);
            }
        }
    }
}

// Promise 6. A retained topic has one publisher.
inline void Ledger::check_retained(const std::vector<std::uint64_t>& lines) const {
    std::map<std::string, std::size_t> newest;
    for (std::size_t m = 0; m < messages.size(); m++) {
        if (messages[m].retain) newest[messages[m].topic] = m;
    }
    for (const Interval& i : intervals) {
        bool is_whole = i.is_new && i.granted != kNever && i.given_up == kNever &&
                        i.replaced == kNever && lines[static_cast<std::size_t>(i.client)] == i.line;
        if (!is_whole || i.is_shared || watchers.contains(i.client)) continue;
        for (const auto& [topic, message] : newest) {
            if (!mqtt::matches(i.plain, topic)) continue;
            const Delivery* last = nullptr;
            for (const Delivery& d : deliveries) {
                if (d.client != i.client || d.at < i.asked || messages[d.message].topic != topic)
                    continue;
                if (d.dup || messages[d.message].is_repeated) continue;
                if (last != nullptr) {
                    EXPECT_LT(last->message, d.message)
                        << "older or doubled state at " << tell(i) << ": " << tell(d.message)
                        << (d.retain ? " (as retained)" : "") << " after " << tell(last->message)
                        << (last->retain ? " (as retained)" : "");
                }
                last = &d;
            }
            if (messages[message].is_repeated) continue;
            ASSERT_NE(last, nullptr) << tell(i) << " never learned of " << tell(message);
            EXPECT_EQ(last->message, message) << "out of date: " << tell(i);
        }
    }
}

// Promise 6, second half. A watcher asks with one QoS, and a retained topic is written with one:
// else a newer message could overtake an older one by right.
inline void Ledger::check_watchers() const {
    std::map<std::tuple<int, std::uint64_t, std::string>, const Delivery*> last;
    for (const Delivery& d : deliveries) {
        const Message& m = messages[d.message];
        if (!watchers.contains(d.client) || d.dup || m.is_repeated) continue;
        const Delivery*& before = last[{d.client, d.line, m.topic}];
        if (before != nullptr) {
            EXPECT_LE(before->message, d.message)
                << "went back at client " << d.client << " at " << d.at << ": " << tell(d.message)
                << (d.retain ? " (as retained)" : "") << " after " << tell(before->message)
                << (before->retain ? " (as retained)" : "");
        }
        before = &d;
    }
}

}  // namespace martlet::sim
