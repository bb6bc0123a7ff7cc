#include "broker/session.h"

#include <algorithm>
#include <cstring>

namespace martlet::broker {

std::uint16_t Session::group_number(std::string_view group_and_filter) {
    if (!groups) groups = std::make_unique<std::vector<BodyRef>>();
    auto is_it = [&](const BodyRef& name) { return as_text(name->view()) == group_and_filter; };
    auto it = std::find_if(groups->begin(), groups->end(), is_it);
    auto number = static_cast<std::size_t>(it - groups->begin()) + 1;
    if (it != groups->end()) return static_cast<std::uint16_t>(number);
    if (number > kGroupsMax) return 0;
    Body* name = Body::make(group_and_filter.size());
    std::memcpy(name->data(), group_and_filter.data(), group_and_filter.size());
    groups->push_back(BodyRef::adopt(name));
    return static_cast<std::uint16_t>(number);
}

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
