#include "server/bridge_desk.h"

#include "server/metric_list.h"

#include <algorithm>
#include <string>

namespace martlet::server {

namespace {

template <typename Visit>
void each_drop(const bridge::RelayCounts& counts, const Visit& visit) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(bridge::Drop::kCount); i++) {
        std::string_view reason = bridge::drop_name(static_cast<bridge::Drop>(i));
        visit("out", reason, counts.dropped_out[i]);
        visit("in", reason, counts.dropped_in[i]);
    }
}

}  // namespace

std::vector<http::BridgeInfo> BridgeDesk::bridges() {
    std::vector<http::BridgeInfo> list;
    for (const BridgeRow& row : board_.rows()) {
        http::BridgeInfo& info = list.emplace_back();
        info.name = row.name;
        info.local_clientid = row.local_clientid;
        info.remote_clientid = row.remote_clientid;
        info.address = row.address;
        info.state = phase_name(row.phase);
        info.since_ms = row.since_ms;
        info.sent = row.counts.sent;
        info.received = row.counts.received;
        info.refused = row.counts.refused;
        info.queued = row.queued;
        info.in_flight = row.in_flight;
        info.connects = row.connects;
        each_drop(row.counts, [&](auto direction, auto reason, auto count) {
            info.dropped.push_back({direction, reason, count});
        });
        info.error = row.error;
        info.error_ms = row.error_ms;
    }
    return list;
}

bool BridgeDesk::order(std::string_view name, http::BridgeAction action) {
    std::vector<BridgeRow> rows = board_.rows();
    auto is_it = [&](const BridgeRow& row) { return row.name == name; };
    if (std::none_of(rows.begin(), rows.end(), is_it)) return false;
    for (std::uint32_t shard = 0; shard < mailboxes_.count(); shard++) {
        auto order = std::make_unique<BridgeOrder>();
        order->kind = action == http::BridgeAction::Pause    ? BridgeOrder::Kind::Pause
                      : action == http::BridgeAction::Resume ? BridgeOrder::Kind::Resume
                                                             : BridgeOrder::Kind::Reconnect;
        order->name = name;
        mailboxes_.order(shard, std::move(order));
    }
    return true;
}

void collect_bridges(const BridgeBoard& board, std::vector<http::Metric>& metrics) {
    MetricList list(metrics);
    std::vector<BridgeRow> rows = board.rows();
    for (const BridgeRow& row : rows)
        list.gauge("martlet_bridge_queued_messages",
                   "Messages that wait for a bridge's far end, or for its acknowledgement.",
                   row.queued + row.in_flight, {{"bridge", row.name}});
    for (const BridgeRow& row : rows)
        list.counter("martlet_bridge_connects_total", "Times that a bridge's far end accepted it.",
                     row.connects, {{"bridge", row.name}});
    for (const BridgeRow& row : rows) {
        for (auto [direction, count] :
             {std::pair{"out", row.counts.sent}, {"in", row.counts.received}})
            list.counter("martlet_bridge_messages_total", "Messages that a bridge passed on.",
                         count, {{"bridge", row.name}, {"direction", direction}});
    }
    for (const BridgeRow& row : rows)
        list.counter("martlet_bridge_refused_messages_total",
                     "Messages that a bridge's far end answered with an error.", row.counts.refused,
                     {{"bridge", row.name}});
    for (const BridgeRow& row : rows) {
        each_drop(row.counts, [&](auto direction, auto reason, auto count) {
            list.counter("martlet_bridge_dropped_messages_total",
                         "Messages that a bridge could not pass on, by reason.", count,
                         {{"bridge", row.name},
                          {"direction", std::string(direction)},
                          {"reason", std::string(reason)}});
        });
    }
}

}  // namespace martlet::server
