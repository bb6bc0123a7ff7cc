// The bytes of a bridge: from the far end's socket to the local connection, and back.

#include "broker/bridge_side.h"
#include "server/bridge.h"
#include "server/bridges.h"

#include <algorithm>

namespace martlet::server {

void Bridge::on_ready(std::uint32_t events) {
    if (step_ == Step::Connecting && fd_ >= 0) return on_connected();
    if (step_ != Step::Talking || !stream_) return;
    if (events & EPOLLOUT) {
        if (stream_->reads_on_room()) events |= EPOLLIN;
        flush_remote();
        exchange();
    }
    if (stream_ && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) receive();
    settle();
}

void Bridge::receive() {
    net::Stream::Outcome outcome = stream_->receive(bridges_.scratch(), *this);
    if (outcome == net::Stream::Outcome::Open) return exchange();
    relay_->on_remote_end(outcome == net::Stream::Outcome::Failed ? stream_->failure()
                                                                  : std::string());
}

net::Receiver::Taken Bridge::on_bytes(ByteView bytes, BodyRef*) {
    bridge::Relay::Taken taken = relay_->on_remote(bytes, bridges_.now());
    return {taken.used, taken.wanted};
}

bool Bridge::is_held() const {
    return relay_->has_rest() || (connection_ && connection_->is_held());
}

// As long as one side has something and the other takes it.
void Bridge::exchange() {
    if (step_ == Step::Preparing) return pump_local();
    while (stream_ && relay_->state() != bridge::Relay::State::Ended) {
        pump_local();
        if (relay_->remote().empty()) return;
        flush_remote();
        bool is_blocked = !relay_->remote().empty();
        if (is_blocked || !connection_ || connection_->outbox.empty() || !relay_->is_ready())
            return;
    }
}

void Bridge::pump_local() {
    if (!connection_ || connection_->outbox.empty()) return;
    relay_->on_local(connection_->outbox, bridges_.now());
    // Messages of QoS 0 are dropped at `outbox_bytes_max`. Acknowledgements are not.
    if (connection_->outbox.size() > 2 * bridges_.shard().options().outbox_bytes_max)
        relay_->on_remote_end("the far end sends and does not read its acknowledgements");
    if (connection_->outbox.empty() && !connection_->is_closing())
        bridges_.shard().on_drained(*connection_);
}

void Bridge::flush_remote() {
    if (!stream_ || !stream_->is_open() || relay_->remote().empty()) return;
    if (stream_->flush(relay_->remote()) == net::Stream::Outcome::Failed) {
        relay_->on_remote_end(stream_->failure());
        bridges_.hurry();
    }
}

// What this leads to on the local side must leave as letters: there is a turn for that at once.
void Bridge::flush_local() {
    is_flushing_ = true;
    exchange();
    is_flushing_ = false;
    bool has_ended = relay_->state() == bridge::Relay::State::Ended;
    if (has_ended || step_ == Step::Preparing) bridges_.hurry();
}

void Bridge::remove_local() {
    connection_.reset();
    bridges_.hurry();
}

void Bridge::resume() {
    wants_resume_ = true;
    bridges_.hurry();
}

std::string Bridge::peer() const {
    return "bridge " + name();
}

// Nothing else proves it: the listener of the bridges asks nobody for a password.
std::optional<std::string_view> Bridge::proved_user() const {
    if (options().local_username.empty()) return {};
    return std::string_view(options().local_username);
}

std::size_t Bridge::give(ByteView packets) {
    if (!connection_) return packets.size();
    if (is_flushing_) bridges_.hurry();
    return connection_->on_bytes(packets, nullptr).used;
}

bool Bridge::attach() {
    if (connection_) return false;
    connection_ = std::make_unique<broker::Connection>(
        bridges_.shard(), static_cast<broker::Transport&>(*this), bridges_.listener());
    return true;
}

void Bridge::forget_received() {
    broker::forget_received(bridges_.shard(), options().local_clientid);
}

std::vector<std::string> Bridge::stale_filters() const {
    std::vector<std::string> stale;
    for (auto& one : broker::subscriptions_of(bridges_.shard(), options().local_clientid)) {
        const auto& wanted = map_.local_filters();
        auto is_it = [&](const bridge::Filter& filter) { return filter.text == one.filter; };
        if (std::none_of(wanted.begin(), wanted.end(), is_it))
            stale.push_back(std::move(one.filter));
    }
    return stale;
}

std::size_t Bridge::packet_size_max() const {
    std::uint32_t configured = bridges_.shard().options().max_packet_size;
    return configured == 0 ? std::size_t{mqtt::kRemainingLengthMax} : configured;
}

}  // namespace martlet::server
