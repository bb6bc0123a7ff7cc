#pragma once

// What /metrics tells of this process as it is now: the broker's counters, certificates,
// bridges, the journal, telemetry.
// Made by HttpSide; called by worker threads.

#include "broker/shared.h"
#include "http/metric_source.h"
#include "journal/threaded_journal.h"
#include "server/bridge_board.h"
#include "server/tls_contexts.h"
#include "telemetry/ingest.h"

#include <vector>

namespace martlet::server {

class Metrics final : public http::MetricSource {
  public:
    // `journal`: null when `persistence` is off; `ingest`: when telemetry is.
    Metrics(broker::Shared& shared, const TlsContexts& tls, const BridgeBoard& bridges,
            const journal::ThreadedJournal* journal, telemetry::Ingest* ingest)
        : shared_(shared), tls_(tls), bridges_(bridges), journal_(journal), ingest_(ingest) {}

    void collect(std::vector<http::Metric>& metrics) override;

  private:
    void collect_tls(std::vector<http::Metric>& metrics) const;
    void collect_journal(std::vector<http::Metric>& metrics) const;
    void collect_ingest(std::vector<http::Metric>& metrics) const;
    void collect_decoders(std::vector<http::Metric>& metrics) const;

    broker::Shared& shared_;
    const TlsContexts& tls_;
    const BridgeBoard& bridges_;
    const journal::ThreadedJournal* const journal_;
    telemetry::Ingest* const ingest_;
};

}  // namespace martlet::server
