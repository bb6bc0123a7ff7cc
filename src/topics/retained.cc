#include "topics/retained.h"

#include "base/hash_map.h"
#include "mqtt/topic.h"

#include <mutex>

namespace martlet::topics {

namespace {

constexpr std::size_t kLookedAtMax = 4096;

// The text up to the first level with a wildcard: every topic that matches begins with it, or is it
// without its last slash.
std::string_view literal_prefix(std::string_view filter) {
    std::size_t wild = filter.find_first_of("+#");
    return filter.substr(0, wild);
}

// Where the walk may go on when `topic` does not match: the next topic that could. Topics stand in
// byte order and '0' follows '/', so PREFIX + '0' lies behind everything below PREFIX.
std::string skip_target(std::string_view filter, std::string_view topic) {
    // Topics that begin with '$' stand together, and no wildcard in the first level matches them.
    if (topic.front() == '$' && (filter.front() == '+' || filter.front() == '#')) return "%";
    std::string prefix;  // the levels that agree, each with its slash
    std::string_view f, t;
    mqtt::TopicLevels filter_levels(filter), topic_levels(topic);
    while (true) {
        bool has_filter = filter_levels.next(f);
        bool has_topic = topic_levels.next(t);
        if (!has_topic) return {};  // the topic is shorter: what could match comes right behind it
        if (!has_filter) break;     // the topic is deeper than the filter
        if (f != "+" && f != t) {
            std::string wanted = prefix;
            wanted += f;
            if (wanted > topic) return wanted;
            // "a/b!" stands between "a/b" and "a/b/c".
            wanted += '/';
            if (wanted > topic) return wanted;
            break;
        }
        prefix += t;
        prefix += '/';
    }
    if (prefix.empty()) return "\xFF";  // nothing behind can match
    prefix.back() = '0';
    return prefix;
}

}  // namespace

std::uint32_t Retained::stripe_of(std::string_view topic) {
    return static_cast<std::uint32_t>(hash_text(topic.substr(0, topic.find('/'))) % kStripes);
}

bool Retained::has(std::string_view topic) const {
    const Stripe& stripe = stripes_[stripe_of(topic)];
    std::shared_lock lock(stripe.mutex);
    return stripe.messages.find(topic) != stripe.messages.end();
}

Retained::Position Retained::behind(std::string_view topic) {
    return {stripe_of(topic), std::string(topic), true};
}

std::uint64_t Retained::set(std::string_view topic, BodyRef body,
                            std::shared_ptr<const RetainedOrigin> origin, std::uint64_t record,
                            std::uint64_t* replaced) {
    if (replaced != nullptr) *replaced = 0;
    Stripe& stripe = stripes_[stripe_of(topic)];
    RetainedMessage old;  // freed after the lock
    std::unique_lock lock(stripe.mutex);
    std::uint64_t number = number_.fetch_add(1, std::memory_order_seq_cst) + 1;
    auto it = stripe.messages.find(topic);
    if (!body) {
        if (it == stripe.messages.end()) return number;
        old = std::move(it->second);
        if (replaced != nullptr) *replaced = old.record;
        bytes_.fetch_sub(old.body->size(), std::memory_order_relaxed);
        stripe.messages.erase(it);
        count_.fetch_sub(1, std::memory_order_relaxed);
        return number;
    }
    bytes_.fetch_add(body->size(), std::memory_order_relaxed);
    if (it == stripe.messages.end()) {
        count_.fetch_add(1, std::memory_order_seq_cst);
        stripe.messages.emplace(std::string(topic), RetainedMessage{std::move(body), number,
                                                                    std::move(origin), record});
        return number;
    }
    old = std::exchange(it->second,
                        RetainedMessage{std::move(body), number, std::move(origin), record});
    if (replaced != nullptr) *replaced = old.record;
    bytes_.fetch_sub(old.body->size(), std::memory_order_relaxed);
    return number;
}

std::uint64_t Retained::remove(std::string_view topic, std::uint64_t number) {
    Stripe& stripe = stripes_[stripe_of(topic)];
    RetainedMessage old;
    std::unique_lock lock(stripe.mutex);
    auto it = stripe.messages.find(topic);
    if (it == stripe.messages.end() || it->second.number != number) return 0;
    old = std::move(it->second);
    bytes_.fetch_sub(old.body->size(), std::memory_order_relaxed);
    stripe.messages.erase(it);
    count_.fetch_sub(1, std::memory_order_relaxed);
    return old.record;
}

std::uint64_t Retained::restore(std::string_view topic, RetainedMessage message) {
    Stripe& stripe = stripes_[stripe_of(topic)];
    std::unique_lock lock(stripe.mutex);
    number_ = std::max(number_.load(), message.number);
    auto [it, is_new] = stripe.messages.try_emplace(std::string(topic));
    if (is_new)
        count_++;
    else if (it->second.number > message.number)
        return message.record;
    else
        bytes_ -= it->second.body->size();
    bytes_ += message.body->size();
    return std::exchange(it->second, std::move(message)).record;
}

bool Retained::next(std::string_view filter, Position& position, std::size_t most,
                    std::vector<RetainedMessage>& found) const {
    std::size_t budget = kLookedAtMax;
    most += found.size();  // what the caller left in it does not count
    std::string_view first = filter.substr(0, filter.find('/'));
    if (first != "+" && first != "#") {
        if (!position.has_begun) position.stripe = stripe_of(filter);
        return walk(stripes_[position.stripe], filter, position, most, budget, found);
    }
    while (position.stripe < kStripes) {
        if (walk(stripes_[position.stripe], filter, position, most, budget, found)) return true;
        position.stripe++;
        position.has_begun = false;
        position.after.clear();
        if (found.size() >= most && position.stripe < kStripes) return true;
    }
    return false;
}

// True: stopped before the end of this stripe.
bool Retained::walk(const Stripe& stripe, std::string_view filter, Position& position,
                    std::size_t most, std::size_t& budget,
                    std::vector<RetainedMessage>& found) const {
    std::string_view prefix = literal_prefix(filter);
    // "a/#" matches "a" as well.
    if (filter.size() >= 2 && filter.ends_with("/#") && prefix.size() + 1 == filter.size())
        prefix.remove_suffix(1);
    std::shared_lock lock(stripe.mutex);
    auto it = position.has_begun ? stripe.messages.upper_bound(position.after)
                                 : stripe.messages.lower_bound(prefix);
    position.has_begun = true;
    const std::string* last = nullptr;
    while (it != stripe.messages.end() && std::string_view(it->first).starts_with(prefix)) {
        if (found.size() >= most || budget == 0) {
            if (last != nullptr) position.after = *last;
            return true;
        }
        budget--;
        last = &it->first;
        if (mqtt::matches(filter, it->first)) {
            found.push_back(it->second);
            ++it;
            continue;
        }
        std::string target = skip_target(filter, it->first);
        if (target.empty() || target <= it->first)
            ++it;
        else
            it = stripe.messages.lower_bound(target);
    }
    return false;
}

}  // namespace martlet::topics
