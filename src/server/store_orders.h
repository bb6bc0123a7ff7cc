#pragma once

// What HTTP wants changed in the telemetry store, handed to its only writer. Made by Server; called
// by worker threads, which wait.

#include "http/services.h"
#include "telemetry/ingest.h"

#include <string_view>

namespace martlet::server {

class StoreOrders final : public http::StoreChanges {
  public:
    explicit StoreOrders(telemetry::Ingest& ingest) : ingest_(ingest) {}

    Status remove_source(telemetry::SourceKey source) override;
    Result<bool> acknowledge_event(std::int64_t event, std::string_view by) override;

  private:
    telemetry::Ingest& ingest_;
};

}  // namespace martlet::server
