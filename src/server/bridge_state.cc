// What others learn of a bridge: its state as a message, its row on the board, its values under
// $SYS.

#include "base/text.h"
#include "broker/bridge_side.h"
#include "mqtt/topic.h"
#include "server/bridge.h"
#include "server/bridges.h"

#include <algorithm>
#include <numeric>

namespace martlet::server {

namespace {

constexpr Milliseconds kReportEvery{1000};

template <typename Counts>
std::uint64_t total(const Counts& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

}  // namespace

void Bridge::report() {
    next_report_ = bridges_.now() + kReportEvery;
    if (is_stopped_) return;
    row_.phase = phase_;
    row_.address = address_text();
    row_.counts = relay_->counts();
    auto load = broker::load_of(bridges_.shard(), options().local_clientid);
    row_.queued = load.queued;
    row_.in_flight = load.in_flight;
    bridges_.board().put(row_);
    publish_values();
}

void Bridge::publish(std::string_view topic, std::string_view value) {
    // A client id may hold what a topic name may not.
    if (!mqtt::is_valid_topic_name(topic)) return;
    broker::Publication publication;
    publication.topic = topic;
    publication.payload = as_bytes(value);
    publication.qos = mqtt::Qos::AtLeastOnce;
    publication.retain = bridges_.shard().options().retain_available;
    bridges_.shard().publish(publication, nullptr);
}

void Bridge::publish_state(bool is_up) {
    if (!options().notifications || published_state_ == is_up) return;
    published_state_ = is_up;
    publish(options().notification_topic.empty()
                ? fmt::format("$SYS/broker/connection/{}/state", options().remote_clientid)
                : options().notification_topic,
            is_up ? "1" : "0");
}

// Retained, those that changed, every `sys_interval`.
void Bridge::publish_values() {
    std::uint32_t interval_s = bridges_.shard().options().sys_interval;
    if (interval_s == 0 || bridges_.now() < next_values_) return;
    next_values_ = bridges_.now() + std::chrono::seconds(interval_s);
    const bridge::RelayCounts& counts = row_.counts;
    const std::pair<std::string_view, std::string> values[] = {
        {"sent", std::to_string(counts.sent)},
        {"received", std::to_string(counts.received)},
        {"refused", std::to_string(counts.refused)},
        {"dropped", std::to_string(total(counts.dropped_out) + total(counts.dropped_in))},
        {"queued", std::to_string(row_.queued + row_.in_flight)},
        {"phase", std::string(phase_name(phase_))},
        {"error", row_.error},
    };
    published_.resize(std::size(values));
    for (std::size_t i = 0; i < std::size(values); i++) {
        if (published_[i] == values[i].second) continue;
        published_[i] = values[i].second;
        publish(
            fmt::format("$SYS/broker/connection/{}/{}", options().remote_clientid, values[i].first),
            values[i].second);
    }
}

}  // namespace martlet::server
