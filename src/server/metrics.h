#pragma once

// What /metrics tells besides the $SYS values: how telemetry stands.
// Made by Server; called by worker threads.

#include "http/metric_source.h"
#include "telemetry/ingest.h"

#include <vector>

namespace martlet::server {

class Metrics final : public http::MetricSource {
  public:
    // `ingest`: null when telemetry is off.
    explicit Metrics(telemetry::Ingest* ingest) : ingest_(ingest) {}

    void collect(std::vector<http::Metric>& metrics) override;

  private:
    void collect_ingest(std::vector<http::Metric>& metrics) const;
    void collect_decoders(std::vector<http::Metric>& metrics) const;

    telemetry::Ingest* const ingest_;
};

}  // namespace martlet::server
