#pragma once

// A request as a handler sees it: whole, bounded, and of somebody known. Made on a loop, handled on
// a worker thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::http {

enum class Method : std::uint8_t { Get, Head, Post, Put, Patch, Delete, Options };

// Each role may do what those before it may.
enum class Role : std::uint8_t {
    Nobody,    // not logged in
    Viewer,    // reads
    Operator,  // publishes, clears retained messages, kicks clients, acknowledges events
    Admin,     // accounts, tokens, configuration
};

struct Caller {
    std::string account;  // empty: nobody
    Role role = Role::Nobody;
    // By a session cookie, so that a foreign page could have caused it: changes need the CSRF
    // token. Not by a bearer token.
    bool is_by_cookie = false;
    std::string session;  // id of the log-in session; empty: none
};

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Request {
    Method method = Method::Get;
    std::string path;  // percent-decoded, always begins with '/', no "." or ".." in it
    // The same, parted at each '/' that was not written as %2F: "/a/b" is "a" and "b".
    std::vector<std::string> segments;
    Fields query;    // percent-decoded, in order
    Fields headers;  // names in lower case
    std::string body;
    std::string peer;             // "ADDRESS:PORT"
    bool is_local = false;        // from a loopback address or a unix socket
    bool is_secure = false;       // over TLS
    bool is_unix_socket = false;  // no browser gets there
    Caller caller;
    Fields parameters;  // what stood for {name} in the route's pattern

    // The first of that name.
    std::optional<std::string_view> header(std::string_view name) const;
    std::optional<std::string_view> query_value(std::string_view name) const;
    std::string_view parameter(std::string_view name) const;
};

}  // namespace martlet::http
