#pragma once

// What each flag of pub, sub and rr takes for its value, and what it says when it does not like it.
// Cold path.

#include "cli/flags/client_draft.h"

#include <string>

namespace martlet::cli::flag {

using Draft = ClientDraft&;
using Value = const std::string&;

FlagError needs_engine(Draft draft, Value);
FlagError needs_key_log(Draft draft, Value);
FlagError take_key_form(Draft draft, Value value);
FlagError needs_websocket(Draft draft, Value);
FlagError needs_srv(Draft draft, Value);
FlagError take_id(Draft draft, Value value);
FlagError take_id_prefix(Draft draft, Value value);
FlagError take_keep_alive(Draft draft, Value value);
FlagError take_in_flight(Draft draft, Value value);
FlagError take_port(Draft draft, Value value);
FlagError take_qos(Draft draft, Value value);
FlagError take_will_qos(Draft draft, Value value);
FlagError take_will_topic(Draft draft, Value value);
FlagError take_version(Draft draft, Value value);
FlagError take_session_expiry(Draft draft, Value value);
FlagError add_topic(Draft draft, Value value);
FlagError take_url(Draft draft, Value value);
FlagError take_response_topic(Draft draft, Value value);
FlagError add_filter_out(Draft draft, Value value);
FlagError add_unsubscribe(Draft draft, Value value);
FlagError take_count(Draft draft, Value value);
FlagError take_timeout(Draft draft, Value value);
FlagError take_random(Draft draft, Value value);
FlagError take_repeat(Draft draft, Value value);
FlagError take_repeat_delay(Draft draft, Value value);
FlagError take_retain_handling(Draft draft, Value value);
FlagError take_format(Draft draft, Value value);
FlagError take_proxy(Draft draft, Value value);

}  // namespace martlet::cli::flag
