#include "http/resources/resources.h"
#include "http/route.h"

namespace martlet::http {

std::span<const Route> routes() {
    static const std::vector<Route> every = [] {
        std::vector<Route> all;
        for (std::span<const Route> some : {
                 account_routes(),
                 bridge_routes(),
                 broker_routes(),
                 client_routes(),
                 decoder_routes(),
                 event_routes(),
                 fleet_routes(),
                 log_in_routes(),
                 meter_routes(),
                 openapi_routes(),
                 position_routes(),
                 prometheus_routes(),
                 publish_routes(),
                 retained_routes(),
                 sample_routes(),
                 source_routes(),
                 station_routes(),
                 status_page_routes(),
                 telemetry_settings_routes(),
                 token_routes(),
                 topic_routes(),
             })
            all.insert(all.end(), some.begin(), some.end());
        return all;
    }();
    return every;
}

}  // namespace martlet::http
