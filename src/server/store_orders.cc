#include "server/store_orders.h"

#include "base/clock.h"

#include <memory>
#include <string>

namespace martlet::server {

Status StoreOrders::remove_source(telemetry::SourceKey source) {
    return ingest_.change([source](telemetry::StoreWriter& writer, telemetry::Ledger& ledger) {
        Status removed = writer.remove_source(source);
        if (removed) ledger.forget(source);
        return removed;
    });
}

Result<bool> StoreOrders::acknowledge_event(std::int64_t event, std::string_view by) {
    // Shared with a change that may be made after we have stopped waiting for it.
    auto is_there = std::make_shared<std::atomic<bool>>(false);
    Status status =
        ingest_.change([event, name = std::string(by), is_there](telemetry::StoreWriter& writer,
                                                                 telemetry::Ledger&) -> Status {
            auto known = writer.acknowledge_event(event, read_clocks().wall.count(), name);
            if (!known) return known.error();
            *is_there = known.value();
            return Done{};
        });
    if (!status) return status.error();
    return is_there->load();
}

}  // namespace martlet::server
