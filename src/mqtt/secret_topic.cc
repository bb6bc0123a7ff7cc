#include "mqtt/secret_topic.h"

#include <algorithm>

namespace martlet::mqtt {

namespace {

constexpr std::string_view kChannels = "channels/";
constexpr std::string_view kMask = "/***";

std::string_view next_level(std::string_view& rest) {
    auto slash = rest.find('/');
    auto level = rest.substr(0, slash);
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
    return level;
}

bool is_wildcard(std::string_view level) {
    return level == "+" || level == "#";
}

bool is_number(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_field(std::string_view level) {
    return is_wildcard(level) || (level.starts_with("field") && is_number(level.substr(5)));
}

bool is_format(std::string_view level) {
    return is_wildcard(level) || level == "json" || level == "xml" || level == "csv";
}

// Whatever stands where a key belongs is taken for one: a mistyped key is nearly a key.
bool holds_key(std::string_view rest) {
    return rest.find_first_not_of("+#/") != std::string_view::npos;
}

// Where the key begins in what follows "channels/"; npos: there is none.
std::size_t key_place(std::string_view channel) {
    auto rest = channel;
    auto id = next_level(rest);
    if (!is_number(id) && id != "+") return std::string_view::npos;
    auto verb = next_level(rest);
    bool is_publish = verb == "publish" || verb == "+";
    if (!is_publish && verb != "subscribe") return std::string_view::npos;
    auto behind = rest;
    auto level = next_level(behind);
    if (level == "fields") {
        rest = behind;
        if (is_field(next_level(behind))) rest = behind;
    } else if ((!is_publish || verb == "+") && is_format(level)) {
        rest = behind;
    }
    return holds_key(rest) ? channel.size() - rest.size() : std::string_view::npos;
}

}  // namespace

std::string_view without_key(std::string_view topic) {
    for (auto at = topic.find(kChannels); at != std::string_view::npos;
         at = topic.find(kChannels, at + 1)) {
        bool begins_level = at == 0 || topic[at - 1] == '/';
        if (!begins_level) continue;
        auto begin = at + kChannels.size();
        auto key = key_place(topic.substr(begin));
        if (key != std::string_view::npos) return topic.substr(0, begin + key - 1);
    }
    return topic;
}

std::string_view shown_topic(std::string_view topic, std::string& buffer) {
    auto shown = without_key(topic);
    if (shown.size() == topic.size()) return topic;
    buffer = shown;
    buffer += kMask;
    return buffer;
}

std::string shown_topic(std::string_view topic) {
    std::string buffer;
    return std::string(shown_topic(topic, buffer));
}

}  // namespace martlet::mqtt
