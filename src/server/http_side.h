#pragma once

// All that HTTP needs besides the loops: what handlers reach, accounts, workers. Owned by Server,
// made when some listener speaks HTTP, and destroyed before the loops.

#include "base/result.h"
#include "broker/shared.h"
#include "config/settings.h"
#include "http/accounts/access.h"
#include "http/store_readers.h"
#include "server/bridge_desk.h"
#include "server/broker_questions.h"
#include "server/http_workers.h"
#include "server/mail.h"
#include "server/metrics.h"
#include "server/running_settings.h"
#include "server/settings_keeper.h"
#include "server/store_orders.h"
#include "telemetry/ingest.h"

#include <memory>

namespace martlet::server {

class HttpSide {
  public:
    // What it is made from; all of it outlives it.
    struct Parts {
        broker::Shared& shared;
        const TlsContexts& tls;
        Mailboxes& mailboxes;
        const BridgeBoard& bridges;
        const RunningSettings& running;
        const journal::ThreadedJournal* journal;  // null: `persistence` is off
        telemetry::Ingest* ingest;                // null: telemetry is off
        SettingsKeeper* keeper;                   // the same
    };
    static Result<std::unique_ptr<HttpSide>> open(const config::Settings& settings,
                                                  const Parts& parts);

    HttpWorkers& workers() { return *workers_; }
    // Ends the workers; what they had to say lies in the mailboxes.
    void stop() { workers_.reset(); }
    // While there is no account, says how the first one is made.
    void announce(const config::Settings& settings);

  private:
    HttpSide(const config::Settings& settings, const Parts& parts,
             std::unique_ptr<http::Access> access);

    BrokerQuestions questions_;
    BridgeDesk bridges_;
    Metrics metrics_;
    std::unique_ptr<http::StoreReaders> readers_;
    std::unique_ptr<StoreOrders> orders_;
    std::unique_ptr<http::Access> access_;
    http::Services services_;
    std::unique_ptr<HttpWorkers> workers_;
};

}  // namespace martlet::server
