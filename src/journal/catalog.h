#pragma once

// What a log holds in memory: the segments, and where each live record lies. Owned by Log, which
// locks it: one thread changes it, others look records up.

#include "base/hash_map.h"
#include "journal/group.h"
#include "journal/segment.h"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace martlet::journal {

struct Location {
    std::uint32_t segment = 0;
    std::uint32_t at = 0;
    std::uint32_t size = 0;  // of the record, its head included

    bool operator==(const Location&) const = default;
};

class Catalog {
  public:
    // By number: the oldest first.
    std::map<std::uint32_t, Segment> segments;

    bool has(Key key) const { return index_.contains(key); }
    std::optional<Location> find(Key key) const;
    // The key's record is here from now on; one that it had before is dead.
    void put(Key key, Location location);
    // False: there was none.
    bool remove(Key key);
    // All that live in a segment, in the order in which they lie there. Looks at every live record.
    std::vector<std::pair<Key, Location>> all_in(std::uint32_t segment) const;
    // No record lives; the segments stay.
    void clear();

    std::uint64_t live_records() const { return index_.size(); }
    std::uint64_t live_bytes() const { return live_bytes_; }
    // Of all records, dead or alive.
    std::uint64_t bytes() const;

  private:
    void forget(const Location& location);

    HashMap<Key, Location> index_;
    std::uint64_t live_bytes_ = 0;
};

}  // namespace martlet::journal
