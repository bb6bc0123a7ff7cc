#pragma once

// Topics that carry a key: ThingSpeak's old form authorises by the last level, as in
// "channels/ID/publish/KEY", "channels/ID/publish/fields/fieldN/KEY" and
// "channels/ID/subscribe/json/KEY", also behind a mount point or "$share/GROUP/". Routing takes
// such topics as they are; logs, listings and telemetry take them through these functions. Pure;
// any thread.

#include <string>
#include <string_view>

namespace martlet::mqtt {

// The topic or filter up to the '/' before its key; the whole of it when it carries none.
// Wildcards are no keys. A view into `topic`.
std::string_view without_key(std::string_view topic);

// For people: "channels/12397/publish/***". `buffer` is written only for a topic with a key; the
// result is a view into one of the two.
std::string_view shown_topic(std::string_view topic, std::string& buffer);
std::string shown_topic(std::string_view topic);

}  // namespace martlet::mqtt
