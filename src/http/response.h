#pragma once

// What a handler answers. A large body comes piece by piece from a BodySource, so that neither side
// holds it whole. Made on a worker thread, sent by a loop.

#include "http/request.h"

#include <memory>
#include <string>
#include <string_view>

namespace martlet::http {

// Asked on a worker thread each time the client has taken what came before.
class BodySource {
  public:
    virtual ~BodySource() = default;
    // Appends the next piece (about 64 KiB). False: that was all.
    virtual bool next(std::string& out) = 0;
    // After the last piece: the rest could not be had, and the body itself does not say so. Then
    // the connection ends without the body's end.
    virtual bool is_broken() const { return false; }
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    Fields headers;  // besides the usual ones
    std::string body;
    std::unique_ptr<BodySource> stream;  // set: instead of `body`
    std::string problem;                 // of an error: its message

    bool is_json() const { return content_type.ends_with("json"); }

    static Response json(std::string text);
    // {"error":{"status":404,"message":"..."}}: what is wrong and what to do.
    static Response error(int status, std::string_view message);
};

}  // namespace martlet::http
