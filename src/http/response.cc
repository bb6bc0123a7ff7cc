#include "http/response.h"

#include "base/json_writer.h"

#include <utility>

namespace martlet::http {

Response Response::json(std::string text) {
    Response response;
    response.body = std::move(text);
    return response;
}

Response Response::error(int status, std::string_view message) {
    Response response;
    response.status = status;
    response.problem = message;
    JsonWriter writer(response.body);
    writer.begin_object().key("error").begin_object();
    writer.key("status").integer(status).key("message").text(message);
    writer.end_object().end_object();
    return response;
}

}  // namespace martlet::http
