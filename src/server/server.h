#pragma once

// The broker as a whole: listeners, shards, their threads and workers. Made, started, reloaded and
// stopped by the main thread.

#include "base/result.h"
#include "broker/shared.h"
#include "config/settings.h"
#include "net/listener.h"
#include "server/bridge_board.h"
#include "server/bridge_plan.h"
#include "server/front.h"
#include "server/http_side.h"
#include "server/mail.h"
#include "server/memory_meter.h"
#include "server/password_worker.h"
#include "server/persistence.h"
#include "server/reload_gate.h"
#include "server/running_settings.h"
#include "server/settings_keeper.h"
#include "server/tls_contexts.h"
#include "server/turn.h"
#include "telemetry/ingest.h"

#include <memory>
#include <thread>
#include <vector>

namespace martlet::server {

class Server {
  public:
    // Opens listeners and reads the security files; nothing runs yet. An error has the exit code
    // that mosquitto would give.
    static Result<std::unique_ptr<Server>> open(const config::Settings& settings);
    ~Server();

    void start();
    // New settings for those who are connected as well; all or nothing. The listeners must be the
    // same.
    Status reload(const config::Settings& settings);
    // Around the taking of a SIGHUP and what it leads to: meanwhile the loops read nothing.
    void begin_reload() { gate_.begin(); }
    void end_reload();
    // Writes who is subscribed to what to the log.
    void log_subscriptions();
    // Gives memory of the main thread back to the system: what restoring needed, and what others
    // have freed since. `limit` is memory_limit. Main thread only.
    void give_back_memory(std::uint64_t limit);
    // Once a day.
    void warn_of_certificates() const { tls_.log_warnings(); }
    // SIGUSR1: what was committed is on the disk when it returns.
    void force_sync();
    // Tells clients, sends wills, joins the threads; the journal is complete.
    void stop();

    const std::vector<net::Listener>& listeners() const { return listeners_; }
    std::uint32_t shards() const { return static_cast<std::uint32_t>(turns_.size()); }

  private:
    Server() = default;
    Status open_telemetry(const config::Settings& settings);
    Status open_http(const config::Settings& settings);
    Status open_fronts(const std::vector<bool>& speaks_http);
    void order_bridges(const BridgePlans& plans);

    ReloadGate gate_;
    TlsContexts tls_;
    BridgeBoard bridges_;
    std::vector<net::Listener> listeners_;
    std::vector<net::WebsocketOptions> websockets_;  // by listener
    std::unique_ptr<Mailboxes> mailboxes_;
    std::unique_ptr<PasswordWorker> passwords_;
    std::unique_ptr<Persistence> persistence_;  // null: `persistence` is off
    std::unique_ptr<RunningSettings> running_;
    std::unique_ptr<SettingsKeeper> keeper_;     // null: `telemetry` is off
    std::unique_ptr<telemetry::Ingest> ingest_;  // the same
    std::unique_ptr<MemoryMeter> memory_meter_;
    bool has_huge_pages_ = false;
    std::unique_ptr<broker::Shared> shared_;
    std::unique_ptr<HttpSide> http_;  // null: no listener speaks HTTP
    std::vector<std::unique_ptr<Turn>> turns_;
    ConnectionRates rates_;
    std::vector<std::unique_ptr<Front>> fronts_;
    std::vector<std::thread> threads_;        // of turns_
    std::vector<std::thread> front_threads_;  // of fronts_
};

}  // namespace martlet::server
