#pragma once

// What handlers reach: the broker, the telemetry store, accounts. Filled once by whoever makes the
// HTTP side, outlives its threads. Each member may be used by any worker thread.

#include "base/result.h"
#include "http/options.h"
#include "telemetry/operator_settings.h"
#include "telemetry/rules.h"
#include "telemetry/store/rows.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace martlet::telemetry {
class MeshTraffic;
class Outcomes;
class Thresholds;
class TopicTable;
}  // namespace martlet::telemetry

namespace martlet::http {

class Access;
class BridgeView;
class BrokerView;
class MetricSource;
class StoreReaders;

// Changes of the store, which only its writer may make: carried out by the writer's thread, waited
// for (bounded).
class StoreChanges {
  public:
    virtual ~StoreChanges() = default;
    virtual Status remove_source(telemetry::SourceKey source) = 0;
    // False: there is no such event.
    virtual Result<bool> acknowledge_event(std::int64_t event, std::string_view by) = 0;
};

// The settings of telemetry that change while it runs.
class TelemetrySettings {
  public:
    virtual ~TelemetrySettings() = default;
    // In force: what is configured and what was set together.
    virtual std::shared_ptr<const telemetry::Options> in_force() = 0;
    virtual std::shared_ptr<const telemetry::Options> configured() = 0;
    virtual telemetry::OperatorSettings set() = 0;
    // Which topics the decoders read.
    virtual std::vector<telemetry::Rules::Row> rules() = 0;
    // Edits a copy of what was set, puts it in force and keeps it, all or nothing; `edit` answers
    // false to leave it. The error has code 3 when what is wanted is not sound. Waits (bounded).
    virtual Status change(const std::function<bool(telemetry::OperatorSettings&)>& edit) = 0;
};

// Null: there is no such thing here (telemetry is off); handlers answer 404 or 503 and say so.
struct Services {
    BrokerView* broker = nullptr;
    BridgeView* bridges = nullptr;
    StoreReaders* readers = nullptr;
    StoreChanges* changes = nullptr;
    telemetry::TopicTable* topics = nullptr;
    telemetry::Outcomes* outcomes = nullptr;
    const telemetry::MeshTraffic* mesh_traffic = nullptr;
    // Null: those that are built in.
    const telemetry::Thresholds* thresholds = nullptr;
    TelemetrySettings* settings = nullptr;
    MetricSource* metrics = nullptr;
    Access* access = nullptr;
    Options options;
};

}  // namespace martlet::http
