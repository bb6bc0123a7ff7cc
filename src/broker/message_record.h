#pragma once

// From a message in memory to one in the journal, and back. Any thread.

#include "broker/message.h"
#include "broker/records.h"

namespace martlet::broker {

// Views into the message.
MessageRecord record_of(const BodyRef& message, std::int64_t wall_minus_steady_ms);
BodyRef body_of(const MessageRecord& record, std::int64_t wall_minus_steady_ms);

inline std::int64_t wall_minus_steady(const Now& now) {
    return (now.wall - now.steady).count();
}

}  // namespace martlet::broker
