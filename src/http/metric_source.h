#pragma once

// Where /metrics gets what only the process knows: the tap's queue, the decoders' and the store's
// counters, latencies. Implemented by whoever runs these; asked on worker threads.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace martlet::http {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// One value of a metric. Values of one name stand together, and have the same help and type.
struct Metric {
    enum class Type : std::uint8_t { Gauge, Counter, Histogram };

    std::string name;  // "martlet_telemetry_samples_total": base units, counters end in _total
    std::string help;
    Type type = Type::Gauge;
    MetricLabels labels = {};
    double value = 0;  // histograms: the sum
    // Histograms: upper bounds, ascending, and how many observations each bound holds, those of the
    // smaller ones included; the last is the number of all, without a bound.
    std::vector<double> bounds = {};
    std::vector<std::uint64_t> counts = {};
};

class MetricSource {
  public:
    virtual ~MetricSource() = default;
    // Appends.
    virtual void collect(std::vector<Metric>& metrics) = 0;
};

}  // namespace martlet::http
