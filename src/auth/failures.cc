#include "auth/failures.h"

#include <algorithm>

namespace martlet::auth {

namespace {

// A network has few bytes, so that no key of one kind is one of the other.
std::string key_of(std::string_view network, std::string_view user) {
    std::string key = std::to_string(network.size()) + ":";
    key += network;
    key += user;
    return key;
}

std::string key_of(std::string_view network) {
    return std::string("n") + std::string(network);
}

}  // namespace

Milliseconds Failures::pause(std::string_view network, std::string_view user,
                             Milliseconds now) const {
    std::lock_guard lock(mutex_);
    return std::max(left(key_of(network, user), now), left(key_of(network), now));
}

Milliseconds Failures::left(const std::string& key, Milliseconds now) const {
    const Count* count = counts_.find(key);
    return count == nullptr ? Milliseconds(0) : std::max(count->until - now, Milliseconds(0));
}

Milliseconds Failures::failed(std::string_view network, std::string_view user, std::uint32_t after,
                              Milliseconds now) {
    std::lock_guard lock(mutex_);
    return std::max(count(key_of(network, user), after, now),
                    count(key_of(network), after * kUsersOfNetwork, now));
}

Milliseconds Failures::count(const std::string& key, std::uint32_t after, Milliseconds now) {
    Count& count = counts_.use(key);
    if (now - count.last > kForgotten) count.failures = 0;
    count.last = now;
    if (++count.failures <= after) return Milliseconds(0);
    std::uint32_t doublings = std::min(count.failures - after - 1, 20u);
    Milliseconds pause = std::min(kShortest * (std::int64_t{1} << doublings), kLongest);
    count.until = now + pause;
    return pause;
}

void Failures::succeeded(std::string_view network, std::string_view user) {
    std::lock_guard lock(mutex_);
    counts_.erase(key_of(network, user));
}

std::size_t Failures::size() const {
    std::lock_guard lock(mutex_);
    return counts_.size();
}

}  // namespace martlet::auth
