#include "server/bridge.h"

#include "base/log.h"
#include "broker/bridge_side.h"
#include "server/bridges.h"

#include <algorithm>
#include <random>
#include <utility>

namespace martlet::server {

using bridge::Relay;

namespace {

constexpr Milliseconds kLazyLook{250};

}  // namespace

Bridge::Bridge(Bridges& bridges, std::shared_ptr<const BridgePlan> plan)
    : bridges_(bridges),
      map_(plan->options.topics),
      backoff_(plan->options.restart, std::random_device{}()) {
    row_.name = plan->options.name;
    take_plan(std::move(plan));
}

Bridge::~Bridge() {
    close_socket(false);
}

void Bridge::take_plan(std::shared_ptr<const BridgePlan> plan) {
    bridge::RelayCounts counts = relay_ ? relay_->counts() : bridge::RelayCounts();
    relay_.reset();
    plan_ = std::move(plan);
    tls_ = plan_->tls;
    map_ = bridge::TopicMap(options().topics);
    backoff_ = bridge::Backoff(options().restart, std::random_device{}());
    relay_ = std::make_unique<Relay>(options(), map_, *this, window());
    relay_->count_from(counts);
    has_bit_ = options().try_private && options().protocol_version != mqtt::Version::V5;
    is_bit_known_ = false;
    address_at_ = 0;
    has_begun_ = false;
    row_.local_clientid = options().local_clientid;
    row_.remote_clientid = options().remote_clientid;
}

std::uint16_t Bridge::window() const {
    std::uint32_t window = options().receive_maximum;
    if (window == 0) window = bridges_.shard().options().max_inflight_messages;
    return window == 0 ? std::uint16_t{UINT16_MAX}
                       : static_cast<std::uint16_t>(std::min<std::uint32_t>(window, UINT16_MAX));
}

const bridge::Address& Bridge::address() const {
    return options().addresses[address_at_];
}

std::string Bridge::address_text() const {
    return fmt::format("{}:{}", address().host, address().port);
}

void Bridge::run() {
    if (std::exchange(wants_resume_, false)) {
        relay_->give_rest();
        if (stream_) stream_->resume(*this);
        exchange();
    }
    settle();
    bool is_resting = step_ == Step::Resting && !connection_ && !is_stopped_;
    if (is_resting && next_plan_) take_plan(std::exchange(next_plan_, nullptr));
    if (is_resting && !has_begun_) begin();
    take_step();
    if (step_ == Step::Talking) {
        relay_->on_time(bridges_.now(), !is_held());
        exchange();
        settle();
    }
    if (!is_stopped_ && bridges_.now() >= next_report_) is_up_ ? watch_load() : report();
    if (is_stopped_ && !connection_ && std::exchange(ends_session_, false))
        broker::end_session_of(bridges_.shard(), options().local_clientid);
}

void Bridge::take_step() {
    if (step_ == Step::Preparing && relay_->is_prepared()) {
        detach();
        step_ = Step::Resting;
        due_ = bridges_.now();
    }
    if (step_ == Step::LookingUp && lookup_->is_done()) {
        auto found = std::exchange(lookup_, nullptr)->take();
        if (!found.ok()) return fail(found.error().text);
        found_ = std::move(found).value();
        found_at_ = 0;
        return connect_next();
    }
    if (is_stopped_ || connection_ || bridges_.now() < due_) return;
    if (step_ == Step::Connecting) return connect_next();
    if (step_ != Step::Resting) return;
    if (phase_ == BridgePhase::Waiting) return look_up();
    if (phase_ != BridgePhase::Idle) return;
    due_ = bridges_.now() + kLazyLook;
    auto load = broker::load_of(bridges_.shard(), options().local_clientid);
    if (load.queued + load.in_flight >= options().threshold) look_up();
}

Milliseconds Bridge::next_wake() const {
    Milliseconds next = Milliseconds::max();
    bool has_due =
        step_ == Step::Connecting ||
        (step_ == Step::Resting && (phase_ == BridgePhase::Waiting || phase_ == BridgePhase::Idle));
    // While the last connection is not gone, its removal is what goes on.
    if (has_due && !connection_) next = due_;
    if (step_ == Step::Talking) next = relay_->next_wake();
    return is_stopped_ ? next : std::min(next, next_report_);
}

void Bridge::begin() {
    has_begun_ = true;
    publish_state(false);
    bool is_lazy = options().start_type == bridge::Start::Lazy;
    BridgePhase phase = is_lazy ? BridgePhase::Idle : BridgePhase::Waiting;
    rest(is_paused_ ? BridgePhase::Paused : phase, bridges_.now());
    if (must_prepare()) prepare();
}

// Whether messages would be missed that a session with these subscriptions would queue.
bool Bridge::must_prepare() const {
    bool is_clean = options().local_clean_session.value_or(options().clean_session);
    if (is_clean || map_.local_filters().empty()) return false;
    auto load = broker::load_of(bridges_.shard(), options().local_clientid);
    if (!load.exists || load.listener != bridges_.listener() || !stale_filters().empty())
        return true;
    auto kept = broker::subscriptions_of(bridges_.shard(), options().local_clientid);
    return std::any_of(map_.local_filters().begin(), map_.local_filters().end(),
                       [&](const bridge::Filter& wanted) {
                           return std::none_of(kept.begin(), kept.end(), [&](const auto& one) {
                               return one.filter == wanted.text && one.qos == wanted.qos;
                           });
                       });
}

void Bridge::prepare() {
    step_ = Step::Preparing;
    relay_->prepare(bridges_.now());
    bridges_.hurry();
}

void Bridge::rest(BridgePhase phase, Milliseconds due) {
    step_ = Step::Resting;
    due_ = due;
    set_phase(phase);
    bridges_.hurry();
}

void Bridge::set_phase(BridgePhase phase) {
    if (phase_ != phase || row_.since_ms == 0) {
        phase_ = phase;
        row_.since_ms = bridges_.shard().now().wall.count();
    }
    report();
}

// Once a second while it is connected.
void Bridge::watch_load() {
    report();
    std::uint64_t traffic = row_.counts.sent + row_.counts.received;
    if (std::exchange(last_traffic_, traffic) != traffic || row_.queued + row_.in_flight > 0)
        last_busy_ = bridges_.now();
    watch_first_address();
    bool is_lazy = options().start_type == bridge::Start::Lazy;
    if (!is_up_ || !is_lazy ||
        bridges_.now() < last_busy_ + std::chrono::seconds(options().idle_timeout))
        return;
    log::notice("Bridge {}: no message for {} s, the connection is closed until {} wait.", name(),
                options().idle_timeout, options().threshold);
    is_idle_ = true;
    relay_->close();
    settle();
}

// Without `round_robin` the first address is the one to be at.
void Bridge::watch_first_address() {
    if (options().round_robin || address_at_ == 0) return;
    const bridge::Address& first = options().addresses.front();
    if (!probe_.look(first.host, first.port, bridges_.loop(), bridges_.now())) return;
    log::notice("Bridge {}: its first address {}:{} can be reached again.", name(), first.host,
                first.port);
    address_at_ = 0;
    reconnect();
}

// A connection that the relay or the local side has ended is taken down.
void Bridge::settle() {
    if (step_ == Step::Preparing && connection_ && connection_->is_closing()) {
        // The local broker refused it. Its own line says why.
        step_ = Step::Resting;
        due_ = bridges_.now() + backoff_.next();
        return;
    }
    if (step_ != Step::Talking) return;
    if (!is_up_ && relay_->state() == Relay::State::Open) note_up();
    if (!connection_ && is_up_) relay_->on_local_end();
    if (connection_ && connection_->is_closing()) relay_->on_local_end();
    if (relay_->state() == Relay::State::Ended) end_connection();
}

void Bridge::note_up() {
    is_up_ = true;
    is_bit_known_ = true;
    up_since_ = last_busy_ = bridges_.now();
    row_.connects++;
    log::notice("Bridge {} connected to {} as {}.", name(), address_text(),
                options().remote_clientid);
    publish_state(true);
    set_phase(BridgePhase::Connected);
}

void Bridge::end_connection() {
    Relay::End end = relay_->end();
    std::string text = relay_->end_text();
    close_socket(end == Relay::End::ByUs);
    detach();
    step_ = Step::Resting;
    probe_.end();
    bool was_up = std::exchange(is_up_, false);
    if (was_up) {
        backoff_.note_connection(bridges_.now() - up_since_);
        publish_state(false);
    }
    if (!text.empty()) {
        row_.error = text;
        row_.error_ms = bridges_.shard().now().wall.count();
        log::notice("Bridge {} ({}): {}.", name(), address_text(), text);
    }
    if (is_stopped_) return;
    go_on_after(end, was_up);
}

void Bridge::go_on_after(Relay::End end, bool was_up) {
    if (is_paused_) return rest(BridgePhase::Paused, bridges_.now());
    if (std::exchange(is_idle_, false)) return rest(BridgePhase::Idle, bridges_.now());
    if (std::exchange(connects_now_, false)) return rest(BridgePhase::Waiting, bridges_.now());
    if (end == Relay::End::VersionRefused && has_bit_) {
        log::notice("Bridge {}: the far end does not know bridges, try_private is left out.",
                    name());
        has_bit_ = false;
        return rest(BridgePhase::Waiting, bridges_.now());
    }
    // Some brokers close the connection when they see the bit.
    bool may_be_bit = end == Relay::End::ByFarEnd && !was_up && !is_bit_known_ &&
                      options().try_private && options().protocol_version != mqtt::Version::V5;
    if (may_be_bit) {
        has_bit_ = !has_bit_;
        if (!has_bit_) return rest(BridgePhase::Waiting, bridges_.now());
    }
    if (was_up && options().start_type == bridge::Start::Once)
        return rest(BridgePhase::Done, bridges_.now());
    Milliseconds wait = next_address(was_up);
    rest(BridgePhase::Waiting, bridges_.now() + wait);
}

// Chooses the address to try next, and says how long to wait before.
Milliseconds Bridge::next_address(bool was_up) {
    std::size_t count = options().addresses.size();
    bool begins_again = was_up && !options().round_robin;
    address_at_ = begins_again ? 0 : (address_at_ + 1) % count;
    // The other addresses are tried at once; then there is a pause.
    bool is_next_of_round = !was_up && address_at_ != 0;
    return is_next_of_round ? Milliseconds(0) : backoff_.next();
}

// An attempt that did not come as far as the relay.
void Bridge::fail(const std::string& text) {
    close_socket(false);
    row_.error = text;
    row_.error_ms = bridges_.shard().now().wall.count();
    log::notice("Bridge {} cannot connect to {}: {}.", name(), address_text(), text);
    go_on_after(Relay::End::None, false);
}

void Bridge::detach() {
    if (!connection_ || connection_->is_closing()) return;
    static constexpr std::uint8_t kDisconnect[] = {0xE0, 0};
    connection_->on_bytes(kDisconnect, nullptr);
    // It takes nothing while it waits for the disk or for other shards.
    if (!connection_->is_closing()) connection_->on_socket_end("the bridge's connection ended");
}

void Bridge::replace(std::shared_ptr<const BridgePlan> plan) {
    next_plan_ = nullptr;
    if (plan->options == options()) {
        // Perhaps its files are new.
        tls_ = plan->tls;
        return;
    }
    next_plan_ = std::move(plan);
    bridges_.hurry();
    if (step_ == Step::Resting) return;
    if (next_plan_->options.reload_type == bridge::Reload::Immediate) return reconnect();
    log::notice("Bridge {}: its new settings hold from its next connection on.", name());
}

void Bridge::pause() {
    is_paused_ = true;
    if (step_ == Step::Talking) {
        relay_->close();
        return settle();
    }
    if (step_ == Step::Preparing) return;
    close_socket(false);
    rest(BridgePhase::Paused, bridges_.now());
}

void Bridge::resume_running() {
    is_paused_ = false;
    if (step_ == Step::Resting) rest(BridgePhase::Waiting, bridges_.now());
}

void Bridge::reconnect() {
    if (is_paused_) return;
    if (step_ == Step::Talking) {
        connects_now_ = true;
        relay_->close();
        return settle();
    }
    if (step_ == Step::Preparing) return;
    close_socket(false);
    rest(BridgePhase::Waiting, bridges_.now());
}

void Bridge::stop(bool ends_session) {
    is_stopped_ = true;
    ends_session_ = ends_session;
    bridges_.hurry();
    if (step_ == Step::Talking) {
        relay_->close();
        return end_connection();
    }
    close_socket(false);
    detach();
    step_ = Step::Resting;
}

}  // namespace martlet::server
