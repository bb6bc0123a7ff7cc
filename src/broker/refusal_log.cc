#include "broker/refusal_log.h"

#include <algorithm>
#include <utility>

namespace martlet::broker {

namespace {

// Cut between two characters of UTF-8.
void shorten(std::string& name) {
    if (name.size() <= RefusalLog::kNameMax) return;
    std::size_t end = RefusalLog::kNameMax;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) end--;
    name.resize(end);
}

}  // namespace

void RefusalLog::note(RefusedRequest refused) {
    shorten(refused.client_id);
    shorten(refused.user_name);
    std::lock_guard lock(mutex_);
    if (refused_.size() >= kMax) refused_.pop_front();
    refused_.push_back(std::move(refused));
}

std::vector<RefusedRequest> RefusalLog::newest(std::size_t limit) const {
    std::lock_guard lock(mutex_);
    std::size_t count = std::min(limit, refused_.size());
    return {refused_.rbegin(), refused_.rbegin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace martlet::broker
