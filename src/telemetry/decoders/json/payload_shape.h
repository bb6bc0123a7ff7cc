#pragma once

// What is known of all payloads that have the same keys in the same order, as nearly all messages
// of one device have: what each key is for, and which maps can read them. Found once, used for each
// message. Owned by one decoder; one thread.

#include "base/hash_map.h"
#include "telemetry/decoders/json/name_table.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::telemetry {

// The names of all leaves of a payload, in their order.
struct LeafNames {
    std::vector<const KeyName*> names;
    bool has_clocks = false;
    bool has_units = false;    // values that may tell the unit of others
    bool has_devices = false;  // values that may tell whose message it is

    void clear();
    void add(const KeyName& name);
};

// LeafNames as one table gave them.
struct KnownNames {
    NameTable* table = nullptr;
    std::uint64_t age = 0;  // NameTable::age() when they were found
    LeafNames leaves;
};

struct PayloadShape {
    std::string keys;  // as find() was given them
    // By the map's form; the generic table has none. Few.
    std::vector<std::pair<const MapForm*, KnownNames>> names;

    // With an empty table when they are not known yet.
    KnownNames& names_by(const MapForm* form);
};

class PayloadShapes {
  public:
    // Null: there are too many keys to remember. Past the bound on shapes all are forgotten.
    PayloadShape* find(std::string_view keys);
    // Another number: all shapes that find() gave before are gone.
    std::uint64_t age() const { return age_; }

  private:
    static constexpr std::size_t kShapesMax = 2'000;
    static constexpr std::size_t kKeyBytesMax = 2'048;

    TextMap<std::unique_ptr<PayloadShape>> shapes_;
    std::uint64_t age_ = 0;
};

}  // namespace martlet::telemetry
