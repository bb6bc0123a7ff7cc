#include "cli/demo/mark.h"

#include <algorithm>

namespace martlet::cli::demo {

namespace {

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

// "demo" and 12 hexadecimal digits.
bool is_serial(std::string_view text) {
    return text.size() == 16 && text.starts_with("demo") &&
           std::all_of(text.begin() + 4, text.end(), is_hex);
}

bool is_node(std::string_view text) {
    return text.size() == 9 && text.starts_with("!de30") &&
           std::all_of(text.begin() + 5, text.end(), is_hex);
}

}  // namespace

bool is_demo_source(std::string_view kind, std::string_view id) {
    if (kind == "meshtastic") return is_node(id);
    if (kind == "lowi") return is_serial(id);
    if (kind == "vehicle") return id.starts_with(kVehiclePrefix);
    if (kind == "station" || kind == "topic") return id.starts_with("demo/");
    return false;
}

bool is_demo_topic(std::string_view topic) {
    return topic.starts_with("demo/") || topic.starts_with("vehicles/demo-") ||
           topic.starts_with("msh/EU_868/demo/") || topic.starts_with("busroot/v2/demo/") ||
           is_serial(topic.substr(0, topic.find('/')));
}

}  // namespace martlet::cli::demo
