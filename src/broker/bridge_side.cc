#include "broker/bridge_side.h"

#include "broker/shard.h"

namespace martlet::broker {

ListenerOptions bridge_listener() {
    ListenerOptions listener;
    listener.auth.allow_anonymous = true;
    listener.protocol_versions = 1 << 5 | kBridgesOnly;
    listener.max_topic_alias = listener.max_topic_alias_broker = 0;
    return listener;
}

std::vector<KeptSubscription> subscriptions_of(const Shard& shard, std::string_view client_id) {
    std::vector<KeptSubscription> list;
    const Session* session = shard.find_session(client_id);
    if (session == nullptr) return list;
    for (const Subscription* s = session->subscriptions; s != nullptr; s = s->next) {
        std::string filter =
            s->is_shared ? "$share/" + s->share_key() : std::string(s->entry->filter());
        list.push_back({std::move(filter), s->qos});
    }
    return list;
}

SessionLoad load_of(const Shard& shard, std::string_view client_id) {
    const Session* session = shard.find_session(client_id);
    if (session == nullptr) return {};
    if (!session->flow) return {true, session->listener, 0, 0};
    const OutQueue& out = session->flow->out;
    return {true, session->listener, out.queued() + out.to_resend(), out.in_flight()};
}

void forget_received(Shard& shard, std::string_view client_id) {
    Session* session = shard.find_session(client_id);
    if (session == nullptr || !session->flow) return;
    if (Recorder* recorder = shard.recorder()) {
        for (const auto& [packet_id, received] : session->flow->received)
            recorder->remove_received(*session, packet_id);
    }
    session->flow->received.clear();
}

void end_session_of(Shard& shard, std::string_view client_id) {
    Session* session = shard.find_session(client_id);
    if (session != nullptr && session->connection == nullptr) shard.end_session(*session);
}

}  // namespace martlet::broker
