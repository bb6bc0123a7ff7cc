#pragma once

// What comes back to a loop from those who answer HTTP requests: an answer, or the next piece of
// one. Posted to a Mailbox by a worker, taken out by its loop.

#include "base/inbox.h"
#include "base/slots.h"
#include "http/response.h"

#include <memory>
#include <optional>
#include <string>

namespace martlet::server {

struct HttpAnswer : InboxNode {
    SlotHandle port;
    // Set: the answer to a request. Otherwise a piece of a body, and where the next comes from.
    std::optional<http::Response> response;
    std::unique_ptr<http::BodySource> source;
    std::string piece;
    bool is_last = false;
    bool is_broken = false;  // that was not all, and the rest cannot be had
};

}  // namespace martlet::server
