#pragma once

// How the end of a change of accounts or tokens is told. Any thread.

#include "http/accounts/accounts.h"
#include "http/response.h"

namespace martlet::http {

// Any but Made.
Response refusal_of(Change change);
Response bad_body(std::string_view problem);

}  // namespace martlet::http
