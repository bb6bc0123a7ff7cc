#include "http/accounts/access.h"

#include "auth/secret.h"
#include "base/log.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace martlet::http {

namespace {

constexpr std::size_t kNameBytesMax = 64;

// The value of the first cookie of that name.
std::string_view cookie_of(const Request& request, std::string_view name) {
    std::string_view rest = request.header("cookie").value_or("");
    while (!rest.empty()) {
        std::size_t end = std::min(rest.find(';'), rest.size());
        std::string_view cookie = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        cookie.remove_prefix(std::min(cookie.find_first_not_of(' '), cookie.size()));
        if (cookie.starts_with(name) && cookie.substr(name.size()).starts_with('='))
            return cookie.substr(name.size() + 1);
    }
    return {};
}

std::optional<std::string_view> bearer_of(const Request& request) {
    constexpr std::string_view kScheme = "bearer ";
    auto field = request.header("authorization");
    if (!field || field->size() < kScheme.size()) return std::nullopt;
    for (std::size_t i = 0; i < kScheme.size(); i++) {
        if (((*field)[i] | 0x20) != (kScheme[i] | 0x20)) return std::nullopt;
    }
    return field->substr(kScheme.size());
}

// Without the port; of IPv6 the network of 64 bits, since whoever has one of its addresses has all
// of them.
std::string address_of(std::string_view peer) {
    std::string address(peer.substr(0, std::min(peer.rfind(':'), peer.size())));
    constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    std::array<std::uint8_t, 16> bytes{};
    if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return address;
    if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) return address;
    std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (inet_ntop(AF_INET6, bytes.data(), text.data(), text.size()) == nullptr) return address;
    return std::string(text.data()) + "/64";
}

}  // namespace

Result<std::unique_ptr<Access>> Access::open(const Options& options, Clock clock) {
    auto accounts = Accounts::open(options.accounts_file);
    if (!accounts) return accounts.error();
    return std::unique_ptr<Access>(new Access(std::move(accounts).value(), clock));
}

bool Access::identify(Request& request) const {
    request.caller = Caller();
    Milliseconds wall = clock_().wall;
    if (auto secret = bearer_of(request)) {
        if (local_key_ && local_key_->is_it(*secret)) {
            if (!local_key_->is_from_here(request.is_local, request.peer)) return false;
            request.caller.account = kLocalAccount;
            request.caller.role = Role::Admin;
            return true;
        }
        auto token = accounts_->find_token(*secret, wall.count());
        // A token can do no more than the one who made it can do now.
        auto role = token ? accounts_->role_of(token->made_by) : std::nullopt;
        if (!role) return false;
        request.caller.account = token->made_by;
        request.caller.role = std::min(token->role, *role);
        return true;
    }
    std::string_view id = cookie_of(request, kSessionCookie);
    if (id.empty()) return true;
    auto log_in = log_ins_.find(id, wall);
    if (!log_in) return true;
    // As it is now: an account may have been changed or removed meanwhile.
    auto role = accounts_->role_of(log_in->account);
    if (!role) return true;
    request.caller.account = std::move(log_in->account);
    request.caller.role = *role;
    request.caller.is_by_cookie = true;
    request.caller.session = id;
    return true;
}

bool Access::is_own_wish(const Request& request) const {
    if (!request.caller.is_by_cookie) return true;
    std::string expected = csrf_token(request.caller);
    return !expected.empty() &&
           auth::is_same_secret(request.header(kCsrfHeader).value_or(""), expected);
}

std::string Access::csrf_token(const Caller& caller) const {
    if (caller.session.empty()) return {};
    auto log_in = log_ins_.find(caller.session, clock_().wall);
    return log_in ? std::move(log_in->csrf_token) : std::string();
}

Access::LoggedIn Access::log_in(const Request& request, std::string_view name,
                                std::string_view password) {
    Now now = clock_();
    std::string address = address_of(request.peer);
    std::string_view counted = name.substr(0, kNameBytesMax);
    LoggedIn result;
    result.wait = attempts_.wait(address, counted, now.steady);
    if (result.wait > Milliseconds(0)) return result;
    auto account = accounts_->verified(name, password);
    if (!account) {
        attempts_.failed(address, counted, now.steady);
        log::notice("HTTP log-in from {} as {} refused: wrong name or password.", request.peer,
                    counted);
        return result;
    }
    attempts_.succeeded(address, counted);
    result.caller = {account->name, account->role, true, log_ins_.begin(name, now.wall)};
    // Whoever changed the password or removed the account since then ended the log-in sessions that
    // there were, and this one may have come too late for that.
    auto still = accounts_->find(name);
    if (!still || still->password_hash != account->password_hash) {
        log_ins_.end(result.caller.session);
        return result;
    }
    result.csrf_token = csrf_token(result.caller);
    result.is_in = !result.csrf_token.empty();
    return result;
}

std::string Access::begin_setup() {
    if (!accounts_->is_empty()) return {};
    std::string secret = auth::make_secret();
    std::lock_guard lock(mutex_);
    setup_fingerprint_ = secret.empty() ? std::string() : auth::fingerprint_of(secret);
    return secret;
}

Status Access::open_to_commands(const std::string& path, const std::string& url) {
    auto key = LocalKey::make(path, url);
    if (!key) return key.error();
    local_key_.emplace(std::move(key).value());
    return Done{};
}

Change Access::set_up(std::string_view secret, std::string_view name, std::string_view password) {
    std::string fingerprint = auth::fingerprint_of(secret);
    auto is_the_one = [&] {
        std::lock_guard lock(mutex_);
        return !setup_fingerprint_.empty() && auth::is_same_secret(setup_fingerprint_, fingerprint);
    };
    if (!is_the_one()) return Change::NotFound;
    Change made = accounts_->add_first(name, password);
    if (made != Change::Made && made != Change::Exists) return made;
    std::lock_guard lock(mutex_);
    setup_fingerprint_.clear();
    return made;
}

Change Access::change(std::string_view name, const AccountChange& change, const Caller& by) {
    Change made = accounts_->change(name, change);
    // Whoever had the old password is out, but the one who changes it stays.
    if (made == Change::Made && change.password) log_ins_.end_all(name, by.session);
    return made;
}

Change Access::remove(std::string_view name) {
    Change made = accounts_->remove(name);
    if (made == Change::Made) log_ins_.end_all(name, "");
    return made;
}

}  // namespace martlet::http
