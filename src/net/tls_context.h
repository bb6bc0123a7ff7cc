#pragma once

// Shared by the TLS connections of one listener: certificate and key, authorities, CRL, pre-shared
// keys, ticket keys. Made by the thread that reads the configuration; immutable from then on and
// shared by all shards; a reload makes a new one for new connections. Any thread.

#include "base/result.h"
#include "net/psk_file.h"
#include "net/tls_options.h"
#include "net/tls_tickets.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct ssl_ctx_st;

namespace martlet::net {

class TlsContext {
  public:
    // Reads the files. An error names the file and what is wrong with it. `before`: the context
    // that this one replaces; a pass phrase that was typed for its key is used again.
    static Result<std::shared_ptr<const TlsContext>> make(const TlsOptions& options,
                                                          const TlsContext* before = nullptr);
    // For the client's side of connections.
    static Result<std::shared_ptr<const TlsContext>> make_client(const TlsClientOptions& options);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    const TlsOptions& options() const { return options_; }
    const TlsClientOptions& client_options() const { return client_options_; }
    const PskFile& psk() const { return psk_; }
    // A client's, in binary.
    const std::string& client_key() const { return client_key_; }
    ssl_ctx_st* handle() const { return context_; }

    // Seconds since 1970 at which the listener's certificate ends; 0: there is none.
    std::int64_t certificate_end_s() const { return certificate_end_s_; }
    // "certfile F ends on 2027-01-31 12:00 UTC"; empty: no certificate.
    std::string certificate_text() const;
    // A certificate that is over, not valid yet, or ends within 30 days. For the log.
    std::vector<std::string> warnings(std::int64_t now_s) const;

  private:
    explicit TlsContext(const TlsOptions& options) : options_(options) {}
    void set_common();
    Status set_ciphers(const std::string& list);
    Status set_versions_and_ciphers();
    Status set_up_client();
    Status set_client_psk();
    Status load_own(const TlsContext* before);
    Status load_certificate(const TlsContext* before);
    Status load_key(const TlsContext* before);
    Status load_authorities();
    Status load_crl();
    Status load_psk();

    TlsOptions options_;
    TlsClientOptions client_options_;
    std::string client_key_;
    PskFile psk_;
    TlsTickets tickets_;
    std::string pass_phrase_;  // typed for keyfile
    std::int64_t certificate_begin_s_ = 0;
    std::int64_t certificate_end_s_ = 0;
    ssl_ctx_st* context_ = nullptr;
};

}  // namespace martlet::net
