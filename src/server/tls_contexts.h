#pragma once

// The TLS context of each listener, from which new connections get theirs. Made by Server. The main
// thread replaces all of them at a reload; any thread asks.

#include "base/result.h"
#include "config/settings.h"
#include "net/tls_context.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace martlet::server {

class TlsContexts {
  public:
    // By listener; null: plain.
    using List = std::vector<std::shared_ptr<const net::TlsContext>>;

    // Reads the files of all listeners. Nothing changes before replace().
    Result<List> make(const config::Settings& settings) const;
    void replace(List contexts);

    std::shared_ptr<const net::TlsContext> of(std::uint16_t listener) const;
    // Certificates that are over or will be soon. Main thread, at a start, a reload and each day.
    void log_warnings() const;

    struct CertificateEnd {
        std::string certfile;
        std::int64_t at_s = 0;  // since 1970
    };
    // Of each certificate that a listener has, once.
    std::vector<CertificateEnd> certificate_ends() const;

  private:
    List all() const;

    mutable std::mutex mutex_;
    List contexts_;
};

}  // namespace martlet::server
