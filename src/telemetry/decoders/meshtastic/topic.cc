#include "telemetry/decoders/meshtastic/topic.h"

namespace martlet::telemetry::meshtastic {

namespace {

TopicKind kind_of(std::string_view level) {
    // "c" until firmware 2.3, "e" since.
    if (level == "e" || level == "c") return TopicKind::Packet;
    if (level == "json") return TopicKind::Json;
    if (level == "map") return TopicKind::Map;
    if (level == "stat" || level == "tele") return TopicKind::Status;
    return TopicKind::Other;
}

// `rest` is what follows "/2/".
Topic parse_rest(std::string_view rest) {
    Topic topic;
    auto slash = rest.find('/');
    if (slash == std::string_view::npos) return topic;
    topic.kind = kind_of(rest.substr(0, slash));
    rest.remove_prefix(slash + 1);
    auto last = rest.rfind('/');
    topic.gateway = node_from_text(last == std::string_view::npos ? rest : rest.substr(last + 1));
    bool has_channel = topic.kind == TopicKind::Packet || topic.kind == TopicKind::Json;
    if (has_channel && last == std::string_view::npos) topic.kind = TopicKind::Other;
    if (has_channel && last != std::string_view::npos) topic.channel = rest.substr(0, last);
    return topic;
}

}  // namespace

Topic parse_topic(std::string_view text) {
    constexpr std::string_view kVersion = "/2/";
    // From the right, and on to the left when what follows makes no sense: channels may be named
    // "2".
    for (auto at = text.rfind(kVersion); at != std::string_view::npos && at > 0;
         at = text.rfind(kVersion, at - 1)) {
        Topic topic = parse_rest(text.substr(at + kVersion.size()));
        if (topic.kind == TopicKind::Other) continue;
        topic.root = text.substr(0, at);
        return topic;
    }
    return {};
}

}  // namespace martlet::telemetry::meshtastic
