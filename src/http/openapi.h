#pragma once

// The OpenAPI 3.1 document of a table of routes, so that what is told of the API is what it does.
// Any thread.

#include "http/route.h"

#include <span>
#include <string>

namespace martlet::http {

std::string openapi_document(std::span<const Route> routes);

}  // namespace martlet::http
