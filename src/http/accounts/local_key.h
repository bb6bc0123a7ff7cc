#pragma once

// The key by which commands on the broker's own machine come in, without an account: random, new at
// each start, in a file (0600) beside the accounts that only the broker's user and root can read,
// and so change the accounts anyway. The broker holds a lock on the file while it runs, so that a
// key of an earlier run is known as such. Owned by Access; is_it() may be called by any thread.

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace martlet::http {

// A request with the key acts under this name. No account can have it.
inline constexpr std::string_view kLocalAccount = "(local)";

class LocalKey {
  public:
    // `url`: where the API answers on this machine, "http://localhost:8080".
    static Result<LocalKey> make(const std::string& path, const std::string& url);
    LocalKey(LocalKey&& other) noexcept;
    LocalKey& operator=(LocalKey&&) = delete;
    ~LocalKey();

    bool is_it(std::string_view secret) const;
    // From this machine: from a loopback address, a unix socket or the address that it asks itself.
    bool is_from_here(bool is_local, std::string_view peer) const;

  private:
    LocalKey(std::string path, std::string_view url) : path_(std::move(path)), url_(url) {}
    Status write(std::string_view secret);

    std::string path_;
    std::string url_;
    std::string fingerprint_;
    int fd_ = -1;  // holds the lock
};

// The content of the key file, as a command reads it.
struct LocalKeyFile {
    std::string secret;
    std::string url;
    std::uint32_t owner = 0;  // user id
    bool is_broker_running = false;
};

// Error::code is the errno of what failed; 0: it is not one of ours.
Result<LocalKeyFile> read_local_key(const std::string& path);

}  // namespace martlet::http
