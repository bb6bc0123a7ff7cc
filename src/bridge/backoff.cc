#include "bridge/backoff.h"

#include <algorithm>

namespace martlet::bridge {

Milliseconds Backoff::next() {
    Milliseconds base = std::chrono::seconds(restart_.base_s);
    Milliseconds cap = std::chrono::seconds(restart_.cap_s);
    if (cap.count() == 0) return base;  // one number: a constant
    std::int64_t highest = std::max(base.count(), last_.count() * 3);
    std::uniform_int_distribution<std::int64_t> between(base.count(), highest);
    last_ = std::min(Milliseconds(between(random_)), std::max(cap, base));
    return last_;
}

void Backoff::note_connection(Milliseconds lasted) {
    if (lasted >= std::chrono::seconds(restart_.stable_s)) last_ = Milliseconds(0);
}

}  // namespace martlet::bridge
