#pragma once

// Finds who answers a request, once it is known that it may be asked: from which host name and
// page it came, who asks and with which rights. Immutable; any worker thread.

#include "http/route.h"
#include "http/services.h"

#include <span>
#include <string_view>
#include <vector>

namespace martlet::http {

class Router {
  public:
    // The routes outlive it.
    explicit Router(std::span<const Route> routes);

    // Fills in the request's caller and parameters. `?pretty` is for it, not for handlers.
    Response answer(Services& services, Request& request) const;
    // Whether that takes no time.
    bool is_quick(Request& request) const;

  private:
    struct Part {
        std::string_view text;  // a name, or a parameter's name
        bool is_parameter = false;
        bool takes_rest = false;
    };
    struct Pattern {
        const Route* route;
        std::vector<Part> parts;
    };
    Response plain_answer(Services& services, Request& request) const;
    static std::vector<Part> parts_of(std::string_view pattern);
    static bool matches(const Pattern& pattern, const Request& request);
    static bool is_closer(const Pattern& a, const Pattern& b);
    const Pattern* find(const Request& request, Method method) const;
    Response without_route(const Request& request) const;

    std::vector<Pattern> patterns_;
};

std::string_view name_of(Method method);

// To a caller without the role: 401 when nobody is logged in, else 403.
Response not_allowed(Role needed, const Caller& caller);

}  // namespace martlet::http
