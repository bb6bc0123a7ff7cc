#include "server/tls_contexts.h"

#include "base/log.h"

#include <algorithm>
#include <ctime>
#include <set>
#include <string>
#include <utility>

namespace martlet::server {

Result<TlsContexts::List> TlsContexts::make(const config::Settings& settings) const {
    List before = all();
    List made;
    for (std::size_t i = 0; i < settings.listeners.size(); i++) {
        const net::TlsOptions& options = settings.listeners[i].tls;
        std::shared_ptr<const net::TlsContext> context;
        if (options.is_on()) {
            auto fresh =
                net::TlsContext::make(options, i < before.size() ? before[i].get() : nullptr);
            if (!fresh) return fresh.error();
            context = std::move(fresh).value();
        }
        made.push_back(std::move(context));
    }
    return made;
}

void TlsContexts::replace(List contexts) {
    {
        std::lock_guard lock(mutex_);
        contexts_.swap(contexts);
    }
    log_warnings();
}

TlsContexts::List TlsContexts::all() const {
    std::lock_guard lock(mutex_);
    return contexts_;
}

std::shared_ptr<const net::TlsContext> TlsContexts::of(std::uint16_t listener) const {
    std::lock_guard lock(mutex_);
    return listener < contexts_.size() ? contexts_[listener] : nullptr;
}

std::vector<TlsContexts::CertificateEnd> TlsContexts::certificate_ends() const {
    std::vector<CertificateEnd> ends;
    for (const auto& context : all()) {
        if (!context || context->certificate_end_s() == 0) continue;
        const std::string& file = context->options().certfile;
        auto is_same = [&](const CertificateEnd& end) { return end.certfile == file; };
        if (std::none_of(ends.begin(), ends.end(), is_same))
            ends.push_back({file, context->certificate_end_s()});
    }
    return ends;
}

void TlsContexts::log_warnings() const {
    std::set<std::string> said;  // listeners may share a certificate
    for (const auto& context : all()) {
        if (!context) continue;
        for (std::string& text : context->warnings(std::time(nullptr))) {
            if (said.insert(text).second) log::warning("{}", text);
        }
    }
}

}  // namespace martlet::server
