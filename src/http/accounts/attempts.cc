#include "http/accounts/attempts.h"

#include <algorithm>

namespace martlet::http {

namespace {

// The part before the colon has no space, the account's name neither.
std::string both(std::string_view address, std::string_view account) {
    return "both " + std::string(address) + " " + std::string(account);
}

std::string from(std::string_view address) {
    return "address " + std::string(address);
}

std::string of(std::string_view account) {
    return "account " + std::string(account);
}

}  // namespace

Milliseconds Attempts::wait_of(const std::string& key, std::uint32_t limit,
                               Milliseconds now) const {
    auto found = counts_.find(key);
    if (found == counts_.end() || found->second.failures < limit) return Milliseconds(0);
    return std::max(found->second.began + kWindow - now, Milliseconds(0));
}

Milliseconds Attempts::wait(std::string_view address, std::string_view account,
                            Milliseconds now) const {
    std::lock_guard lock(mutex_);
    return std::max({wait_of(both(address, account), kFailuresOfAccountAtAddress, now),
                     wait_of(from(address), kFailuresOfAddress, now),
                     wait_of(of(account), kFailuresOfAccount, now)});
}

void Attempts::failed(std::string_view address, std::string_view account, Milliseconds now) {
    std::lock_guard lock(mutex_);
    count(both(address, account), now);
    count(from(address), now);
    count(of(account), now);
}

void Attempts::count(const std::string& key, Milliseconds now) {
    auto found = counts_.find(key);
    if (found != counts_.end() && found->second.began + kWindow <= now) {
        counts_.erase(found);
        found = counts_.end();
    }
    if (found == counts_.end() && counts_.size() >= kMax) {
        counts_.erase(std::min_element(
            counts_.begin(), counts_.end(),
            [](const auto& a, const auto& b) { return a.second.began < b.second.began; }));
    }
    if (found == counts_.end()) found = counts_.emplace(key, Count{0, now}).first;
    found->second.failures++;
}

void Attempts::succeeded(std::string_view address, std::string_view account) {
    std::lock_guard lock(mutex_);
    counts_.erase(both(address, account));
}

std::size_t Attempts::size() const {
    std::lock_guard lock(mutex_);
    return counts_.size();
}

}  // namespace martlet::http
