// /metrics has a line for everything that is counted, from the start.

#include "server/broker_counts.h"

#include "tests/broker/table.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace martlet::server {
namespace {

using broker::DropReason;
using broker::Refusal;

std::vector<double> values(const std::vector<http::Metric>& metrics, std::string_view name,
                           const http::MetricLabels& labels) {
    std::vector<double> found;
    for (const http::Metric& metric : metrics)
        if (metric.name == name && metric.labels == labels) found.push_back(metric.value);
    return found;
}

TEST(BrokerCounts, EveryReasonOfDropsAndRefusalsHasItsLine) {
    broker::Table table;
    broker::Counters& counters = table.shared.counters[0];
    for (std::size_t i = 0; i < counters.dropped.size(); i++) counters.dropped[i].add(i + 1);
    for (std::size_t i = 0; i < counters.refused.size(); i++) counters.refused[i].add(i + 1);
    counters.memory_disconnects.add(3);
    std::vector<http::Metric> metrics;
    collect_broker(table.shared, metrics);
    for (std::size_t i = 0; i < counters.dropped.size(); i++) {
        std::string reason(broker::drop_reason_name(static_cast<DropReason>(i)));
        EXPECT_EQ(values(metrics, "martlet_dropped_messages_total", {{"reason", reason}}),
                  std::vector<double>{static_cast<double>(i + 1)});
    }
    for (std::size_t i = 0; i < counters.refused.size(); i++) {
        auto [request, reason] = broker::refusal_name(static_cast<Refusal>(i));
        EXPECT_EQ(values(metrics, "martlet_refused_total",
                         {{"request", std::string(request)}, {"reason", std::string(reason)}}),
                  std::vector<double>{static_cast<double>(i + 1)});
    }
    EXPECT_EQ(values(metrics, "martlet_memory_disconnects_total", {}), std::vector<double>{3});
}

}  // namespace
}  // namespace martlet::server
