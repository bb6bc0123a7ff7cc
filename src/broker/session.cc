#include "broker/session.h"

namespace martlet::broker {

void Session::link(Subscription* subscription) {
    subscription->session = this;
    subscription->next = subscriptions;
    if (subscriptions != nullptr) subscriptions->previous = subscription;
    subscriptions = subscription;
    subscription_count++;
}

void Session::unlink(Subscription* subscription) {
    if (subscription->next != nullptr) subscription->next->previous = subscription->previous;
    if (subscription->previous != nullptr)
        subscription->previous->next = subscription->next;
    else
        subscriptions = subscription->next;
    subscription_count--;
}

Subscription* Session::find_shared(std::string_view group_and_filter) const {
    for (Subscription* s = subscriptions; s != nullptr; s = s->next) {
        if (s->is_shared && s->share_key() == group_and_filter) return s;
    }
    return nullptr;
}

}  // namespace martlet::broker
