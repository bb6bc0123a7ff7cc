#include "broker/subscription.h"

#include <algorithm>

namespace martlet::broker {

void SubscriberList::push(Subscription* subscription) {
    if (size_ == capacity_) {
        auto** wider = new Subscription*[capacity_ * 2];
        std::copy(begin(), end(), wider);
        if (capacity_ > 1) delete[] many_;
        many_ = wider;
        capacity_ *= 2;
    }
    (capacity_ > 1 ? many_[size_] : one_) = subscription;
    size_++;
}

Subscription* SubscriberList::remove(std::uint32_t index) {
    Subscription** list = capacity_ > 1 ? many_ : &one_;
    Subscription* last = list[--size_];
    list[index] = last;
    return index == size_ ? nullptr : last;
}

void destroy(Subscription* subscription) {
    if (subscription->is_shared)
        delete static_cast<SharedSubscription*>(subscription);
    else
        delete subscription;
}

}  // namespace martlet::broker
