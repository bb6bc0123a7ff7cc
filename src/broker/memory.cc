// memory_limit, as a shard obeys it. Memory in use is measured after so many bytes that may have
// been stored, so that a burst does not go far past the limit between two measurements. Past the
// limit, the slow readers for whom most bytes wait are disconnected until seven eighths are in use;
// memory that is in use for another reason stays, and requests that would add to it are refused.

#include "broker/memory.h"

#include "base/log.h"
#include "broker/shard.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace martlet::broker {

namespace {

constexpr Milliseconds kLook{1000};
constexpr Milliseconds kLookWhenOver{100};
constexpr std::uint64_t kStepMin = 64 * 1024;
constexpr std::int64_t kLogEveryMs = 10'000;
// Subscription, tree node and index, beside the text (measured).
constexpr std::uint64_t kSubscriptionBytes = 640;

std::string megabytes(std::uint64_t bytes) {
    return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

}  // namespace

void MemoryWatch::set_next(std::uint64_t in_use, std::uint64_t limit, std::uint32_t shards,
                           Milliseconds now) {
    if (limit == 0) {
        credit_ = INT64_MAX;
        next_look_ = Milliseconds::max();
        return;
    }
    std::uint64_t room = limit - std::min(limit, in_use);
    std::uint64_t step = std::max({room / (4 * shards), limit / 64, kStepMin});
    credit_ = static_cast<std::int64_t>(std::min<std::uint64_t>(step, INT64_MAX));
    next_look_ = now + (in_use > limit ? kLookWhenOver : kLook);
}

bool MemoryWatch::is_give_back_due(Milliseconds now, bool is_over) {
    if (now < next_give_back_) return false;
    next_give_back_ = now + (is_over ? kLookWhenOver : kLook);
    return true;
}

void Shard::look_at_memory() {
    MemoryState& memory = shared_.memory;
    std::uint64_t limit = memory.meter == nullptr ? 0 : options().memory_limit;
    std::uint64_t in_use = 0;
    if (limit != 0) {
        bool is_over = memory.level.load(std::memory_order_relaxed) == MemoryLevel::Over;
        bool give_back = memory_.is_give_back_due(now_.steady, is_over);
        in_use = memory.meter->in_use(index_, limit, give_back);
        // A large table that has just grown is free in part: nobody is refused for that.
        if (in_use > limit && !is_over && !give_back)
            in_use = memory.meter->in_use(index_, limit, true);
    }
    memory_.set_next(in_use, limit, shared_.shards, now_.steady);
    MemoryLevel level = in_use > limit             ? MemoryLevel::Over
                        : in_use > low_mark(limit) ? MemoryLevel::Low
                                                   : MemoryLevel::Enough;
    memory.in_use.store(in_use, std::memory_order_relaxed);
    memory.level.store(level, std::memory_order_relaxed);
}

// Called at the beginning of a turn: bytes that are in an outbox now were not taken by their
// socket.
void Shard::mind_memory() {
    look_at_memory();
    MemoryState& memory = shared_.memory;
    bool is_over = memory.level.load(std::memory_order_relaxed) == MemoryLevel::Over;
    if (is_over) {
        memory_.has_refused = true;
        log_memory_over();
        return disconnect_readers();
    }
    memory_.passes = 0;
    if (!memory_.has_refused) return;
    memory_.has_refused = false;
    memory.held_most[index_].store(0, std::memory_order_relaxed);
    if (memory.is_logged.exchange(false, std::memory_order_relaxed))
        log::notice("memory_limit: {} are in use; what was refused is taken again.",
                    megabytes(memory.in_use.load(std::memory_order_relaxed)));
    // A publisher that still asks for too much is paused again.
    release_held();
}

// Bytes that an end of the connection would give back. The queue of a session that lasts is not
// among them.
std::uint64_t Shard::waiting_bytes(const Connection& connection) {
    std::uint64_t bytes = connection.outbox.size() + connection.transport().unread_bytes();
    const Session* session = connection.session();
    if (session != nullptr && !session->is_durable() && session->flow)
        bytes += session->flow->out_bytes;
    return bytes;
}

// A reader that keeps reading is spared: one for whom a 32nd less waits than a pass ago.
std::vector<Shard::SlowReader> Shard::slow_readers() const {
    std::vector<SlowReader> readers;
    for (std::uint32_t i = 0; i < connection_slots_.end(); i++) {
        Connection* connection = connection_slots_.at(i);
        if (connection == nullptr || connection->is_closing()) continue;
        std::uint64_t bytes = waiting_bytes(*connection);
        std::uint64_t before = std::exchange(connection->waited_, bytes);
        if (bytes > 0 && bytes > before - before / 32) readers.push_back({connection, bytes});
    }
    std::sort(readers.begin(), readers.end(),
              [](const SlowReader& a, const SlowReader& b) { return a.bytes > b.bytes; });
    return readers;
}

// The largest of all shards first: each takes those of its own that hold at least half as much as
// the largest anywhere. Messages may be shared, so that one reader's end frees less than waits for
// it: each pass takes twice as many. Where all of them together hold too little to matter, memory
// is in use for something else, and nobody is disconnected.
void Shard::disconnect_readers() {
    std::vector<SlowReader> readers = slow_readers();
    MemoryState& memory = shared_.memory;
    memory.held_most[index_].store(readers.empty() ? 0 : readers.front().bytes,
                                   std::memory_order_relaxed);
    std::uint64_t most = 0, all = 0;
    for (const auto& held : memory.held_most)
        most = std::max(most, held.load(std::memory_order_relaxed));
    for (const SlowReader& reader : readers) all += reader.bytes;
    std::uint64_t limit = options().memory_limit;
    std::uint64_t too_much = memory.in_use.load(std::memory_order_relaxed) - low_mark(limit);
    if (all < too_much / (4 * shared_.shards)) return;
    too_much <<= std::min(memory_.passes++, 20u);
    std::uint64_t freed = 0;
    for (const SlowReader& reader : readers) {
        if (freed >= too_much || reader.bytes < most / 2) return;
        freed += reader.bytes;
        counters_.memory_disconnects.add();
        reader.connection->end_over_memory(fmt::format(
            "quota exceeded, {} wait for it and memory_limit is passed", megabytes(reader.bytes)));
    }
}

// Once in ten seconds, with the client that holds most here beyond what is on its way to a socket.
void Shard::log_memory_over() {
    MemoryState& memory = shared_.memory;
    std::int64_t now = now_.steady.count();
    if (now - memory.logged_ms.load(std::memory_order_relaxed) < kLogEveryMs) return;
    memory.logged_ms.store(now, std::memory_order_relaxed);
    memory.is_logged.store(true, std::memory_order_relaxed);
    auto stored_by = [](const Session& session) {
        return session.subscription_count * kSubscriptionBytes +
               (session.flow ? session.flow->out_bytes : 0);
    };
    const Session* first = nullptr;
    for (const auto& [id, session] : sessions_) {
        if (session->is_tap) continue;
        if (first == nullptr || stored_by(*session) > stored_by(*first)) first = session.get();
    }
    std::uint64_t queued = 0, sessions = 0, subscriptions = 0;
    for (const Counters& counters : shared_.counters) {
        queued += counters.queued_bytes.get();
        sessions += counters.sessions.get();
        subscriptions += counters.subscriptions.get();
    }
    std::string largest;
    if (first != nullptr && stored_by(*first) > options().memory_limit / 64)
        largest = fmt::format("; most is kept for client {}: {} subscriptions, {} queued",
                              first->client_id, first->subscription_count,
                              megabytes(first->flow ? first->flow->out_bytes : 0));
    log::warning(
        "memory_limit: {} are in use, {} is the limit. There are {} queued for {} sessions, {} "
        "retained, {} subscriptions{}. New sessions and messages are refused and the slowest "
        "readers disconnected until there is room.",
        megabytes(memory.in_use.load(std::memory_order_relaxed)), megabytes(options().memory_limit),
        megabytes(queued), sessions, megabytes(shared_.retained.bytes()), subscriptions, largest);
}

void Shard::charge_subscription(std::string_view filter) {
    memory_.charge(kSubscriptionBytes + 2 * filter.size());
}

bool Shard::has_scarce_memory_for(std::string_view topic, bool is_retained) {
    MemoryLevel level = shared_.memory.level.load(std::memory_order_relaxed);
    bool is_taken = level == MemoryLevel::Enough ||
                    (level == MemoryLevel::Low && (!is_retained || shared_.retained.has(topic)));
    memory_.has_refused |= !is_taken;
    return is_taken;
}

// A subscription or retained topic that exists already may be changed.
bool Shard::has_memory_for_filter(const Session& session, const mqtt::ParsedFilter& parsed) {
    if (memory_level() == MemoryLevel::Enough) return true;
    if (parsed.is_shared)
        return session.find_shared(fmt::format("{}/{}", parsed.group, parsed.filter)) != nullptr;
    SubscriberTree::Entry* entry = subscribers_.find(parsed.filter);
    return entry != nullptr && find_subscription(session, *entry) != nullptr;
}

}  // namespace martlet::broker
