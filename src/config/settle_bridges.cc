#include "base/hash_map.h"
#include "config/settle.h"

#include <unistd.h>

namespace martlet::config {
namespace {

std::string host_name() {
    char name[256] = {};
    if (::gethostname(name, sizeof name - 1) != 0) return "localhost";
    return name;
}

void check_parts(Draft& draft, const BridgeDraft& bridge) {
    auto wrong = [&](const char* what) {
        add_problem(draft, fmt::format("Error: Invalid bridge configuration: {}.", what),
                    bridge.place);
    };
    const BridgeSettings& settings = bridge.settings;
    if (settings.addresses.empty()) return wrong("no remote addresses defined");
    if (settings.topics.empty()) return wrong("no topics defined");
    const BridgeTls& tls = settings.tls;
    if (tls.identity.empty() && !tls.psk.empty()) return wrong("missing bridge_identity");
    if (tls.psk.empty() && !tls.identity.empty()) return wrong("missing bridge_psk");
    bool has_certificates =
        !tls.cafile.empty() || !tls.capath.empty() || !tls.certfile.empty() || !tls.keyfile.empty();
    if (has_certificates && !tls.psk.empty())
        wrong("cannot use both certificate and psk encryption in a single bridge");
}

void name_clients(BridgeSettings& settings, const std::string& host) {
    if (settings.remote_clientid.empty()) settings.remote_clientid = host + "." + settings.name;
    if (settings.local_clientid.empty())
        settings.local_clientid = "local." + settings.remote_clientid;
}

}  // namespace

void settle_bridges(Draft& draft) {
    if (draft.bridges.empty()) return;
    std::string host = host_name();
    TextSet local_ids;
    for (BridgeDraft& bridge : draft.bridges) {
        check_parts(draft, bridge);
        name_clients(bridge.settings, host);
        const std::string& id = bridge.settings.local_clientid;
        if (!local_ids.insert(id).second)
            add_problem(draft,
                        fmt::format("Error: Bridge local_clientid '{}' is not unique. Give one of "
                                    "the bridges another local_clientid.",
                                    id),
                        bridge.place);
        draft.settings.bridges.push_back(bridge.settings);
    }
}

}  // namespace martlet::config
