#pragma once

// The broker's counters as metrics, summed over the shards: as they are now, whether $SYS is
// published or not. Any thread.

#include "broker/shared.h"
#include "http/metric_source.h"

#include <vector>

namespace martlet::server {

void collect_broker(const broker::Shared& shared, std::vector<http::Metric>& metrics);

}  // namespace martlet::server
