#include "http/accounts/log_ins.h"

#include "auth/secret.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace martlet::http {

std::string LogIns::begin(std::string_view account, Milliseconds wall) {
    std::string id = auth::make_secret();
    LogIn log_in{std::string(account), auth::make_secret(), wall + kLifetime};
    if (id.empty() || log_in.csrf_token.empty()) return {};
    std::string fingerprint = auth::fingerprint_of(id);
    std::lock_guard lock(mutex_);
    make_room(account, wall);
    by_fingerprint_.insert_or_assign(std::move(fingerprint), std::move(log_in));
    return id;
}

void LogIns::make_room(std::string_view account, Milliseconds wall) {
    erase_if(by_fingerprint_, [&](const auto& entry) { return entry.second.ends <= wall; });
    auto own = std::count_if(by_fingerprint_.begin(), by_fingerprint_.end(),
                             [&](const auto& entry) { return entry.second.account == account; });
    if (static_cast<std::size_t>(own) >= kMaxOfAccount) return end_oldest(account);
    if (by_fingerprint_.size() >= kMax) end_oldest("");
}

void LogIns::end_oldest(std::string_view account) {
    auto oldest = by_fingerprint_.end();
    for (auto it = by_fingerprint_.begin(); it != by_fingerprint_.end(); ++it) {
        if (!account.empty() && it->second.account != account) continue;
        if (oldest == by_fingerprint_.end() || it->second.ends < oldest->second.ends) oldest = it;
    }
    if (oldest != by_fingerprint_.end()) by_fingerprint_.erase(oldest);
}

std::optional<LogIn> LogIns::find(std::string_view id, Milliseconds wall) const {
    std::string fingerprint = auth::fingerprint_of(id);
    std::lock_guard lock(mutex_);
    auto found = by_fingerprint_.find(fingerprint);
    if (found == by_fingerprint_.end() || found->second.ends <= wall) return std::nullopt;
    return found->second;
}

void LogIns::end(std::string_view id) {
    std::string fingerprint = auth::fingerprint_of(id);
    std::lock_guard lock(mutex_);
    by_fingerprint_.erase(fingerprint);
}

void LogIns::end_all(std::string_view account, std::string_view kept) {
    std::string fingerprint = auth::fingerprint_of(kept);
    std::lock_guard lock(mutex_);
    erase_if(by_fingerprint_, [&](const auto& entry) {
        return entry.second.account == account && entry.first != fingerprint;
    });
}

}  // namespace martlet::http
