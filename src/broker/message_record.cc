#include "broker/message_record.h"

#include "broker/publication.h"

#include <algorithm>

namespace martlet::broker {

MessageRecord record_of(const BodyRef& message, std::int64_t wall_minus_steady_ms) {
    MessageView view(message.get());
    MessageRecord record;
    record.qos = view.head().qos;
    record.retain = view.head().retain;
    if (view.head().expires_at_ms != 0)
        record.expires_at_ms = view.head().expires_at_ms + wall_minus_steady_ms;
    record.topic = view.topic();
    record.properties = view.properties();
    record.payload = view.payload();
    return record;
}

BodyRef body_of(const MessageRecord& record, std::int64_t wall_minus_steady_ms) {
    Publication publication;
    publication.topic = record.topic;
    publication.payload = record.payload;
    publication.properties = record.properties;
    publication.is_filtered = true;
    publication.qos = record.qos;
    publication.retain = record.retain;
    // What expired while the broker was away lies in the past, wherever steady time begins.
    if (record.expires_at_ms != 0)
        publication.expires_at_ms =
            std::max<std::int64_t>(1, record.expires_at_ms - wall_minus_steady_ms);
    return publication.message();
}

}  // namespace martlet::broker
