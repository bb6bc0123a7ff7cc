#include "server/bridge_plan.h"

#include "base/log.h"

namespace martlet::server {

namespace {

net::TlsClientOptions tls_of(const bridge::TlsSettings& tls) {
    net::TlsClientOptions options;
    options.cafile = tls.cafile;
    options.capath = tls.capath;
    options.certfile = tls.certfile;
    options.keyfile = tls.keyfile;
    options.ciphers = tls.ciphers;
    options.version = tls.version;
    options.alpn = tls.alpn;
    options.psk_identity = tls.identity;
    options.psk = tls.psk;
    options.insecure = tls.insecure;
    options.use_os_certs = tls.use_os_certs;
    return options;
}

}  // namespace

Result<BridgePlans> make_bridge_plans(const config::Settings& settings) {
    BridgePlans plans;
    for (const bridge::Options& options : settings.bridges) {
        if (options.tls.require_ocsp) {
            log::error(
                "Error: Bridge {} is not run: bridge_require_ocsp asks for OCSP stapling, "
                "which is not built.",
                options.name);
            continue;
        }
        // Not left out in silence: the operator wants no other ciphers than these.
        if (!options.tls.ciphers_tls13.empty()) {
            log::error(
                "Error: Bridge {} is not run: bridge_ciphers_tls1.3 is not built. Leave the line "
                "out, or take 'bridge_tls_version tlsv1.2' and bridge_ciphers.",
                options.name);
            continue;
        }
        auto plan = std::make_shared<BridgePlan>();
        plan->options = options;
        net::TlsClientOptions tls = tls_of(options.tls);
        if (tls.is_on()) {
            auto context = net::TlsContext::make_client(tls);
            if (!context)
                return Error{fmt::format("{} (connection '{}', {})", context.error().text,
                                         options.name, options.where),
                             context.error().code};
            plan->tls = std::move(context).value();
        }
        plans.push_back(std::move(plan));
    }
    return plans;
}

}  // namespace martlet::server
