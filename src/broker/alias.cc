// The broker's own topic aliases towards one client (3.3.2.3.4): first come first served, for the
// life of the connection.

#include "base/log.h"
#include "broker/frame_cache.h"
#include "broker/shard.h"
#include "mqtt/secret_topic.h"

namespace martlet::broker {

void Connection::choose_alias(std::string_view topic, FrameExtras& extras) const {
    if (aliases_out_max_ == 0) return;
    std::size_t known = aliases_out_ ? aliases_out_->size() : 0;
    if (known > 0) {
        auto it = aliases_out_->find(topic);
        if (it != aliases_out_->end()) {
            extras.topic_alias = it->second;
            extras.is_topic_left_out = true;
            return;
        }
    }
    if (known < aliases_out_max_) extras.topic_alias = static_cast<std::uint16_t>(known + 1);
}

// Called once the packet is sure to be sent: from then on the client knows the alias.
void Connection::keep_alias(std::string_view topic, const FrameExtras& extras) {
    if (extras.topic_alias == 0 || extras.is_topic_left_out) return;
    if (!aliases_out_) aliases_out_ = std::make_unique<TextMap<std::uint16_t>>();
    aliases_out_->emplace(std::string(topic), extras.topic_alias);
}

void Connection::log_sending_publish(const Publication& publication, const OutEntry& how,
                                     bool dup) const {
    log::write(log::Level::Debug,
               fmt::format("Sending PUBLISH to {} (d{}, q{}, r{}, m{}, '{}', ... ({} bytes))",
                           client_id(), dup ? 1 : 0, static_cast<int>(how.qos), how.retain ? 1 : 0,
                           how.qos == mqtt::Qos::AtMostOnce ? 0 : how.packet_id,
                           mqtt::shown_topic(publication.topic), publication.payload.size()));
}

}  // namespace martlet::broker
