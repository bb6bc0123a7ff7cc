#pragma once

// The process under the names that Prometheus' own libraries use, which boards and alerts know:
// CPU, memory, file descriptors, start. Any thread.

#include "http/metric_source.h"

#include <vector>

namespace martlet::server {

// What the system does not tell is left out.
void collect_process(std::vector<http::Metric>& metrics);

}  // namespace martlet::server
