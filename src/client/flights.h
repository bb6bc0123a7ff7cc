#pragma once

// What was sent and waits for its acknowledgement: packet identifiers in sending order, which is
// also the order in which to send again. A ring, so that finding is an index and steady traffic
// allocates nothing. Owned by a Protocol; one thread.
//
// Invariants:
// 1. Identifiers are given in turn, 1 to 65535 and round again; the flights in the ring have
//    consecutive ones, from first_id_ on.
// 2. The oldest flight in the ring is not done; younger ones may be.

#include "base/body.h"
#include "mqtt/types.h"

#include <cstdint>
#include <vector>

namespace martlet::client {

struct Flight {
    enum class Stage : std::uint8_t { Done, Unsent, Puback, Pubrec, Pubcomp, Suback, Unsuback };

    Stage waits_for = Stage::Done;
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
    std::uint64_t tag = 0;  // the caller's own
    BodyRef packet;         // the PUBLISH, if it may have to be sent again

    bool is_publish() const {
        return waits_for != Stage::Done && waits_for != Stage::Suback &&
               waits_for != Stage::Unsuback;
    }
};

class Flights {
  public:
    // Null when all identifiers are taken. The pointer is good until the next add().
    Flight* add(std::uint16_t& packet_id);
    // Null when no such packet waits.
    Flight* find(std::uint16_t packet_id);
    void finish(std::uint16_t packet_id);

    // Flights in the ring, done ones among them.
    std::size_t size() const { return size_; }
    Flight& at(std::size_t index) { return ring_[(begin_ + index) & (ring_.size() - 1)]; }
    std::uint16_t id_at(std::size_t index) const { return id_after(first_id_, index); }

    void clear();

  private:
    static constexpr std::size_t kIds = 65535;
    static std::uint16_t id_after(std::uint16_t id, std::size_t distance) {
        return static_cast<std::uint16_t>((id - 1 + distance) % kIds + 1);
    }
    void grow();

    std::vector<Flight> ring_;  // a power of two
    std::size_t begin_ = 0;
    std::size_t size_ = 0;
    std::uint16_t first_id_ = 1;
};

}  // namespace martlet::client
