#pragma once

// Who a request comes from, and what that one must prove: accounts, tokens, log-in sessions and
// the first account's one-time link, in one. Any thread; log_in() and set_up() are slow.

#include "base/clock.h"
#include "base/result.h"
#include "http/accounts/accounts.h"
#include "http/accounts/attempts.h"
#include "http/accounts/local_key.h"
#include "http/accounts/log_ins.h"
#include "http/options.h"
#include "http/request.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::http {

inline constexpr std::string_view kSessionCookie = "martlet_session";
inline constexpr std::string_view kCsrfHeader = "x-csrf-token";

class Access {
  public:
    using Clock = Now (*)();

    static Result<std::unique_ptr<Access>> open(const Options& options, Clock clock = read_clocks);

    // Fills in request.caller. False: it showed a token that is none.
    bool identify(Request& request) const;
    // Whether a change that this caller asks for comes from its own page.
    bool is_own_wish(const Request& request) const;

    struct LoggedIn {
        bool is_in = false;
        Milliseconds wait{0};  // not 0: too many wrong passwords, come again after it
        Caller caller;
        std::string csrf_token;
    };
    LoggedIn log_in(const Request& request, std::string_view name, std::string_view password);
    void log_out(const Caller& caller) { log_ins_.end(caller.session); }
    // Of a cookie's session; empty: none.
    std::string csrf_token(const Caller& caller) const;

    // While there is no account: the secret of the link with which the first one is made; a new
    // one each time. Empty: there is one already, or no random numbers.
    std::string begin_setup();
    // Makes the first account. NotFound: the secret is wrong or was used.
    Change set_up(std::string_view secret, std::string_view name, std::string_view password);

    // Lets commands on this machine in, which read the key from its file. Before the first request.
    Status open_to_commands(const std::string& path, const std::string& url);

    Change change(std::string_view name, const AccountChange& change, const Caller& by);
    Change remove(std::string_view name);
    Accounts& accounts() { return *accounts_; }
    std::int64_t now_ms() const { return clock_().wall.count(); }

  private:
    Access(std::unique_ptr<Accounts> accounts, Clock clock)
        : accounts_(std::move(accounts)), clock_(clock) {}

    std::unique_ptr<Accounts> accounts_;
    const Clock clock_;
    LogIns log_ins_;
    Attempts attempts_;
    std::mutex mutex_;
    std::string setup_fingerprint_;
    std::optional<LocalKey> local_key_;
};

}  // namespace martlet::http
