#pragma once

// The broker's values as metrics: under our names, and under those that dashboards made for
// sapcc's mosquitto-exporter look for. Any thread.

#include "http/prometheus/exposition.h"

#include <string>
#include <utility>
#include <vector>

namespace martlet::http {

// As BrokerView::values() gives them.
using BrokerValues = std::vector<std::pair<std::string, std::string>>;

void add_broker_metrics(const BrokerValues& values, Exposition& out);
void add_mosquitto_exporter_metrics(const BrokerValues& values, Exposition& out);

}  // namespace martlet::http
