#pragma once

// Turns a draft that was read to its end into settings: what keys left open is decided, what does
// not fit together becomes a problem. Nothing here ever widens access: what is not built is refused
// where it would. Cold path, any thread.

#include "config/command_line.h"
#include "config/draft.h"
#include "config/files.h"

namespace martlet::config {

// All of the below, in the right order.
void settle(Draft& draft, const CommandLine& command_line);

// Reads the files of telemetry_map.
void settle_maps(Draft& draft, const Files& files);
// The plugins that are built in become password_file, acl_file ...; others are problems.
void settle_plugins(Draft& draft);
// Whether a listener of the draft is opened: the default listener only when `port` or
// `bind_address` names it, or a key above the first `listener` gives it a value that both
// mosquitto 2.0 and 2.1 open it for.
bool is_opened(const Draft& draft, const ListenerDraft& listener);
// Leaves the default listener out unless it is opened, and says so. Without any `listener`, `port`
// and `bind_address` its keys are those of the listener for this machine.
void settle_default_listener(Draft& draft);
// A listener that is named twice without a difference is one; others that cannot stand beside one
// another are problems.
void settle_twins(Draft& draft);
// TLS, WebSocket and PROXY as far as they are asked for, then who may come in at each listener.
void settle_listeners(Draft& draft, const CommandLine& command_line);
// Each listener's auth::Options, from what was said for it and for all.
void settle_security(Draft& draft);
// HTTP listeners offer MQTT as well. Where that would let strangers in without a name, and no MQTT
// listener does, it takes none without a name.
void settle_web_rights(Draft& draft);
void settle_bridges(Draft& draft);
// -v, -q and the like win over the file.
void settle_telemetry(Settings& settings);
void settle_command_line(Draft& draft, const CommandLine& command_line);

void add_problem(Draft& draft, std::string text, const Place& place, int code = 3);

}  // namespace martlet::config
