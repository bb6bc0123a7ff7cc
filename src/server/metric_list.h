#pragma once

// Puts single values into a list of metrics; for those who collect them. Any thread.

#include "http/metric_source.h"

#include <string_view>
#include <vector>

namespace martlet::server {

class MetricList {
  public:
    explicit MetricList(std::vector<http::Metric>& metrics) : metrics_(metrics) {}

    template <typename Number>
    void gauge(std::string_view name, std::string_view help, Number value,
               http::MetricLabels labels = {}) {
        add(name, help, http::Metric::Type::Gauge, static_cast<double>(value), std::move(labels));
    }
    template <typename Number>
    void counter(std::string_view name, std::string_view help, Number value,
                 http::MetricLabels labels = {}) {
        add(name, help, http::Metric::Type::Counter, static_cast<double>(value), std::move(labels));
    }
    // base/histogram.h
    template <typename Histogram>
    void histogram(std::string_view name, std::string_view help, const Histogram& histogram) {
        http::Metric& metric = add(name, help, http::Metric::Type::Histogram, histogram.sum(), {});
        metric.bounds.assign(histogram.bounds().begin(), histogram.bounds().end());
        auto counts = histogram.cumulative();
        metric.counts.assign(counts.begin(), counts.end());
    }

  private:
    http::Metric& add(std::string_view name, std::string_view help, http::Metric::Type type,
                      double value, http::MetricLabels labels) {
        http::Metric& metric = metrics_.emplace_back();
        metric.name = name;
        metric.help = help;
        metric.type = type;
        metric.labels = std::move(labels);
        metric.value = value;
        return metric;
    }

    std::vector<http::Metric>& metrics_;
};

}  // namespace martlet::server
