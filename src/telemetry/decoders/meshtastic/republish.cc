#include "telemetry/decoders/meshtastic/republish.h"

#include "base/text.h"
#include "mqtt/topic.h"

#include <cstdlib>
#include <functional>

namespace martlet::telemetry::meshtastic {

namespace {

constexpr std::size_t kPrefixBytesMax = 256;

bool is_beginning(std::string_view prefix) {
    return prefix.size() <= kPrefixBytesMax && prefix.ends_with('/') && prefix != "/" &&
           !prefix.starts_with('$') && mqtt::is_valid_utf8(prefix) &&
           mqtt::is_valid_topic_name(prefix);
}

}  // namespace

std::string Republisher::set_prefix(std::string_view prefix) {
    if (!is_beginning(prefix)) {
        return fmt::format(
            "invalid republish '{}': expected the beginning of a topic that ends with '/', without "
            "wildcards and without '$' at its begin, such as consented/",
            prefix);
    }
    if (prefix == "msh/") {
        return "invalid republish 'msh/': each message of the mesh begins so; expected a prefix of "
               "its own, such as consented/";
    }
    prefix_ = prefix;
    return {};
}

void Republisher::pass_on(const Incoming& message, Decoded& out) {
    if (!is_on() || is_passed_on(message.topic)) return;
    std::string topic = prefix_;
    topic += message.topic;
    if (!mqtt::is_valid_topic_name(topic) || !is_new(message.payload, message.received)) return;
    DerivedMessage& copy = out.messages.emplace_back();
    copy.topic = std::move(topic);
    copy.payload = message.payload;
    copy.qos = message.qos;
    copy.retain = message.retain;
}

bool Republisher::is_new(std::string_view payload, Time now) {
    while (!order_.empty()) {
        auto [hash, time] = order_.front();
        if (order_.size() < kPassedMax && now - time < kWindowMs) break;
        auto found = passed_.find(hash);
        if (found != passed_.end() && found->second == time) passed_.erase(found);
        order_.pop_front();
    }
    Hash hash = std::hash<std::string_view>()(payload);
    auto [place, is_added] = passed_.try_emplace(hash, now);
    // The clock may have been set back.
    if (!is_added && std::abs(now - place->second) < kWindowMs) return false;
    place->second = now;
    order_.emplace_back(hash, now);
    return true;
}

}  // namespace martlet::telemetry::meshtastic
