#pragma once

// Properties that own their bytes, gathered one by one: what a client sends with CONNECT, the will,
// PUBLISH ..., in the order in which they were added. Owned by its maker; one thread.

#include "mqtt/properties.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace martlet::client {

class PropertySet {
  public:
    // The number is written in the width that the property has; it must fit.
    void add(mqtt::PropertyId id, std::uint32_t number);
    // Text or data of at most 65535 bytes.
    void add(mqtt::PropertyId id, std::string_view text);
    void add_user(std::string_view name, std::string_view value);

    bool empty() const { return block_.empty(); }
    bool has(mqtt::PropertyId id) const { return (present_ >> static_cast<unsigned>(id)) & 1; }
    // Not for user properties, of which there may be many.
    bool is_twice(mqtt::PropertyId id) const {
        return (repeated_ >> static_cast<unsigned>(id)) & 1;
    }

    // A view into this set, good until it changes. The answer says whether such a packet may carry
    // it all.
    mqtt::ReasonCode view(mqtt::PropertyHome home, mqtt::Properties& properties);

  private:
    void mark(mqtt::PropertyId id);

    std::uint64_t present_ = 0;
    std::uint64_t repeated_ = 0;
    std::vector<std::uint8_t> block_;
    std::vector<std::uint8_t> framed_;  // block_ behind its length, as a packet has it
};

}  // namespace martlet::client
