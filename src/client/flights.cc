#include "client/flights.h"

#include <utility>

namespace martlet::client {

Flight* Flights::add(std::uint16_t& packet_id) {
    if (size_ == kIds) return nullptr;
    if (size_ == ring_.size()) grow();
    packet_id = id_at(size_);
    Flight& flight = at(size_++);
    flight = {};
    return &flight;
}

Flight* Flights::find(std::uint16_t packet_id) {
    if (packet_id == 0) return nullptr;
    std::size_t distance = (packet_id + kIds - first_id_) % kIds;
    if (distance >= size_) return nullptr;
    Flight& flight = at(distance);
    return flight.waits_for == Flight::Stage::Done ? nullptr : &flight;
}

void Flights::finish(std::uint16_t packet_id) {
    Flight* flight = find(packet_id);
    if (flight == nullptr) return;
    flight->waits_for = Flight::Stage::Done;
    flight->packet = {};
    while (size_ > 0 && at(0).waits_for == Flight::Stage::Done) {  // 2
        begin_ = (begin_ + 1) & (ring_.size() - 1);
        first_id_ = id_after(first_id_, 1);
        size_--;
    }
}

void Flights::clear() {
    first_id_ = id_at(size_);
    for (Flight& flight : ring_) flight = {};
    size_ = 0;
}

void Flights::grow() {
    std::vector<Flight> wider(ring_.empty() ? 4 : ring_.size() * 2);
    for (std::size_t i = 0; i < size_; i++) wider[i] = std::move(at(i));
    ring_ = std::move(wider);
    begin_ = 0;
}

}  // namespace martlet::client
