#include "server/bridges.h"

#include "base/log.h"

#include <algorithm>
#include <utility>

namespace martlet::server {

Bridges::Bridges(broker::Shard& shard, net::Loop& loop, net::Scratch& scratch, Lingering& lingering,
                 BridgeBoard& board)
    : shard_(shard),
      loop_(loop),
      scratch_(scratch),
      lingering_(lingering),
      board_(board),
      listener_(static_cast<std::uint16_t>(shard.snapshot().listeners.size() - 1)) {}

Bridges::~Bridges() = default;

bool Bridges::is_ours(const BridgePlan& plan) const {
    return shard_.shared().home_of(plan.options.local_clientid) == shard_.index();
}

void Bridges::take(Inbox& orders) {
    for (InboxNode* node = orders.take_all(); node != nullptr;) {
        std::unique_ptr<BridgeOrder> order(
            static_cast<BridgeOrder*>(std::exchange(node, node->next)));
        if (!is_stopped_) handle(*order);
    }
}

void Bridges::handle(BridgeOrder& order) {
    hurry();
    if (order.kind == BridgeOrder::Kind::Plans) return take_plans(order.plans);
    auto is_it = [&](const auto& bridge) { return bridge->name() == order.name; };
    auto it = std::find_if(bridges_.begin(), bridges_.end(), is_it);
    if (it == bridges_.end()) return;
    if (order.kind == BridgeOrder::Kind::Pause) (*it)->pause();
    if (order.kind == BridgeOrder::Kind::Resume) (*it)->resume_running();
    if (order.kind == BridgeOrder::Kind::Reconnect) (*it)->reconnect();
}

// One whose local client id changed is another bridge: its session is another one.
void Bridges::take_plans(const BridgePlans& plans) {
    std::vector<std::unique_ptr<Bridge>> before = std::move(bridges_);
    bridges_.clear();
    for (const auto& plan : plans) {
        if (!is_ours(*plan)) continue;
        auto it = std::find_if(before.begin(), before.end(), [&](const auto& bridge) {
            return bridge && bridge->name() == plan->options.name &&
                   bridge->options().local_clientid == plan->options.local_clientid;
        });
        if (it == before.end()) {
            bridges_.push_back(std::make_unique<Bridge>(*this, plan));
        } else {
            (*it)->replace(plan);
            bridges_.push_back(std::move(*it));
        }
    }
    for (auto& bridge : before) {
        if (!bridge) continue;
        log::notice("Bridge {} is gone from the configuration: its session ends.", bridge->name());
        auto is_same = [&](const auto& plan) { return plan->options.name == bridge->name(); };
        if (std::none_of(plans.begin(), plans.end(), is_same)) board_.remove(bridge->name());
        bridge->stop(true);
        leaving_.push_back(std::move(bridge));
    }
}

void Bridges::run() {
    std::erase_if(leaving_, [](const auto& bridge) { return bridge->is_over(); });
    bool has_work = std::exchange(has_work_, false);
    if (bridges_.empty() && leaving_.empty()) return;
    if (!has_work && next_wake() > now()) return;
    for (auto& bridge : bridges_) bridge->run();
    for (auto& bridge : leaving_) bridge->run();
}

Milliseconds Bridges::next_wake() const {
    if (has_work_) return Milliseconds(0);
    Milliseconds next = Milliseconds::max();
    for (const auto& bridge : bridges_) next = std::min(next, bridge->next_wake());
    return next;
}

void Bridges::stop() {
    is_stopped_ = true;
    for (auto& bridge : bridges_) bridge->stop(false);
}

}  // namespace martlet::server
