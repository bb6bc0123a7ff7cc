#pragma once

// The settings of telemetry while it runs: what the configuration says, what was set over the API
// and its file, and both together in Ingest. Made by Server, outlives the HTTP workers. Any thread;
// changes are made one after the other.

#include "base/result.h"
#include "http/services.h"
#include "telemetry/ingest.h"

#include <memory>
#include <mutex>
#include <vector>

namespace martlet::server {

class SettingsKeeper final : public http::TelemetrySettings {
  public:
    // Reads the file of what was set. The error says what of it is not sound.
    static Result<std::unique_ptr<SettingsKeeper>> open(const telemetry::Options& configured);

    // Before anybody asks: who obeys from now on.
    void attach(telemetry::Ingest& ingest) { ingest_ = &ingest; }
    // The configuration was read again: all or nothing.
    Status reload(const telemetry::Options& configured);

    std::shared_ptr<const telemetry::Options> in_force() override;
    std::shared_ptr<const telemetry::Options> configured() override;
    telemetry::OperatorSettings set() override;
    std::vector<telemetry::Rules::Row> rules() override;
    Status change(const std::function<bool(telemetry::OperatorSettings&)>& edit) override;

  private:
    using Configured = std::shared_ptr<const telemetry::Options>;
    SettingsKeeper(Configured configured, telemetry::OperatorSettings settings)
        : configured_(std::move(configured)), set_(std::move(settings)) {}
    Status keep(const telemetry::OperatorSettings& settings) const;

    telemetry::Ingest* ingest_ = nullptr;
    // Held over a change as a whole; taken before mutex_.
    std::mutex changes_;
    std::mutex mutex_;
    Configured configured_;
    telemetry::OperatorSettings set_;
};

}  // namespace martlet::server
