#include "http/resources/changes.h"

#include "base/text.h"

namespace martlet::http {

Response refusal_of(Change change) {
    switch (change) {
        case Change::Made:
            break;
        case Change::NotFound:
            return Response::error(404, "there is none of that name");
        case Change::Exists:
            return Response::error(409, "there is one already");
        case Change::LastAdmin:
            return Response::error(409, "an admin must remain: make another one first");
        case Change::BadName:
            return Response::error(
                400, "a name has 1 to 64 letters, digits or one of . _ - @ and nothing else");
        case Change::BadPassword:
            return Response::error(400, "a password has 10 to 1024 bytes");
        case Change::Full:
            return Response::error(409, "there are too many already: remove some");
        case Change::NotWritten:
            return Response::error(
                500, "the file of accounts was not written; the broker's log says why");
        case Change::NoRandom:
            return Response::error(500, "the system gives no random numbers");
    }
    return Response::error(500, "this should not have been refused");
}

Response bad_body(std::string_view problem) {
    return Response::error(400, fmt::format("the body: {}", problem));
}

}  // namespace martlet::http
