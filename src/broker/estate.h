#pragma once

// A session that has ended and was a member of share groups: no client can come back to it, and its
// messages of QoS 1 that nobody has acknowledged go back to their groups, in order (4.8.2).
// Messages that were sent with QoS 2 go to nobody else [MQTT-4.8.2-5]. The estate also takes
// messages for which a group's home picked the session before the home knew of the end. A message
// leaves it, and the journal, when it is settled elsewhere: a broker that dies meanwhile finds it
// again (broker/restore.h). Owned by the Shard; loop thread only.

#include "broker/session.h"
#include "broker/settlement.h"

#include <cstdint>
#include <deque>
#include <memory>

namespace martlet::broker {

struct Estate {
    std::unique_ptr<Session> session;
    // When this mark is back no home picks the session any more (Shard::await_mark); 0: none does.
    std::uint64_t mark = 0;
    // On their way to their groups: settled with the position.
    struct Returned {
        std::uint16_t packet_id = 0;  // names the entry in the queue; nobody was sent it
        Position position = 0;
    };
    std::deque<Returned> returned;
};

}  // namespace martlet::broker
